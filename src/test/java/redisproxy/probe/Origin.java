package redisproxy.probe;

/** Where a version came from: which way it was written, and how (for people). */
record Origin(Way way, String how) {
  enum Way {
    STRAIGHT,
    THROUGH;

    @Override
    public String toString() {
      return this == STRAIGHT ? "straight to Redis" : "through the proxy";
    }
  }

  /** Redis lost all its data, which counts as a write of every key. */
  static final Origin LOSS = new Origin(Way.STRAIGHT, "loss of all data");

  @Override
  public String toString() {
    return how + " " + way;
  }
}
