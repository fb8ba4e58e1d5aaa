package redisproxy.upstream.connection;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import redisproxy.config.Settings;

/**
 * The first commands on a raw connection to Redis: AUTH if there is a password, SELECT if the
 * database is not 0.
 */
public final class Greeting {
  private Greeting() {}

  /** How many commands {@link #of} makes, and so how many replies come before those to requests. */
  public static int commands(Settings.Redis redis, int db) {
    return (redis.password() == null ? 0 : 1) + (db == 0 ? 0 : 1);
  }

  public static byte[] of(Settings.Redis redis, int db) {
    Buffer greeting = Buffer.buffer();
    if (redis.password() != null) {
      byte[] password = bytes(redis.password().value());
      if (redis.username() == null) {
        append(greeting, bytes("AUTH"), password);
      } else {
        append(greeting, bytes("AUTH"), bytes(redis.username()), password);
      }
    }
    if (db != 0) {
      append(greeting, bytes("SELECT"), bytes(Integer.toString(db)));
    }
    return greeting.getBytes();
  }

  /** Like {@link #commands(Settings.Redis, int)}, for a connection in RESP2 or RESP3. */
  public static int commands(Settings.Redis redis, int db, boolean resp3) {
    return commands(redis, db) + (resp3 ? 1 : 0);
  }

  /**
   * Like {@link #of(Settings.Redis, int)}, for a connection in RESP2 or RESP3. HELLO comes last,
   * because it may need the AUTH.
   */
  public static byte[] of(Settings.Redis redis, int db, boolean resp3) {
    Buffer greeting = Buffer.buffer(of(redis, db));
    if (resp3) {
      append(greeting, bytes("HELLO"), bytes("3"));
    }
    return greeting.getBytes();
  }

  /** A HELLO that logs the proxy in and chooses the version of RESP. */
  public static Buffer hello(Settings.Redis redis, int version) {
    Buffer hello = Buffer.buffer();
    byte[] name = bytes("HELLO");
    byte[] protover = bytes(Integer.toString(version));
    if (redis.password() == null) {
      append(hello, name, protover);
    } else {
      byte[] user = bytes(redis.username() == null ? "default" : redis.username());
      append(hello, name, protover, bytes("AUTH"), user, bytes(redis.password().value()));
    }
    return hello;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Appends a request as an array of bulk strings. */
  public static void append(Buffer to, byte[]... arguments) {
    to.appendString("*" + arguments.length + "\r\n");
    for (byte[] argument : arguments) {
      to.appendString("$" + argument.length + "\r\n").appendBytes(argument).appendString("\r\n");
    }
  }
}
