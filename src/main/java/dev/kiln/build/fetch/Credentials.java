package dev.kiln.build.fetch;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

import dev.kiln.build.fetch.Netrc.Login;

/**
 * Who Kiln is to servers: what the first URL says, and what the netrc file says of a host.
 *
 * @param netrcFile read anew for each download, so that it may change
 */
record Credentials(Optional<Path> netrcFile) {

  Netrc netrc() throws IOException {
    return netrcFile.isPresent() ? Netrc.parse(Files.readString(netrcFile.get())) : Netrc.EMPTY;
  }

  /**
   * @param first the URL that was asked for
   * @param url that it led to, or {@code first} itself
   * @return the header's value, if there is one for {@code url}: what was meant for one server is not told to another, and
   *     nothing is told in the clear after a redirect from where it would not have been
   */
  static Optional<String> authorization(Url first, Url url, Netrc netrc) {
    if (url.isSameOrigin(first) && first.userInfo().isPresent()) {
      return first.userInfo().map(Credentials::login).map(Credentials::basic);
    }
    if (first.scheme().equals("https") && !url.scheme().equals("https")) {
      return Optional.empty();
    }
    return netrc.find(url.host()).map(Credentials::basic);
  }

  /** @param userInfo as a URL has it: {@code user:password}, percent-encoded */
  static Login login(String userInfo) {
    String[] parts = userInfo.split(":", 2);
    return new Login(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1]));
  }

  private static String basic(Login login) {
    byte[] bytes = (login.user() + ":" + login.password()).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(bytes);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      // a lone % stands for itself
      return text;
    }
  }
}
