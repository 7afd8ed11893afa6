package dev.kiln.build.fetch;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where to download from. Written out, it is without credentials and fit for a log.
 *
 * @param scheme in lower case
 * @param authority the host, and the port if one is given; empty for most {@code file:} URLs
 * @param target path and query, with nothing in them that a URL may not have
 * @param userInfo credentials, as they are written
 */
record Url(String scheme, String authority, String target, Optional<String> userInfo) {

  private static final Pattern URL = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(?:#.*)?",
      Pattern.DOTALL);
  private static final Pattern AUTHORITY = Pattern.compile(
      "(?:(.*)@)?(\\[[0-9A-Fa-f:.]+]|[^@:\\[\\]]*)(?::(\\d{0,5}))?",
      Pattern.DOTALL);
  private static final Pattern HOST = Pattern.compile("\\[[0-9A-Fa-f:.]+]|[a-z0-9._~-]+");
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*", Pattern.DOTALL);
  /** What may stand in a path or a query as it is. */
  private static final String LEGAL = "-._~:/?@!$&'()*+,;=";
  private static final int MAX_PORT = 65_535;

  /** @throws FetchFailed unless {@code text} is a URL with a host, or of a file */
  static Url parse(String text) throws FetchFailed {
    Matcher url = URL.matcher(text);
    if (!url.matches()) {
      throw FetchFailed.forGood("unable to download '" + encoded(text) + "': Unsupported protocol (1)");
    }
    String scheme = url.group(1).toLowerCase(Locale.ROOT);
    Matcher authority = AUTHORITY.matcher(url.group(2));
    if (!authority.matches()) {
      throw malformed(scheme, url.group(3));
    }
    String host = host(authority.group(2));
    boolean file = scheme.equals("file") && host.isEmpty();
    if (!file && !HOST.matcher(host).matches()) {
      throw malformed(scheme, url.group(3));
    }
    String port = authority.group(3);
    boolean hasPort = port != null && !port.isEmpty();
    if (hasPort && Integer.parseInt(port) > MAX_PORT) {
      throw malformed(scheme, url.group(3));
    }
    String target = encoded(url.group(3));
    return new Url(scheme, hasPort ? host + ":" + port : host, target.startsWith("/") ? target : "/" + target,
        Optional.ofNullable(authority.group(1)));
  }

  private static String host(String host) {
    try {
      return IDN.toASCII(host).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException _) {
      // no name; what it is instead, the caller finds out
      return host.toLowerCase(Locale.ROOT);
    }
  }

  /** What stands before the host may be a password. */
  private static FetchFailed malformed(String scheme, String target) {
    return FetchFailed.forGood("unable to download '" + scheme + "://…" + encoded(target)
        + "': URL using bad/illegal format or missing URL (3)");
  }

  /**
   * @param location of a redirect, which may be relative to this URL
   * @return without credentials: those that a server names are nobody's
   */
  Url resolve(String location) throws FetchFailed {
    Url target = parse(absolute(location));
    return new Url(target.scheme, target.authority, target.target, Optional.empty());
  }

  private String absolute(String location) throws FetchFailed {
    if (SCHEME.matcher(location).matches()) {
      return location;
    }
    String legal = encoded(location.split("#", 2)[0]);
    if (legal.startsWith("//")) {
      return scheme + ":" + legal;
    }
    if (legal.startsWith("?")) {
      return scheme + "://" + authority + target.split("\\?", 2)[0] + legal;
    }
    try {
      URI base = new URI(scheme + "://host" + target);
      URI resolved = base.resolve(new URI(legal.startsWith("/") ? legal : "./" + legal)).normalize();
      String query = resolved.getRawQuery() == null ? "" : "?" + resolved.getRawQuery();
      return scheme + "://" + authority + resolved.getRawPath() + query;
    } catch (URISyntaxException e) {
      throw FetchFailed.forGood("unable to download '" + this + "': it redirects to '" + legal + "'");
    }
  }

  /** Writes in percent what a URL may not have, which keeps it in one line, too. */
  private static String encoded(String text) {
    StringBuilder legal = new StringBuilder();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      boolean escape = c == '%' && i + 2 < bytes.length && isHex(bytes[i + 1]) && isHex(bytes[i + 2]);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (escape || letter || LEGAL.indexOf(c) >= 0) {
        legal.append(c);
      } else {
        legal.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
      }
    }
    return legal.toString();
  }

  private static boolean isHex(byte b) {
    return Character.digit(b, 16) >= 0;
  }

  boolean isHttp() {
    return scheme.equals("http") || scheme.equals("https");
  }

  /** @return a name, or an address, that of IPv6 without its brackets */
  String host() {
    String host = authority.replaceFirst(":\\d+$", "");
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** @return given or implied */
  int port() {
    int colon = authority.lastIndexOf(':');
    if (colon > authority.lastIndexOf(']')) {
      return Integer.parseInt(authority.substring(colon + 1));
    }
    return scheme.equals("https") ? 443 : 80;
  }

  /** @return whether both are of one server, reached in the same way */
  boolean isSameOrigin(Url other) {
    return scheme.equals(other.scheme) && host().equals(other.host()) && port() == other.port();
  }

  URI uri() {
    return URI.create(toString());
  }

  @Override
  public String toString() {
    return scheme + "://" + authority + target;
  }
}
