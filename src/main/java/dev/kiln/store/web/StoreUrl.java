package dev.kiln.store.web;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.store.Location;
import dev.kiln.store.SubPath;
import dev.kiln.storepath.StorePath;

/** Locations as parts of URLs: names are bytes, so every byte can be percent-encoded (RFC 3986). */
final class StoreUrl {

  private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+=,@";
  private static final String HEX = "0123456789ABCDEF";

  private StoreUrl() {}

  /**
   * Reads a location.
   *
   * @param encoded {@code <hash>-<name>[/<sub>]} as the request line has it; one slash at the end is allowed
   * @throws MalformedUrl it is no location
   */
  static Location parse(String encoded) {
    String trimmed = encoded.endsWith("/") ? encoded.substring(0, encoded.length() - 1) : encoded;
    String[] segments = trimmed.split("/", -1);
    List<PathComponent> components = new ArrayList<>();
    try {
      StorePath path = StorePath.parseBaseName(decode(segments[0]).toString());
      for (int i = 1; i < segments.length; i++) {
        components.add(new PathComponent(decode(segments[i])));
      }
      return new Location(path, new SubPath(components));
    } catch (IllegalArgumentException e) {
      throw new MalformedUrl(String.valueOf(e.getMessage()));
    }
  }

  /** @return the location's path below {@code /store/}, encoded */
  static String render(Location location) {
    StringBuilder url = new StringBuilder();
    encode(ByteString.utf8(location.path().baseName()), url);
    for (PathComponent component : location.sub().components()) {
      url.append('/');
      encode(component.bytes(), url);
    }
    return url.toString();
  }

  static String encode(PathComponent name) {
    StringBuilder url = new StringBuilder();
    encode(name.bytes(), url);
    return url.toString();
  }

  private static void encode(ByteString bytes, StringBuilder url) {
    for (int i = 0; i < bytes.length(); i++) {
      int value = bytes.at(i) & 0xff;
      if (PLAIN.indexOf(value) >= 0) {
        url.append((char) value);
      } else {
        url.append('%').append(HEX.charAt(value >>> 4)).append(HEX.charAt(value & 15));
      }
    }
  }

  private static ByteString decode(String segment) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(segment.length());
    for (int i = 0; i < segment.length(); i++) {
      char character = segment.charAt(i);
      if (character == '%') {
        bytes.write(hexDigit(segment, i + 1) << 4 | hexDigit(segment, i + 2));
        i += 2;
      } else if (character < 0x80) {
        bytes.write(character);
      } else {
        throw new MalformedUrl("'" + segment + "' has a character that must be percent-encoded");
      }
    }
    return ByteString.owning(bytes.toByteArray());
  }

  private static int hexDigit(String segment, int index) {
    int value = index < segment.length() ? digit(segment.charAt(index)) : -1;
    if (value < 0) {
      throw new MalformedUrl("'" + segment + "' has a '%' without two hexadecimal digits");
    }
    return value;
  }

  /** Not {@link Character#digit}, which takes the digits of all scripts. */
  private static int digit(char character) {
    return HexFormat.isHexDigit(character) ? HexFormat.fromHexDigit(character) : -1;
  }
}
