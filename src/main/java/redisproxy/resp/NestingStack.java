package redisproxy.resp;

import java.util.Arrays;

/**
 * Counts the elements that are still to come at each level of a nested reply. The bottom level is
 * the reply itself.
 */
final class NestingStack {
  /** Stands for the unknown number of elements of a streamed aggregate, which ends with a dot. */
  static final long STREAMED = -1;

  /** Redis's own replies nest at most as deep as its script interpreter's stack, about 8000. */
  private static final int MAX_DEPTH = 16 * 1024;

  private long[] left = new long[8];
  private int depth = -1;

  /** The current level; -1 between two replies. */
  int depth() {
    return depth;
  }

  boolean isStreamed() {
    return left[depth] == STREAMED;
  }

  /** Starts a reply. */
  void begin() {
    depth = 0;
    left[0] = 1;
  }

  /** Adds one to the elements to come, because an attribute does not count as an element. */
  void addAttribute() {
    if (!isStreamed()) {
      left[depth]++;
    }
  }

  void open(long elements) throws ProtocolError {
    if (depth + 1 == MAX_DEPTH) {
      throw new ProtocolError("reply nested too deeply");
    }
    depth++;
    if (depth == left.length) {
      left = Arrays.copyOf(left, depth * 2);
    }
    left[depth] = elements;
  }

  /** Ends a streamed level at its dot. */
  void close() {
    depth--;
  }

  /**
   * Ends an element, and every level around it that is now complete. Returns whether the whole
   * reply is complete.
   */
  boolean element() {
    while (depth >= 0) {
      if (isStreamed() || --left[depth] > 0) {
        return false;
      }
      depth--;
    }
    return true;
  }
}
