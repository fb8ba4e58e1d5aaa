package redisproxy.consistency;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redisproxy.probe.Connection;

/**
 * Requests whose last reply has the results of all of them.
 *
 * @param what the requests, for people
 * @param requests the requests as sent
 * @param replies the number of replies
 * @param parts what is read and written, in order
 * @param isList whether the last reply has an element for each part; otherwise it is the result of
 *     the first part
 * @param isAtomic whether no other write may come between a read and the write after it
 */
record Step(
    String what, String requests, int replies, List<Part> parts, boolean isList, boolean isAtomic) {

  /** The reply of EXISTS if both strings of a pair exist. It says nothing about their version. */
  private static final String BOTH_EXIST = ":2";

  private static final String SWAP =
      "local old=redis.call('GET',%s) redis.call('SET',%s,ARGV[1]) return old";

  private static Step of(Part part, String... request) {
    return new Step(
        String.join(" ", request), Connection.request(request), 1, List.of(part), false, false);
  }

  static String name(String key) {
    return key.substring(2);
  }

  static Step get(String key) {
    return of(Part.read(key), "GET", name(key));
  }

  /** A read whose reply shows the {@linkplain Structure#version version}. */
  static Step read(String key, String... request) {
    return of(Part.read(key), request);
  }

  /** A read that says whether this is the value of a set now. */
  static Step isMember(String key, String value) {
    return of(Part.isMember(key, value), "SISMEMBER", name(key), value);
  }

  static Step write(String key, String value, String... request) {
    return of(Part.write(key, value), request);
  }

  /** A request that makes this write. */
  static Step write(Part part, String... request) {
    return of(part, request);
  }

  /**
   * A transaction that writes a hash anew, which then expires.
   *
   * @param ofFields whether its fields expire, and not the key
   */
  static Step expiring(String key, String value, int ms, boolean ofFields) {
    String name = name(key);
    String tag = "del:" + value;
    String expire =
        ofFields
            ? Connection.request("HPEXPIRE", name, "" + ms, "FIELDS", "2", "f", "g")
            : Connection.request("PEXPIRE", name, "" + ms);
    String requests =
        Connection.request("MULTI")
            + Connection.request("DEL", name, tag)
            + Connection.request("HSET", name, "f", value, "g", value)
            + expire
            + Connection.request("EXEC");
    List<Part> parts = List.of(Part.delete(key, tag), new Part(key, value, value, ms));
    String what = "MULTI DEL HSET " + (ofFields ? "H" : "") + "PEXPIRE " + name + " " + value;
    return new Step(what, requests, 5, parts, true, false);
  }

  /** A transaction that deletes a key and adds its only element. */
  static Step replace(String key, String value, String command) {
    String tag = "del:" + value;
    String requests =
        Connection.request("MULTI")
            + Connection.request("DEL", name(key), tag)
            + Connection.request(command, name(key), value)
            + Connection.request("EXEC");
    List<Part> parts = List.of(Part.delete(key, tag), Part.write(key, value));
    String what = "MULTI DEL " + command + " " + name(key) + " " + value;
    return new Step(what, requests, 4, parts, true, false);
  }

  static Step set(String key, String value) {
    return of(Part.write(key, value), "SET", name(key), value);
  }

  static Step setFor(String key, String value, int ms) {
    return of(new Part(key, value, value, ms), "SET", name(key), value, "PX", "" + ms);
  }

  static Step delete(String key, String tag) {
    return of(Part.delete(key, tag), "DEL", name(key), tag);
  }

  static Step getset(String key, String value) {
    return swap(key, value, "GETSET", name(key), value);
  }

  /** A script that reads and writes a key, and declares the key or does not. */
  static Step script(String key, String value, boolean declares) {
    return declares
        ? swap(key, value, "EVAL", SWAP.formatted("KEYS[1]", "KEYS[1]"), "1", name(key), value)
        : swap(key, value, "EVAL", SWAP.formatted("ARGV[2]", "ARGV[2]"), "0", value, name(key));
  }

  private static Step swap(String key, String value, String... request) {
    List<Part> parts = List.of(Part.read(key), Part.write(key, value));
    return new Step(String.join(" ", request), Connection.request(request), 1, parts, false, true);
  }

  static Step mget(List<String> keys) {
    String[] request =
        Stream.concat(Stream.of("MGET"), keys.stream().map(Step::name)).toArray(String[]::new);
    List<Part> parts = keys.stream().map(Part::read).toList();
    return new Step(String.join(" ", request), Connection.request(request), 1, parts, true, false);
  }

  static Step mset(String key, String value, String other, String otherValue) {
    List<Part> parts = List.of(Part.write(key, value), Part.write(other, otherValue));
    String request = Connection.request("MSET", name(key), value, name(other), otherValue);
    return new Step(
        "MSET " + name(key) + " " + value + " " + name(other) + " " + otherValue,
        request,
        1,
        parts,
        false,
        false);
  }

  /** GET, SET and GET in a transaction. */
  static Step transaction(String key, String value) {
    String name = name(key);
    String requests =
        Connection.request("MULTI")
            + Connection.request("GET", name)
            + Connection.request("SET", name, value)
            + Connection.request("GET", name)
            + Connection.request("EXEC");
    List<Part> parts = List.of(Part.read(key), Part.write(key, value), Part.read(key));
    return new Step("MULTI GET SET GET " + name + " " + value, requests, 5, parts, true, true);
  }

  /** A SET that fails if the key was written since the last WATCH. */
  static Step setIfUnwatched(String key, String value) {
    String requests =
        Connection.request("MULTI")
            + Connection.request("SET", name(key), value)
            + Connection.request("EXEC");
    List<Part> parts = List.of(Part.write(key, value));
    return new Step("MULTI SET " + name(key) + " " + value, requests, 3, parts, true, true);
  }

  /** A request that neither reads nor writes. */
  static Step plain(String... request) {
    String text = Connection.request(request);
    return new Step(String.join(" ", request), text, 1, List.of(), false, false);
  }

  /** Returns the results of the parts, from the last reply or from its absence. */
  List<Operation> results(
      int session, Channel channel, long invoked, long completed, Object reply, boolean replied) {
    List<Operation> operations = new ArrayList<>();
    boolean good = replied && !(reply instanceof Connection.ErrorReply);
    List<?> elements =
        isList && reply instanceof List<?> list ? list : Collections.singletonList(reply);
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      Object element = i < elements.size() ? elements.get(i) : null;
      boolean fine = good && !(element instanceof Connection.ErrorReply);
      boolean refused = isList && reply == null;
      // What else is in the set is not known.
      boolean isNoMember = part.isMember() && !":1".equals(element);
      boolean saysNothing = isNoMember || !part.isWrite() && BOTH_EXIST.equals(element);
      Operation.Outcome outcome =
          !fine || saysNothing
              ? Operation.Outcome.UNKNOWN
              : refused ? Operation.Outcome.REFUSED : Operation.Outcome.DONE;
      String value =
          part.isWrite() || part.isMember()
              ? part.value()
              : fine ? Structure.version(element) : null;
      boolean follows = isAtomic && part.isWrite();
      operations.add(
          new Operation(session, channel, what, part, value, invoked, completed, outcome, follows));
    }
    return operations;
  }

  /** Sends all steps at once and records the results. */
  static void play(
      List<Step> steps, Connection connection, int session, Channel channel, Recorder recorder)
      throws IOException {
    List<Operation> operations = new ArrayList<>();
    long invoked = System.nanoTime();
    int played = 0;
    try {
      connection.send(steps.stream().map(Step::requests).collect(Collectors.joining()));
      for (Step step : steps) {
        Object reply = null;
        for (int i = 0; i < step.replies(); i++) {
          reply = connection.whole();
        }
        if (reply instanceof Connection.ErrorReply) {
          recorder.error();
        }
        operations.addAll(step.results(session, channel, invoked, System.nanoTime(), reply, true));
        played++;
      }
    } finally {
      for (Step step : steps.subList(played, steps.size())) {
        operations.addAll(step.results(session, channel, invoked, System.nanoTime(), null, false));
      }
      recorder.add(operations);
    }
  }
}
