package redisproxy.transport;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says in plain words why io_uring does not work here and what would help. Pure: reads nothing from
 * the system itself.
 */
final class IoUringFault {
  private IoUringFault() {}

  /**
   * Explains a failure.
   *
   * @param cause what Netty or the kernel said
   * @param disabled the kernel's setting {@code kernel.io_uring_disabled}: 0, 1 or 2; -1 if there
   *     is none
   * @param locked the limit of locked memory in bytes ({@code ulimit -l}); -1 if there is none
   */
  static String explain(@Nullable Throwable cause, int disabled, long locked) {
    String said = said(cause);
    String lower = said.toLowerCase(Locale.ROOT);
    if (isRefusal(lower)) {
      return disabled > 0
          ? "the kernel's setting kernel.io_uring_disabled is %d; set it to 0".formatted(disabled)
          : "the system forbids it (%s), as the seccomp profiles of container runtimes do; docs/operating.md says how to allow it"
              .formatted(said);
    }
    if (lower.contains("cannot allocate memory") && locked >= 0) {
      return "the limit of locked memory is %d KiB (%s); raise it (ulimit -l, LimitMEMLOCK=)"
          .formatted(locked / 1024, said);
    }
    return said;
  }

  private static boolean isRefusal(String said) {
    return said.contains("not permitted")
        || said.contains("permission denied")
        || said.contains("not implemented");
  }

  /** The innermost message: the outer ones only say that a library did not load. */
  static String said(@Nullable Throwable cause) {
    if (cause == null) {
      return "no reason given";
    }
    Throwable inner = cause;
    while (inner.getCause() != null && inner.getCause() != inner) {
      inner = inner.getCause();
    }
    String message = inner.getMessage();
    return message == null ? inner.getClass().getSimpleName() : message.strip();
  }
}
