package redisproxy.admission;

/**
 * How many clients the process has room for. A client costs memory before it has said anything, and
 * more with a connection to Redis of its own (docs/operating.md); and files. Were as many let in as
 * are set, in a small heap they would end the process. Redis lowers its maxclients alike where
 * there are not files enough.
 *
 * @param heap how large it may become, in bytes
 * @param files how many the process may have open
 */
public record Room(long heap, long files) {
  /** Bytes of heap there are to be for a client: five times what one of RESP takes at most. */
  static final long HEAP_OF_CLIENT = 80 << 10;

  static final long HEAP_OF_CLIENT_WITH_TLS = 128 << 10;

  /** Files there are to be for a client: two of RESP, one of HTTP, and one for all else. */
  static final long FILES_OF_CLIENT = 4;

  static final long HEAP_OF_STREAM = 16 << 20;

  /** Less than of a client, so that some can be told that they are too many. */
  static final long HEAP_OF_SOCKET = 64 << 10;

  static final long FILES_OF_SOCKET = 3;

  /** How many clients of a protocol there is room for, but no more than are wanted. */
  public int clients(int wanted, boolean tls) {
    long ofClient = tls ? HEAP_OF_CLIENT_WITH_TLS : HEAP_OF_CLIENT;
    return (int) Math.max(1, Math.min(wanted, Math.min(heap / ofClient, files / FILES_OF_CLIENT)));
  }

  /**
   * How many large values may be on their way, but no more than are wanted. One whose client does
   * not read holds up to 2 MiB on its way from the one socket to the other; all an eighth.
   */
  public int streams(int wanted) {
    return (int) Math.max(1, Math.min(wanted, heap / HEAP_OF_STREAM));
  }

  /**
   * How many sockets a server may have open: clients, who have yet to make their TLS handshake, and
   * who is being turned away.
   */
  public int sockets() {
    long sockets = Math.min(heap / HEAP_OF_SOCKET, files / FILES_OF_SOCKET);
    return (int) Math.max(1, Math.min(sockets, Integer.MAX_VALUE));
  }
}
