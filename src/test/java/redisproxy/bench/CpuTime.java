package redisproxy.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The user and system CPU time of all threads of a process. */
final class CpuTime {
  /** The unit of /proc: 1/100 s, whatever the kernel's own clock is. */
  private static final long TICK_MICROS = 10_000;

  private static final int USER = 11;
  private static final int SYSTEM = 12;

  private CpuTime() {}

  /** Returns the CPU time in µs; 0 for no process. */
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
