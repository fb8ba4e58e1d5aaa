package redisproxy.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1",
    "::ffff:10.0.0.1, 10.0.0.1",
    "::1, 0:0:0:0",
    "2001:db8:1:2:3:4:5:6, 2001:db8:1:2",
    "fe80::1%1, fe80:0:0:0"
  })
  void of_returnsTheIpv4AddressOrTheIpv6Network(String address, String expected) throws Exception {
    var remote = new InetSocketAddress(InetAddress.getByName(address), 1);
    assertEquals(expected, ClientAddress.of(remote));
  }

  @Test
  void unknownAddresses_countAsOneClient() {
    assertEquals("", ClientAddress.of((String) null));
    assertEquals("", ClientAddress.of(InetSocketAddress.createUnresolved("h", 1)));
  }
}
