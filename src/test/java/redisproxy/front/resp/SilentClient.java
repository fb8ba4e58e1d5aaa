package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;

/** Reads nothing of what a client sends. */
class SilentClient implements ClientConnection.Receiver {
  @Override
  public void advance() {}

  @Override
  public long held() {
    return 0;
  }

  @Override
  public void accept(ByteBuf input) {}

  @Override
  public void ended() {}

  @Override
  public void acceptLast(ByteBuf input) {}

  @Override
  public void closed() {}
}
