package redisproxy.dev;

import redisproxy.config.TransportKind;
import redisproxy.transport.Sockets;

/** Prints the transport that {@code transport: auto} chooses here, and why. */
public final class WhichTransport {
  private WhichTransport() {}

  public static void main(String[] arguments) {
    var choice = Sockets.choose(TransportKind.AUTO, 1).choice();
    System.out.println(choice.kind() + " (" + choice.reason() + ")");
  }
}
