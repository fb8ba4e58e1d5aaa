/**
 * The file that holds the keys of the cache between a stop and the next start. It holds no values,
 * because they may change in between.
 *
 * <pre>
 *   8 bytes    "RPKEYS\n" and the version, 1
 *   each key   4 bytes the database, 4 bytes the length, the bytes; least recently used first
 *   4 bytes    -1, the end
 *   4 bytes    CRC-32 of all bytes before
 * </pre>
 *
 * <p>Numbers are big-endian. This package does not depend on Vert.x. All its I/O blocks.
 */
@NullMarked
package redisproxy.snapshot;

import org.jspecify.annotations.NullMarked;
