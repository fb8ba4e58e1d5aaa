package redisproxy.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CPU time of a process, of all its threads, user and system. */
final class CpuTime {
  /** What /proc counts in: 1/100 s, whatever the kernel's own clock. */
  private static final long TICK_MICROS = 10_000;

  private static final int USER = 11;
  private static final int SYSTEM = 12;

  private CpuTime() {}

  /** In µs; 0 for no process. */
  static long of(long pid) {
    if (pid == 0) {
      return 0;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM])) * TICK_MICROS;
    } catch (IOException e) {
      throw new UncheckedIOException("process " + pid + " is gone", e);
    }
  }
}
