package redisproxy.probe;

/** Where a version came from: which way it was written, by which command. */
record Origin(Way way, Command command) {
  enum Way {
    STRAIGHT,
    THROUGH;

    @Override
    public String toString() {
      return this == STRAIGHT ? "straight to Redis" : "through the proxy";
    }
  }

  /** Redis lost all it held: a write of every key, if nobody's. */
  static final Origin LOSS = new Origin(Way.STRAIGHT, Command.LOSS);

  @Override
  public String toString() {
    return command + " " + way;
  }
}
