package redisproxy.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IoUringFaultTest {
  private static final String SECCOMP =
      "the system forbids it (%s), as the seccomp profiles of container runtimes do; docs/operating.md says how to allow it";

  @ParameterizedTest
  @CsvSource({
    "failed to create io_uring ring fd: Operation not permitted",
    "io_uring_register: Permission denied",
    "io_uring_setup(...) failed: Function not implemented",
  })
  void refusal_isExplainedByTheKernelSettingOrSeccomp(String said) {
    Throwable cause = new UnsatisfiedLinkError("failed to load").initCause(new IOException(said));
    assertEquals(
        "the kernel's setting kernel.io_uring_disabled is 2; set it to 0",
        IoUringFault.explain(cause, 2, 65536));
    assertEquals(SECCOMP.formatted(said), IoUringFault.explain(cause, 0, 65536));
    assertEquals(SECCOMP.formatted(said), IoUringFault.explain(cause, -1, -1));
  }

  @Test
  void lackOfMemory_isExplainedByTheLockedMemoryLimit() {
    String said = "io_uring_setup: Cannot allocate memory";
    assertEquals(
        "the limit of locked memory is 64 KiB (" + said + "); raise it (ulimit -l, LimitMEMLOCK=)",
        IoUringFault.explain(new IOException(said), 0, 65536));
    assertEquals(said, IoUringFault.explain(new IOException(said), 0, -1));
  }

  @Test
  void anyOtherFailure_isReportedUnchanged() {
    assertEquals(
        "Kernel is too old", IoUringFault.explain(new IOException(" Kernel is too old\n"), 0, 1));
    assertEquals("IOException", IoUringFault.explain(new IOException(), 0, 1));
    assertEquals("no reason given", IoUringFault.explain(null, 0, 1));
  }
}
