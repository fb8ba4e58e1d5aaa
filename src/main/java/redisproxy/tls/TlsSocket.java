package redisproxy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import javax.net.ssl.SSLException;

/**
 * What is different about the end of a socket, and about its faults, when TLS is spoken over it.
 */
public final class TlsSocket {
  /** How a TLS connection begins: a handshake record of version 3. No command begins so. */
  private static final byte[] HELLO = {22, 3};

  private TlsSocket() {}

  /** Whether these are the first bytes of TLS, sent to a socket that speaks none. */
  public static boolean isHello(ByteBuf first) {
    int at = first.readerIndex();
    return first.readableBytes() >= HELLO.length
        && first.getByte(at) == HELLO[0]
        && first.getByte(at + 1) == HELLO[1];
  }

  /** Whether an event says that the other side will send no more. */
  public static boolean isEndOfInput(Object event) {
    return event instanceof ChannelInputShutdownEvent
        || event instanceof SslCloseCompletionEvent end && end.isSuccess();
  }

  /** Whether a failure is of the connection, such as a record that cannot be deciphered. */
  public static boolean isLoss(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof DecoderException && failure.getCause() instanceof SSLException;
  }

  /** Says that nothing more will be sent. What was written before is to have been flushed. */
  public static void endOutput(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      // Without its own word for the end a peer takes it for an attack.
      tls.closeOutbound().addListener(said -> ((DuplexChannel) channel).shutdownOutput());
    }
  }
}
