package redisproxy.resp;

/** Counts the errors within a reply by which Redis refuses a log-in; keeps nothing of them. */
final class LoginRefusals {
  /** From Redis 6 on, and before. */
  private static final String[] BEGINNINGS = {"WRONGPASS ", "ERR invalid password"};

  private int count;

  /** A bit for each beginning that the error read now may still have. */
  private int possible;

  /** A reply begins. */
  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  /** One more byte of an error; the first is that behind its type. */
  void read(byte b, int index) {
    if (index == 0) {
      possible = (1 << BEGINNINGS.length) - 1;
    }
    for (int i = 0; possible >> i != 0; i++) {
      if ((possible >> i & 1) == 1) {
        match(b, index, i);
      }
    }
  }

  private void match(byte b, int index, int i) {
    boolean matches = b == BEGINNINGS[i].charAt(index);
    boolean isWhole = matches && index + 1 == BEGINNINGS[i].length();
    if (!matches || isWhole) {
      possible &= ~(1 << i);
    }
    if (isWhole) {
      count++;
    }
  }
}
