package redisproxy.tls;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The content of a PEM file that a setting names. If the file is not valid, methods throw an {@link
 * IllegalArgumentException} that names the setting, the file and the remedy, and shows nothing of
 * the content.
 *
 * @param setting the path of the setting
 * @param file the path of the file
 */
record Pem(String setting, String file, Buffer content) {
  /** A certificate chain has a few thousand bytes. A file longer than this is refused. */
  private static final int MAX_BYTES = 1 << 20;

  private static final byte[] SIGNED = {1, 2, 3, 4};

  /** Reads the file, which blocks; null if the setting names no file. */
  static @Nullable Pem read(String setting, @Nullable String file) {
    if (file == null) {
      return null;
    }
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      Pem pem = new Pem(setting, file, Buffer.buffer(in.readNBytes(MAX_BYTES + 1)));
      if (pem.content.length() > MAX_BYTES) {
        throw pem.fault("longer than 1 MiB; name a PEM file");
      }
      return pem;
    } catch (IOException | InvalidPathException e) {
      throw fault(setting, file, unreadable(e));
    }
  }

  private static String unreadable(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "no such file; name an existing file";
    }
    return e instanceof AccessDeniedException
        ? "permission denied; allow the proxy's user to read it"
        : "cannot be read (" + e.getMessage() + "); name a PEM file";
  }

  private IllegalArgumentException fault(String text) {
    return fault(setting, file, text);
  }

  private static IllegalArgumentException fault(String setting, String file, String text) {
    return new IllegalArgumentException(setting + " = \"" + file + "\": " + text);
  }

  /** These certificates as CAs. */
  PemTrustOptions authorities() {
    certificates();
    return new PemTrustOptions().addCertValue(content);
  }

  /** This certificate, with its chain up to the CA and its private key. */
  PemKeyCertOptions identity(Pem key) {
    X509Certificate certificate = certificates().get(0);
    PemKeyCertOptions identity =
        new PemKeyCertOptions().setCertValue(content).setKeyValue(key.content);
    if (!belong(certificate.getPublicKey(), key.privateKey(identity, certificate))) {
      throw key.fault("not the private key of the certificate in \"" + file + "\"; name that one");
    }
    return identity;
  }

  /** Refuses a certificate that is not valid now. */
  void requireValid() {
    X509Certificate certificate = certificates().get(0);
    Instant now = Instant.now();
    Instant end = certificate.getNotAfter().toInstant();
    Instant start = certificate.getNotBefore().toInstant();
    if (end.isBefore(now)) {
      throw fault("the certificate expired on " + day(end) + "; renew it");
    }
    if (start.isAfter(now)) {
      String from = day(start);
      throw fault("the certificate is not valid before " + from + "; set the clock right");
    }
  }

  private static String day(Instant instant) {
    return instant.toString().substring(0, "2000-01-01".length());
  }

  private List<X509Certificate> certificates() {
    try {
      List<X509Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(content.getBytes()))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (!certificates.isEmpty()) {
        return certificates;
      }
    } catch (CertificateException e) {
      // reported below, as a file without certificates is
    }
    throw fault("no certificate; name a PEM file that begins with -----BEGIN CERTIFICATE-----");
  }

  private PrivateKey privateKey(PemKeyCertOptions identity, X509Certificate certificate) {
    try {
      // No Vertx is needed, because the options hold the content and no file is read.
      X509KeyManager keys =
          (X509KeyManager) identity.getKeyManagerFactory(null).getKeyManagers()[0];
      String type = certificate.getPublicKey().getAlgorithm();
      return keys.getPrivateKey(keys.getServerAliases(type, null)[0]);
    } catch (Exception e) {
      throw fault(
          "not a private key for an RSA or EC certificate; name a PEM file with -----BEGIN PRIVATE"
              + " KEY-----, without a password");
    }
  }

  /** Whether the public key verifies a signature of the private key. */
  private static boolean belong(PublicKey publicKey, PrivateKey privateKey) {
    String algorithm = publicKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(privateKey);
      signature.update(SIGNED);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(SIGNED);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
