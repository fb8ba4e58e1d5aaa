package redisproxy.probe;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The keys of one run, their names, values and histories. No other run has had the same names, so a
 * proxy that has seen one before cannot be misjudged.
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

  /** Some key; one of the hot ones with the probability given. */
  int any(double hotShare) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return random.nextInt(random.nextDouble() < hotShare ? hot : histories.length);
  }

  /** Judges what a read of the key has returned; null is missing. */
  Judgement judge(int key, String value, long sentAt, int floor) {
    int version = version(key, value);
    return version == 0 ? Judgement.NEVER_WRITTEN : histories[key].judge(version, sentAt, floor);
  }

  /** 0 when the value is none of this key's. */
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

  /** Redis is about to lose all; nobody may be writing. */
  void losing() {
    for (History history : histories) {
      if (!history.isRetired()) {
        history.issue(true);
      }
    }
  }

  /** Redis has lost all, and answers again. */
  void lost(long at) {
    for (History history : histories) {
      history.acknowledgeNewest(Origin.LOSS, at);
    }
  }
}
