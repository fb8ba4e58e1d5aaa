package redisproxy.admission;

/**
 * How many clients the process has room for. A client costs memory even before it sends anything,
 * and more with a dedicated connection to Redis (docs/operating.md). It also costs file
 * descriptors. In a small heap, as many clients as the settings allow would exhaust the memory.
 * Redis similarly lowers its maxclients if there are too few file descriptors.
 *
 * @param heap the maximum heap size in bytes
 * @param files how many files the process may have open
 */
public record Room(long heap, long files) {
  /** Bytes of heap reserved for a client: five times the most that a RESP client takes. */
  static final long HEAP_OF_CLIENT = 80 << 10;

  static final long HEAP_OF_CLIENT_WITH_TLS = 128 << 10;

  /** Files reserved for a client: two for RESP, one for HTTP, and one for everything else. */
  static final long FILES_OF_CLIENT = 4;

  static final long HEAP_OF_STREAM = 16 << 20;

  /** Less than for a client, so that some clients above the limit still receive an error. */
  static final long HEAP_OF_SOCKET = 64 << 10;

  static final long FILES_OF_SOCKET = 3;

  /** How many clients of a protocol there is room for, at most the wanted number. */
  public int clients(int wanted, boolean tls) {
    long ofClient = tls ? HEAP_OF_CLIENT_WITH_TLS : HEAP_OF_CLIENT;
    return (int) Math.max(1, Math.min(wanted, Math.min(heap / ofClient, files / FILES_OF_CLIENT)));
  }

  /**
   * How many large values may be streamed at a time, at most the wanted number. A value whose
   * client does not read holds up to 2 MiB between the two sockets. All together hold an eighth of
   * the heap size at most.
   */
  public int streams(int wanted) {
    return (int) Math.max(1, Math.min(wanted, heap / HEAP_OF_STREAM));
  }

  /**
   * How many sockets a server may have open. This counts clients, connections in their TLS
   * handshake, and connections that are being rejected.
   */
  public int sockets() {
    long sockets = Math.min(heap / HEAP_OF_SOCKET, files / FILES_OF_SOCKET);
    return (int) Math.max(1, Math.min(sockets, Integer.MAX_VALUE));
  }
}
