package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.resp.ProtocolError;

class ClientIdArgumentsTest {
  @ParameterizedTest
  @CsvSource({
    "CLIENT KILL ID 7, CLIENT KILL ID 107, true",
    "client kill id 7 skipme no, client kill id 107 skipme no, true",
    "CLIENT KILL SKIPME no ID 7, CLIENT KILL SKIPME no ID 107, true",
    "CLIENT KILL TYPE normal ID 7, CLIENT KILL TYPE normal ID 107, false",
    "CLIENT KILL ID 7 8 9 TYPE normal, CLIENT KILL ID 107 108 109 TYPE normal, false",
    "CLIENT KILL USER id ID 7, CLIENT KILL USER id ID 107, false",
    "CLIENT UNBLOCK 7 ERROR, CLIENT UNBLOCK 107 ERROR, false",
    "CLIENT LIST ID 7 8, CLIENT LIST ID 107 108, false",
    "CLIENT LIST TYPE normal ID 7, CLIENT LIST TYPE normal ID 107, false",
    "CLIENT TRACKING ON REDIRECT 7 BCAST PREFIX 9, CLIENT TRACKING ON REDIRECT 107 BCAST PREFIX 9,"
        + " false",
    "CLIENT TRACKING ON PREFIX redirect REDIRECT 7,"
        + " CLIENT TRACKING ON PREFIX redirect REDIRECT 107, false",
  })
  void rewrite_replacesIds(String request, String expected, boolean onlyFilter)
      throws ProtocolError {
    Request named = Parsed.line(request);
    ClientIdArguments ids = ClientIdArguments.of(named);
    assertEquals(onlyFilter, ids.isOnlyFilter(named));
    RequestParser parser = new RequestParser(new RequestBounds(10_000));
    assertTrue(parser.parse(ids.rewrite(named, id -> id + 100)));
    Request rewritten = parser.request();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rewritten.count(); i++) {
      text.append(i == 0 ? "" : " ").append(rewritten.text(i, 100));
    }
    assertEquals(expected, text.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "CLIENT",
    "CLIENT KILL",
    "CLIENT KILL ID",
    "CLIENT KILL ID x",
    "CLIENT KILL ID -7",
    "CLIENT KILL ID 1234567890123456789",
    "CLIENT KILL 127.0.0.1:7",
    "CLIENT UNBLOCK x",
    "CLIENT LIST TYPE 7",
    "CLIENT TRACKING OFF",
    "CLIENT TRACKING ON PREFIX 7",
    "CLIENT SETNAME 7",
    "CLIENT PAUSE 7",
  })
  void of_requestsWithoutIds_isEmpty(String request) throws ProtocolError {
    assertTrue(ClientIdArguments.of(Parsed.line(request)).isEmpty());
  }
}
