package redisproxy.resp;

import java.util.Arrays;

/**
 * How many elements are still to come at each level of a nested reply; the bottom level is the
 * reply itself.
 */
final class Levels {
  /** Stands for the number of elements of an aggregate that ends with a full stop. */
  static final long STREAMED = -1;

  /** Redis nests as deep as its script interpreter's stack goes, about 8000. */
  private static final int MAX_DEPTH = 16 * 1024;

  private long[] left = new long[8];
  private int depth = -1;

  /** The level that is being read; -1 between two replies. */
  int depth() {
    return depth;
  }

  boolean isStreamed() {
    return left[depth] == STREAMED;
  }

  /** One reply is to come. */
  void begin() {
    depth = 0;
    left[0] = 1;
  }

  /** An attribute comes before the next element and is none itself. */
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

  /** A full stop ends a level. */
  void close() {
    depth--;
  }

  /**
   * One element is whole, and with it perhaps those around it. True when that is the reply itself.
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
