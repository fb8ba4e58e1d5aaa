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
 * What Redis has answered to questions that are the same for every session, for when it cannot be
 * reached. Bounded; what was used longest ago goes first. Shared by all event loops.
 */
public final class Memo {
  /** Databases with higher numbers are left to dedicated connections. */
  public static final int MAX_DATABASE = 1023;

  private static final int MAX_ENTRIES = 64;
  private static final int MAX_BYTES = 4 * 1024 * 1024;

  /** What is put behind the text of an INFO that may no longer hold. */
  private static final String UNREACHABLE = "# redis-proxy\r\nredis_reachable:0\r\n";

  /** What a question is about. */
  public enum Topic {
    INFO,
    COMMAND,
    /** Whether a command is refused that would change the connection; never remembered. */
    REFUSAL,
    /** Whether a database exists. */
    DATABASE
  }

  /**
   * A question.
   *
   * @param db the database it is about; meaningless otherwise. Negative when it is none that could
   *     be remembered
   * @param request an array of bulk strings, not to be changed
   */
  public record Question(Topic topic, boolean isResp3, int db, byte[] request) {
    private Subject subject() {
      return new Subject(topic, isResp3, ByteBuffer.wrap(request));
    }
  }

  private record Subject(Topic topic, boolean isResp3, ByteBuffer request) {}

  private final Map<Subject, byte[]> replies = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** Databases of the server as it is now, and those that it or one before it had. */
  private final BitSet databases = new BitSet();

  private final BitSet everDatabases = new BitSet();

  private @Nullable Server server;

  /**
   * Redis has been asked what it is: if that is news it has been connected to again, and may be
   * another.
   */
  @SuppressWarnings("ReferenceEquality") // one that was asked anew is news, whatever it says
  public synchronized void server(Server news) {
    if (news == server) {
      return;
    }
    server = news;
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

  /** Whether the server has been seen to have a database. */
  synchronized boolean hasDatabase(int db) {
    return db >= 0 && databases.get(db);
  }

  /**
   * Takes a reply down, unless it is an error or about one.
   *
   * @return it, or the same bytes as they were taken down before, so that many who hold it hold one
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

  /** What was taken down of a question, an INFO marked as such; or null. */
  synchronized byte @Nullable [] recall(Question question) {
    if (question.topic == Topic.DATABASE) {
      return question.db >= 0 && everDatabases.get(question.db) ? Reply.OK : null;
    }
    byte[] reply = replies.get(question.subject());
    return reply == null || question.topic == Topic.COMMAND ? reply : marked(reply);
  }

  /** A bulk or verbatim string with a section more; null when it is neither. */
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
