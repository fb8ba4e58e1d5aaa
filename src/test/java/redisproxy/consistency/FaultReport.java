package redisproxy.consistency;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Describes faults for people, with what happened to their keys around that time. */
final class FaultReport {
  private static final int FAULTS = 20;
  private static final long AROUND_NANOS = 400_000_000;
  private static final int EVENTS = 120;

  private final List<Operation> operations;
  private final List<LogEntry> log;
  private final long begin;

  /** One line of the description. */
  private record Event(long at, String text) {}

  FaultReport(List<Operation> operations, List<LogEntry> log) {
    this.operations = operations;
    this.log = log;
    this.begin = operations.isEmpty() ? 0 : operations.get(0).invoked();
  }

  String describe(List<Fault> faults) {
    StringBuilder text = new StringBuilder();
    for (Fault fault : faults.subList(0, Math.min(FAULTS, faults.size()))) {
      text.append("\n=== ").append(fault).append("\n    at ").append(ms(fault.at())).append('\n');
      events(fault).forEach(event -> text.append(ms(event.at())).append(event.text()).append('\n'));
    }
    if (faults.size() > FAULTS) {
      text.append("\nfurther faults:\n");
      faults.subList(FAULTS, faults.size()).forEach(fault -> text.append(fault).append('\n'));
    }
    return text.toString();
  }

  private String ms(long at) {
    return String.format(Locale.ROOT, "%12.3f ms  ", (at - begin) / 1e6);
  }

  private List<Event> events(Fault fault) {
    List<Event> events = new ArrayList<>();
    for (Operation operation : operations) {
      String key = operation.part().key();
      if (isNear(operation.invoked(), fault) && (key == null || Objects.equals(key, fault.key()))) {
        events.add(new Event(operation.invoked(), shown(operation)));
      }
    }
    for (LogEntry done : log) {
      if (isNear(done.at(), fault) && concerns(done, fault.key())) {
        String words = String.join(" ", done.words().stream().map(Checker::shown).toList());
        events.add(new Event(done.at(), "                Redis: [" + done.db() + "] " + words));
      }
    }
    events.sort(Comparator.comparingLong(event -> Math.abs(event.at() - fault.at())));
    return events.stream().limit(EVENTS).sorted(Comparator.comparingLong(Event::at)).toList();
  }

  private static boolean isNear(long at, Fault fault) {
    return Math.abs(at - fault.at()) < AROUND_NANOS;
  }

  private static boolean concerns(LogEntry done, String key) {
    return done.words().size() < 2
        || key == null
        || done.words().contains(key.substring(2))
        || done.name().equals("swapdb")
        || done.name().startsWith("flush");
  }

  private static String shown(Operation operation) {
    String what = operation.what();
    return "%s %d: %s -> %s%s (%.3f ms)"
        .formatted(
            operation.channel(),
            operation.session(),
            what.substring(0, Math.min(what.length(), 80)),
            Checker.shown(operation.value()),
            operation.isDone() ? "" : " " + operation.outcome(),
            (operation.completed() - operation.invoked()) / 1e6);
  }
}
