package dev.kiln.build.fetch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Who Kiln is to which host, as curl reads it from a netrc file.
 *
 * @param logins by host, the first that the file has for each
 * @param fallback of all other hosts
 */
record Netrc(Map<String, Login> logins, Optional<Login> fallback) {

  static final Netrc EMPTY = new Netrc(Map.of(), Optional.empty());

  private static final Pattern TOKEN = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|[^\\s\"]\\S*", Pattern.DOTALL);
  private static final Pattern MACRO = Pattern.compile("(?m)^\\s*macdef\\b.*(?:\\R(?!\\s*$).*)*");
  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*#.*$");

  record Login(String user, String password) {
    @Override
    public String toString() {
      return user + ":…";
    }
  }

  Netrc { logins = Map.copyOf(logins); }

  static Netrc parse(String text) {
    List<String> tokens = tokens(COMMENT.matcher(MACRO.matcher(text).replaceAll("")).replaceAll(""));
    Map<String, Login> logins = new HashMap<>();
    Optional<Login> fallback = Optional.empty();
    int at = 0;
    while (at < tokens.size()) {
      @Nullable
      String host = null;
      boolean isDefault = tokens.get(at).equals("default");
      if (tokens.get(at).equals("machine") && at + 1 < tokens.size()) {
        at++;
        host = tokens.get(at).toLowerCase(Locale.ROOT);
      } else if (!isDefault) {
        at++;
        continue;
      }
      at++;
      Map<String, String> fields = new HashMap<>();
      while (at + 1 < tokens.size() && List.of("login", "password", "account").contains(tokens.get(at))) {
        fields.put(tokens.get(at), tokens.get(at + 1));
        at += 2;
      }
      Login login = new Login(fields.getOrDefault("login", ""), fields.getOrDefault("password", ""));
      if (host != null) {
        logins.putIfAbsent(host, login);
      } else if (fallback.isEmpty()) {
        fallback = Optional.of(login);
      }
    }
    return new Netrc(logins, fallback);
  }

  private static List<String> tokens(String text) {
    List<String> tokens = new ArrayList<>();
    Matcher token = TOKEN.matcher(text);
    while (token.find()) {
      String quoted = token.group(1);
      tokens.add(quoted == null ? token.group() : quoted.replaceAll("\\\\(.)", "$1"));
    }
    return tokens;
  }

  Optional<Login> find(String host) {
    return Optional.ofNullable(logins.get(host)).or(() -> fallback);
  }
}
