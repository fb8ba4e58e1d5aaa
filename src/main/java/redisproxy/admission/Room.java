package redisproxy.admission;

/**
 * How many clients the process has room for. A client costs memory even before it sends anything,
 * and more with a dedicated connection to Redis (docs/operating.md). It also costs file
 * descriptors. In a small heap, as many clients as the settings allow would exhaust the memory.
 * Redis similarly lowers its maxclients if there are too few file descriptors.
 *
 * @param heap the maximum heap size in bytes
 * @param files how many files the process may have open
 * @param isPooled whether RESP clients share their dedicated connections to Redis
 */
public record Room(long heap, long files, boolean isPooled) {
  /** Bytes of heap reserved for a client: five times the most that a RESP client takes. */
  static final long HEAP_OF_CLIENT = 80 << 10;

  static final long HEAP_OF_CLIENT_WITH_TLS = 128 << 10;

  /** Files reserved for a client: two for RESP, one for HTTP, and one for everything else. */
  static final long FILES_OF_CLIENT = 4;

  /** One for RESP, and one for everything else: HTTP, and the connections that clients keep. */
  static final long FILES_OF_POOLED_CLIENT = 2;

  static final long HEAP_OF_STREAM = 16 << 20;

  /** Less than for a client, so that some clients above the limit still receive an error. */
  static final long HEAP_OF_SOCKET = 64 << 10;

  static final long FILES_OF_SOCKET = 3;

  /** How many RESP clients there is room for, at most the wanted number. */
  int clientsOverResp(int wanted, boolean tls) {
    return clients(wanted, tls, isPooled ? FILES_OF_POOLED_CLIENT : FILES_OF_CLIENT);
  }

  /** How many HTTP clients there is room for, at most the wanted number. */
  int clientsOverHttp(int wanted, boolean tls) {
    return clients(wanted, tls, FILES_OF_CLIENT);
  }

  private int clients(int wanted, boolean tls, long filesOfClient) {
    long heapOfClient = tls ? HEAP_OF_CLIENT_WITH_TLS : HEAP_OF_CLIENT;
    long clients = Math.min(heap / heapOfClient, files / filesOfClient);
    return (int) Math.max(1, Math.min(wanted, clients));
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
    // With pooling, clients may take half of the files.
    long ofFiles = isPooled ? files / 5 * 3 : files / FILES_OF_SOCKET;
    long sockets = Math.min(heap / HEAP_OF_SOCKET, ofFiles);
    return (int) Math.max(1, Math.min(sockets, Integer.MAX_VALUE));
  }
}
