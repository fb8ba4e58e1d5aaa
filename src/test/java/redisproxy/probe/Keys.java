package redisproxy.probe;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The keys of one run, with their names, values and histories. Names are never reused, so values of
 * earlier runs in a proxy's cache do not matter.
 */
final class Keys {
  private final String prefix =
      "probe:" + Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36) + ":";
  private final History[] histories;
  private final int hot;

  Keys(int count, int hot) {
    this.hot = hot;
    histories = new History[count];
    for (int key = 0; key < count; key++) {
      histories[key] = new History();
    }
  }

  int count() {
    return histories.length;
  }

  String name(int key) {
    return prefix + key;
  }

  static String value(int key, int version) {
    return key + "=" + version;
  }

  History history(int key) {
    return histories[key];
  }

  /** Returns a random key; a hot one with this probability. */
  int any(double hotShare) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return random.nextInt(random.nextDouble() < hotShare ? hot : histories.length);
  }

  /** Judges the value that a read of the key returned; null is missing. */
  Judgement judge(int key, String value, long sentAt, int floor) {
    int version = version(key, value);
    return version == 0 ? Judgement.NEVER_WRITTEN : histories[key].judge(version, sentAt, floor);
  }

  /** Returns the version in a value, or 0 if the value does not belong to this key. */
  static int version(int key, String value) {
    if (value == null) {
      return History.MISSING;
    }
    String head = key + "=";
    try {
      return value.startsWith(head)
          ? Math.max(0, Integer.parseInt(value.substring(head.length())))
          : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Redis is about to lose all data. Call it while nobody writes. */
  void beforeLoss() {
    for (History history : histories) {
      if (!history.isRetired()) {
        history.issue(true);
      }
    }
  }

  /** Redis has lost all data, and answers again. */
  void afterLoss(long at) {
    for (History history : histories) {
      history.acknowledgeNewest(Origin.LOSS, at);
    }
  }
}
