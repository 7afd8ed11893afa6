package dev.kiln.build.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

import dev.kiln.bytes.ByteString;

/**
 * The addresses that begin with the same bits.
 *
 * @param bits how many: 0 to 32, or 128 for IPv6
 */
record Network(ByteString address, int bits) {

  private static final Pattern LITERAL = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  /** @throws IllegalArgumentException unless {@code text} is {@code <address>} or {@code <address>/<bits>} */
  static Network parse(String text) {
    String[] parts = text.strip().split("/", 2);
    if (!LITERAL.matcher(parts[0]).matches()) {
      throw new IllegalArgumentException("'" + text + "' is no network: write 10.1.0.0/16 or fd00::/8");
    }
    try {
      // a literal is not looked up
      byte[] address = InetAddress.getByName(parts[0]).getAddress();
      int bits = parts.length == 1 ? 8 * address.length : Integer.parseInt(parts[1]);
      if (bits < 0 || bits > 8 * address.length) {
        throw new IllegalArgumentException("'" + text + "' is no network: it has " + 8 * address.length + " bits");
      }
      return new Network(ByteString.copyOf(address), bits);
    } catch (UnknownHostException | NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is no network: " + e.getMessage(), e);
    }
  }

  boolean contains(byte[] other) {
    byte[] own = address.toByteArray();
    if (own.length != other.length) {
      return false;
    }
    int whole = bits / 8;
    int rest = bits % 8;
    return Arrays.equals(own, 0, whole, other, 0, whole)
        && (rest == 0 || (own[whole] ^ other[whole]) >> 8 - rest == 0);
  }
}
