package dev.kiln.http;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/** The {@code Prefer} header (RFC 7240): how long a client would wait, and other words of its own. */
public final class Prefer {

  private Prefer() {}

  /**
   * Reads the shortest wait that is asked for. A preference that is not understood is ignored, as the RFC has it.
   *
   * @param header its values, if it is there
   */
  public static Optional<Duration> maxWait(@Nullable List<String> header) {
    return preferences(header).map(Prefer::parse).flatMap(Optional::stream).min(Duration::compareTo);
  }

  /**
   * Reads what a preference is set to: of {@code abandon=cancel}, it is {@code cancel}. The first one counts.
   *
   * @param header its values, if it is there
   * @param name in small letters
   */
  public static Optional<String> value(@Nullable List<String> header, String name) {
    return preferences(header).filter(preference -> preference.startsWith(name))
        .map(preference -> preference.substring(name.length()).strip())
        .filter(rest -> rest.startsWith("=")).map(rest -> rest.substring(1).strip().replace("\"", "")).findFirst();
  }

  private static Stream<String> preferences(@Nullable List<String> header) {
    return header == null
        ? Stream.empty()
        : header.stream().flatMap(value -> List.of(value.split("[,;]")).stream())
            .map(value -> value.strip().toLowerCase(Locale.ROOT));
  }

  private static Optional<Duration> parse(String preference) {
    if (preference.equals("respond-async")) {
      return Optional.of(Duration.ZERO);
    }
    if (preference.matches("wait\\s*=\\s*\"?[0-9]{1,9}\"?")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(preference.replaceAll("[^0-9]", ""))));
    }
    return Optional.empty();
  }
}
