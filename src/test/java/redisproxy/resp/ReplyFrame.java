package redisproxy.resp;

/** A reply's length in bytes, and what the {@link ReplyFramer} reports at its end. */
record ReplyFrame(int length, char type, String kind, long lastInteger) {}
