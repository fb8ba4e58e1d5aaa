package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConnectionStateTest {
  private static final CommandTable TABLE = CommandTable.EMPTY;

  private ConnectionState state = state(true);

  /** A state where u and p are the proxy's own credentials. */
  private static ConnectionState state(boolean isOpen) {
    return new ConnectionState(
        2,
        isOpen,
        own ->
            Stream.of(own)
                .map(each -> new String(each, StandardCharsets.UTF_8))
                .collect(Collectors.joining(" "))
                .matches("u p|p"));
  }

  /**
   * The state after requests that Redis has accepted: the database, the version of RESP, and plain
   * or not.
   */
  private String after(String... requests) {
    for (String request : requests) {
      request(request, true);
    }
    return state.db() + (state.isResp3() ? " 3" : " 2") + (state.isPlain() ? " plain" : " own");
  }

  /** The state after Redis accepts requests that were all sent before. */
  private String afterAll(Runnable... changes) {
    for (Runnable change : changes) {
      if (change != null) {
        change.run();
      }
    }
    return after();
  }

  private void request(String text, boolean isAccepted) {
    change(requested(text), isAccepted);
  }

  private static void change(Runnable change, boolean isAccepted) {
    if (change != null && isAccepted) {
      change.run();
    }
  }

  private Runnable queued(String text) {
    return state.requested(Parsed.line(TABLE, text), true);
  }

  private Runnable requested(String text) {
    return state.requested(Parsed.line(TABLE, text), false);
  }

  @Test
  void select_isFollowed() {
    assertEquals("2 2 plain", after());
    assertEquals("7 2 plain", after("SELECT 7"));
    request("SELECT 99", false);
    assertEquals("7 2 plain", after());
    assertEquals("7 2 own", after("SELECT x"), "if Redis accepted it");
    assertEquals("0 2 plain", after("RESET"));
  }

  @Test
  void hello_isFollowed() {
    assertEquals("2 2 plain", after("HELLO"));
    assertEquals("2 3 plain", after("HELLO 3 SETNAME x"));
    assertEquals("2 3 plain", after("HELLO"));
    request("HELLO 2", false);
    assertEquals("2 3 plain", after());
    assertEquals("2 2 plain", after("HELLO 2"));
    assertEquals("2 3 own", after("HELLO 3 AUTH u other"));
    assertEquals("0 2 plain", after("RESET"));
  }

  @Test
  void clientWithAnotherUser_usesItsOwnConnection() {
    assertEquals("2 2 own", after("AUTH other p"));
    assertEquals("2 2 plain", after("AUTH u p"));
    assertEquals("2 2 own", after("AUTH u p more"));
    // Redis refuses to select another database before the client logs in.
    state = state(false);
    assertEquals("0 2 own", after("HELLO 2"));
    request("AUTH u p", false);
    assertEquals("0 2 own", after());
    assertEquals("0 2 plain", after("AUTH p"));
    assertEquals("0 2 own", after("HELLO 2 AUTH u p AUTH u other"), "the last AUTH counts");
    assertEquals("0 3 plain", after("HELLO 3 SETNAME x AUTH u p"));
    assertEquals("0 2 own", after("RESET"));
  }

  @Test
  void watch_isFollowed() {
    for (String end : new String[] {"UNWATCH", "EXEC", "DISCARD", "RESET"}) {
      state = state(true);
      assertEquals("2 2 own", after("WATCH k"));
      change(queued("UNWATCH"), true);
      assertEquals("2 2 own", after(), "Redis only queues it");
      assertEquals("plain", after(end).substring(4));
    }
    request("WATCH k", false);
    assertEquals("0 2 plain", after());
  }

  @Test
  void effectOfClient_lastsUntilReset() {
    for (String harmless : "ID INFO LIST KILL SETNAME GETNAME SETINFO NO-EVICT PAUSE".split(" ")) {
      assertEquals("2 2 plain", after("CLIENT " + harmless, "CLIENT " + harmless + " x"));
    }
    for (String other : "TRACKING CACHING REPLY UNHEARD-OF".split(" ")) {
      state = state(true);
      assertEquals("2 2 own", after("CLIENT " + other + " ON", "CLIENT " + other + " OFF"));
      assertEquals("0 2 plain", after("RESET"));
    }
    assertEquals("0 2 own", after("CLIENT"));
  }

  /** No change of the connection cancels another one. */
  @Test
  void alterations_addUp() {
    List<String> each = List.of("CLIENT TRACKING ON", "SELECT 3 in a transaction", "SELECT x");
    for (String one : each) {
      for (String other : each) {
        state = state(true);
        for (String request : List.of(one, other)) {
          String text = request.replace(" in a transaction", "");
          change(request.contains("in") ? queued(text) : requested(text), true);
        }
        assertEquals("own", after().substring(4), one + ", " + other);
      }
    }
  }

  /** The client may send more requests before the reply to RESET arrives. */
  @Test
  void reset_undoesOnlyEarlierRequests() {
    for (String later : new String[] {"CLIENT TRACKING ON", "SELECT x"}) {
      state = state(true);
      request("CLIENT CACHING YES", true);
      Runnable reset = requested("RESET");
      assertEquals("0 2 own", afterAll(reset, requested(later)));
      assertEquals("0 2 plain", after("RESET"));
    }
    Runnable reset = requested("RESET");
    assertEquals("0 2 own", afterAll(reset, queued("SELECT 3")), "within MULTI");
    requested("RESET");
    assertEquals("0 2 own", after(), "refused");
  }

  @Test
  void requestThatIsQueuedOrIncomplete_putsTheStateInDoubt() {
    for (String request : new String[] {"SELECT 3", "HELLO 3", "AUTH u p"}) {
      Request whole = Parsed.line(TABLE, request);
      Request begun = Parsed.begun(TABLE, request.split(" "));
      assertInDoubt(() -> state.requested(whole, true));
      assertInDoubt(() -> state.requested(begun, false));
    }
  }

  private void assertInDoubt(Supplier<Runnable> request) {
    state = state(true);
    assertNull(request.get());
    assertEquals("2 2 own", after());
  }
}
