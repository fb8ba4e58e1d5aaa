package redisproxy.upstream.node;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.Reply;
import redisproxy.upstream.Server;
import redisproxy.upstream.load.Question;

/**
 * Redis's replies to questions that have the same answer for every session, kept for the time when
 * Redis cannot be reached. Bounded; evicts the least recently used reply. Shared by all event
 * loops.
 */
public final class LastReplies {
  /** Databases with higher numbers are left to dedicated connections. */
  public static final int MAX_DATABASE = 1023;

  private static final int MAX_ENTRIES = 64;
  private static final int MAX_BYTES = 4 * 1024 * 1024;

  /** Appended to an INFO reply that may be outdated. */
  private static final String UNREACHABLE = "# redis-proxy\r\nredis_reachable:0\r\n";

  /** What a question is about. */
  public enum Topic {
    INFO,
    COMMAND,
    /** Whether Redis refuses a command that would change the connection; never remembered. */
    REFUSAL,
    /** Whether a database exists. */
    DATABASE
  }

  /**
   * A question.
   *
   * @param db the database that the question is about; meaningless if it is about none. Negative if
   *     the database is not one that can be remembered
   * @param request an array of bulk strings; must not be changed
   */
  public record Question(Topic topic, boolean isResp3, int db, byte[] request) {
    private Subject subject() {
      return new Subject(topic, isResp3, ByteBuffer.wrap(request));
    }
  }

  private record Subject(Topic topic, boolean isResp3, ByteBuffer request) {}

  private final Map<Subject, byte[]> replies = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** Databases that the current server is known to have. */
  private final BitSet databases = new BitSet();

  /** Databases that the current server or an earlier one was known to have. */
  private final BitSet everDatabases = new BitSet();

  private @Nullable Server server;

  /**
   * Takes the properties that Redis reported. A new object means a new connection, perhaps to
   * another server, so replies to COMMAND and the known databases are forgotten.
   */
  @SuppressWarnings("ReferenceEquality") // a new report counts, even if its content is equal
  public synchronized void server(Server reported) {
    if (reported == server) {
      return;
    }
    server = reported;
    databases.clear();
    Iterator<Map.Entry<Subject, byte[]>> each = replies.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<Subject, byte[]> entry = each.next();
      if (entry.getKey().topic == Topic.COMMAND) {
        bytes -= size(entry);
        each.remove();
      }
    }
  }

  /** Whether the current server is known to have this database. */
  synchronized boolean hasDatabase(int db) {
    return db >= 0 && databases.get(db);
  }

  /**
   * Remembers a reply, unless it is an error or the question is about a refusal.
   *
   * @return the reply, or the equal array remembered before, so that all holders share one array
   */
  synchronized byte[] remember(Question question, byte[] reply) {
    if (reply[0] == '-' || question.topic == Topic.REFUSAL) {
      return reply;
    }
    if (question.topic == Topic.DATABASE) {
      if (question.db >= 0) {
        databases.set(question.db);
        everDatabases.set(question.db);
      }
      return reply;
    }
    Subject subject = question.subject();
    byte[] before = replies.get(subject);
    if (before != null && Arrays.equals(before, reply)) {
      return before;
    }
    if (size(subject, reply) <= MAX_BYTES) {
      bytes += size(subject, reply) - (before == null ? 0 : size(subject, before));
      replies.put(subject, reply);
      makeRoom();
    }
    return reply;
  }

  private void makeRoom() {
    Iterator<Map.Entry<Subject, byte[]>> oldestFirst = replies.entrySet().iterator();
    while (replies.size() > MAX_ENTRIES || bytes > MAX_BYTES) {
      bytes -= size(oldestFirst.next());
      oldestFirst.remove();
    }
  }

  private static long size(Map.Entry<Subject, byte[]> entry) {
    return size(entry.getKey(), entry.getValue());
  }

  private static long size(Subject subject, byte[] reply) {
    return (long) subject.request.capacity() + reply.length;
  }

  /** The remembered reply, an INFO marked as outdated; or null. */
  synchronized byte @Nullable [] recall(Question question) {
    if (question.topic == Topic.DATABASE) {
      return question.db >= 0 && everDatabases.get(question.db) ? Reply.OK : null;
    }
    byte[] reply = replies.get(question.subject());
    return reply == null || question.topic == Topic.COMMAND ? reply : marked(reply);
  }

  /** Adds a section to a bulk or verbatim string; null if the reply is neither. */
  private static byte @Nullable [] marked(byte[] reply) {
    String all = new String(reply, StandardCharsets.ISO_8859_1);
    int start = all.indexOf("\r\n") + 2;
    if (reply[0] != '$' && reply[0] != '=' || all.length() < start + 2) {
      return null;
    }
    String text = all.substring(start, all.length() - 2);
    String separator = text.isEmpty() || text.equals("txt:") ? "" : "\r\n";
    String longer = text + separator + UNREACHABLE;
    return (all.charAt(0) + Integer.toString(longer.length()) + "\r\n" + longer + "\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
