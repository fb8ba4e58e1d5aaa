package redisproxy.tls;

import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.DefaultSslContextFactory;
import io.vertx.core.spi.tls.SslContextFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;

/**
 * The JDK's TLS, with the host name sent in each handshake (SNI, RFC 6066), so that a router can
 * choose the Redis server by it. The JDK alone sends only names that contain a dot. An address is
 * never sent, because the RFC forbids it.
 */
final class SniEngineOptions extends JdkSSLEngineOptions {
  private final String host;

  /**
   * For connections to one host.
   *
   * @param host a name or an address, an IPv6 address without its brackets
   */
  SniEngineOptions(String host) {
    this.host = host;
  }

  @Override
  public JdkSSLEngineOptions copy() {
    return new SniEngineOptions(host).setUseWorkerThread(getUseWorkerThread());
  }

  @Override
  public SslContextFactory sslContextFactory() {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return super.sslContextFactory();
    }
    return new Factory(new HostName(host));
  }

  /**
   * A host name that may contain an underscore, which {@link javax.net.ssl.SNIHostName} refuses.
   */
  private static final class HostName extends SNIServerName {
    HostName(String host) {
      super(
          StandardConstants.SNI_HOST_NAME,
          (host.endsWith(".") ? host.substring(0, host.length() - 1) : host)
              .getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static final class Factory extends DefaultSslContextFactory {
    private final List<SNIServerName> names;

    Factory(SNIServerName name) {
      super(SslProvider.JDK, /* sslSessionCacheEnabled= */ false);
      this.names = List.of(name);
    }

    @Override
    public SslContext create() throws SSLException {
      return new DelegatingSslContext(super.create()) {
        @Override
        protected void initEngine(SSLEngine engine) {
          SSLParameters parameters = engine.getSSLParameters();
          parameters.setServerNames(names);
          engine.setSSLParameters(parameters);
        }
      };
    }
  }
}
