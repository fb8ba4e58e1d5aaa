package redisproxy.tls;

import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A CA and the certificates that it signed, as PEM files. The JDK's keytool makes them once for all
 * tests.
 */
public final class TestCertificates {
  private static final char[] PASSWORD = "password".toCharArray();

  static {
    // Otherwise the JDK would not report a stream that ends without close_notify.
    System.setProperty("com.sun.net.ssl.requireCloseNotify", "true");
  }

  private static TestCertificates made;

  private final Path folder;
  private final KeyStore store;

  private TestCertificates() throws Exception {
    folder = Files.createTempDirectory("tls");
    folder.toFile().deleteOnExit();
    String here = "san=ip:127.0.0.1,dns:localhost";
    keytool("ca", "-ext", "bc:c");
    keytool("server", "-signer", "ca", "-ext", here);
    keytool("renewed", "-signer", "ca", "-ext", here);
    keytool("expired", "-signer", "ca", "-ext", here, "-startdate", "-3d", "-validity", "1");
    keytool("elsewhere", "-signer", "ca", "-ext", "san=dns:redis.example");
    keytool("client", "-signer", "ca");
    keytool("stranger", "-ext", here);
    store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("store.p12"))) {
      store.load(in, PASSWORD);
    }
    for (String alias :
        List.of("ca", "server", "renewed", "expired", "elsewhere", "client", "stranger")) {
      write(cert(alias), "CERTIFICATE", certificate(alias).getEncoded());
      write(key(alias), "PRIVATE KEY", store.getKey(alias, PASSWORD).getEncoded());
    }
  }

  /** Options of an HTTP/2 client that trusts any server. */
  public static HttpClientOptions http2() {
    return new HttpClientOptions()
        .setProtocolVersion(HttpVersion.HTTP_2)
        .setUseAlpn(true)
        .setSsl(true)
        .setTrustAll(true)
        .setVerifyHost(false);
  }

  public static synchronized TestCertificates get() {
    if (made == null) {
      try {
        made = new TestCertificates();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    return made;
  }

  private void keytool(String alias, String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    // keytool runs for less than half a second, in which C2 would cost more than it gains.
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    command.addAll(List.of("-genkeypair", "-keystore", folder.resolve("store.p12").toString()));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", new String(PASSWORD)));
    command.addAll(List.of("-keyalg", "EC", "-alias", alias, "-dname", "CN=" + alias));
    command.addAll(List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(said);
    }
  }

  private static void write(Path file, String what, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    file.toFile().deleteOnExit();
  }

  /**
   * The certificate's PEM file. Aliases: ca, server, renewed, expired, elsewhere, client, stranger.
   */
  public Path cert(String alias) {
    return folder.resolve(alias + ".pem");
  }

  /** The PEM file of the certificate's private key. */
  public Path key(String alias) {
    return folder.resolve(alias + ".key");
  }

  public Certificate certificate(String alias) {
    try {
      return store.getCertificate(alias);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * An SSLContext that trusts only the CA, and presents a certificate, or none if alias is null.
   */
  public SSLContext context(String alias) {
    try {
      KeyStore trusted = empty();
      trusted.setCertificateEntry("ca", certificate("ca"));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyStore own = empty();
      if (alias != null) {
        Key key = store.getKey(alias, PASSWORD);
        own.setKeyEntry("own", key, PASSWORD, new Certificate[] {certificate(alias)});
      }
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyStore empty() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** Copies a certificate and its key to where a server finds them. */
  public void install(String alias, Path cert, Path key) {
    try {
      Files.copy(key(alias), key, StandardCopyOption.REPLACE_EXISTING);
      Files.copy(cert(alias), cert, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
