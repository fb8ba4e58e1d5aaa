package redisproxy.bench;

import io.netty.buffer.ByteBuf;

/** The requests that a connection sends together. For one thread. */
interface Batch {
  /** Sets the key of a request. Call it for each request in turn, from 0 on. */
  void put(int request, int key);

  /** All requests, with the keys that were set last. */
  ByteBuf bytes();

  void release();
}
