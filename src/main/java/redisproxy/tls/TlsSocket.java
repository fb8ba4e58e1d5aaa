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

/** How the first bytes, the end and the failures of a socket differ with TLS. */
public final class TlsSocket {
  /** The first bytes of TLS: a handshake record of version 3. No Redis command begins with them. */
  private static final byte[] HELLO = {22, 3};

  private TlsSocket() {}

  /** Whether these are the first bytes of TLS, sent to a socket without TLS. */
  public static boolean isHello(ByteBuf first) {
    int at = first.readerIndex();
    return first.readableBytes() >= HELLO.length
        && first.getByte(at) == HELLO[0]
        && first.getByte(at + 1) == HELLO[1];
  }

  /** Whether an event means that the peer will send no more. */
  public static boolean isEndOfInput(Object event) {
    return event instanceof ChannelInputShutdownEvent
        || event instanceof SslCloseCompletionEvent end && end.isSuccess();
  }

  /**
   * Whether a failure means that the connection is lost, such as a record that cannot be decrypted.
   */
  public static boolean isLoss(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof DecoderException && failure.getCause() instanceof SSLException;
  }

  /** Ends the output. Flush everything written before. */
  public static void endOutput(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      // Send close_notify first, or the peer must take the end for a truncation attack.
      tls.closeOutbound().addListener(said -> ((DuplexChannel) channel).shutdownOutput());
    }
  }
}
