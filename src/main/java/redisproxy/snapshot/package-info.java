/**
 * The file that holds the keys of the cache between a stop and the next start. Values are not in
 * it: they may have changed meanwhile.
 *
 * <pre>
 *   8 bytes    "RPKEYS\n" and the version, 1
 *   each key   4 bytes the database, 4 bytes the length, the bytes; least recently used first
 *   4 bytes    -1, the end
 *   4 bytes    CRC-32 of all before
 * </pre>
 *
 * <p>Numbers are big-endian. Nothing here knows Vert.x; all of it blocks.
 */
@NullMarked
package redisproxy.snapshot;

import org.jspecify.annotations.NullMarked;
