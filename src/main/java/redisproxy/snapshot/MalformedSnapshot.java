package redisproxy.snapshot;

import java.io.IOException;

/** A file is not a snapshot, or is a damaged or incomplete one. */
public final class MalformedSnapshot extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedSnapshot(String message) {
    super(message);
  }
}
