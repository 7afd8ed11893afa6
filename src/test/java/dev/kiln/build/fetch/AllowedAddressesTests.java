package dev.kiln.build.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class AllowedAddressesTests {

  private final AllowedAddresses byDefault = new AllowedAddresses(List.of());

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
      "127.0.0.1",
      "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
      "192.168.0.1",
      "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3", "240.0.0.1",
      "255.255.255.255",
      "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
      "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1",
      "fc00::1",
      "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1"})
  void leaveOutWhatIsNotOfThePublicInternet(String address) throws Exception {
    assertThat(byDefault.allows(InetAddress.getByName(address))).isFalse();
    assertThatThrownBy(() -> byDefault.resolve(address)).isInstanceOf(AllowedAddresses.Refused.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1",
      "172.32.0.1",
      "192.167.1.1", "192.169.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2001:4860::8888",
      "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"})
  void haveWhatIs(String address) throws Exception {
    assertThat(byDefault.resolve(address)).containsExactly(InetAddress.getByName(address));
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "2130706433", "127.1", "0", "::ffff:7f00:1"})
  void areThoseThatANameMeansAndNotHowItIsSpelled(String name) {
    assertThatThrownBy(() -> byDefault.resolve(name)).isInstanceOf(UnknownHostException.class);
  }

  @Test
  void haveWhatTheConfigurationAddsAndNoMore() throws Exception {
    AllowedAddresses some = new AllowedAddresses(List.of(Network.parse("10.1.0.0/16"), Network.parse("127.0.0.2"),
        Network.parse("fd00::/9"), Network.parse("0.0.0.0/32")));
    assertThat(allows(some, "10.1.255.1")).isTrue();
    assertThat(allows(some, "10.2.0.1")).isFalse();
    assertThat(allows(some, "127.0.0.2")).isTrue();
    assertThat(allows(some, "127.0.0.1")).isFalse();
    assertThat(allows(some, "fd7f::1")).isTrue();
    assertThat(allows(some, "fd80::1")).isFalse();
    assertThat(allows(some, "::1")).isFalse();
  }

  private static boolean allows(AllowedAddresses addresses, String literal) throws UnknownHostException {
    return addresses.allows(InetAddress.getByName(literal));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0/8", "::1/129",
      "300.0.0.1", "/8"})
  void areConfiguredByNetworks(String text) {
    assertThatThrownBy(() -> Network.parse(text)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is no network");
  }
}
