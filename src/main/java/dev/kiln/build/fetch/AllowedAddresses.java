package dev.kiln.build.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.apache.hc.client5.http.DnsResolver;

/**
 * Looks names up, and gives only the addresses that may be connected to: those of the public Internet, and what the
 * configuration adds. The connection goes to what this gives, so that a name which means something else a moment later gains
 * nothing. Addresses in URLs come here, too, however they are spelled.
 */
final class AllowedAddresses implements DnsResolver {

  /** Whoever asked may not connect there. */
  static final class Refused extends UnknownHostException {
    Refused(String host) {
      super("'" + host + "' has no address that may be connected to (kiln.fetch.allow.networks)");
    }
  }

  /** IANA's special-purpose registry: what no server of the public Internet has. */
  private static final List<Network> SPECIAL_V4 = networks("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
      "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
      "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");
  private static final Network GLOBAL_V6 = Network.parse("2000::/3");
  /** Of these: protocols (Teredo among them), documentation, and 6to4, which has an address of IPv4 inside. */
  private static final List<Network> SPECIAL_V6 = networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");
  /** How a network of IPv6 alone reaches IPv4: by the last four bytes. */
  private static final Network NAT64 = Network.parse("64:ff9b::/96");

  private final List<Network> added;

  /** @param added to the public Internet */
  AllowedAddresses(List<Network> added) {
    this.added = List.copyOf(added);
  }

  private static List<Network> networks(String... networks) {
    return Stream.of(networks).map(Network::parse).toList();
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    InetAddress[] allowed = Arrays.stream(InetAddress.getAllByName(host)).filter(this::allows).toArray(
        InetAddress[]::new);
    if (allowed.length == 0) {
      throw new Refused(host);
    }
    return allowed;
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  boolean allows(InetAddress address) {
    // an address of IPv4 inside one of IPv6 (::ffff:127.0.0.1) is one of IPv4 here: Java makes no difference
    byte[] bytes = address.getAddress();
    if (added.stream().anyMatch(network -> network.contains(bytes))) {
      return true;
    }
    return bytes.length == 4 ? isPublicV4(bytes) : isPublicV6(bytes);
  }

  private static boolean isPublicV4(byte[] bytes) {
    return SPECIAL_V4.stream().noneMatch(network -> network.contains(bytes));
  }

  private static boolean isPublicV6(byte[] bytes) {
    if (NAT64.contains(bytes)) {
      return isPublicV4(Arrays.copyOfRange(bytes, 12, 16));
    }
    return GLOBAL_V6.contains(bytes) && SPECIAL_V6.stream().noneMatch(network -> network.contains(bytes));
  }
}
