package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;

/** A receiver that ignores all input. */
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
