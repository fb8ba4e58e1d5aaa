package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.cache.Read;
import redisproxy.upstream.Reads;

/** In texts, a blank stands for a line end. */
class Resp3FormTest {
  @ParameterizedTest
  @CsvSource({
    "0, ':1 ', ':1 '",
    "0, '+hash ', '+hash '",
    "0, '$1 v ', '$1 v '",
    "0, '$2 -1 ', '$2 -1 '",
    "0, '$-1 ', '_ '",
    "0, '*0 ', '*0 '",
    "0, '*2 $1 a $2 bb ', '*2 $1 a $2 bb '",
    "32, '*0 ', '%0 '",
    "32, '*2 $1 a $2 bb ', '%1 $1 a $2 bb '",
    "32, '*20 $1 a ', '%10 $1 a '",
    "32, '*12345678 $1 a ', '%6172839 $1 a '",
    "64, '*0 ', '~0 '",
    "64, '*3 $1 a $1 b $2 cc ', '~3 $1 a $1 b $2 cc '",
    "64, '*120 $1 a ', '~120 $1 a '",
    "32, '%1 $1 a $1 b ', '%1 $1 a $1 b '",
    "64, '~1 $1 a ', '~1 $1 a '"
  })
  void of_aReplyInResp2_isThatInResp3(int flags, String reply, String expected) {
    assertEquals(Read.MAP, 32);
    assertEquals(Read.SET, 64);
    byte[] bytes = reply.replace(" ", "\r\n").getBytes(StandardCharsets.US_ASCII);
    Resp3Form form = Resp3Form.of(Reads.read(flags, "command"), bytes);
    String rest =
        new String(bytes, form.rest(), bytes.length - form.rest(), StandardCharsets.US_ASCII);
    String written = new String(form.head(), StandardCharsets.US_ASCII) + rest;
    assertEquals(expected, written.replace("\r\n", " "));
  }
}
