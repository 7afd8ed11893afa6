package dev.kiln.http;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/** The {@code Prefer} header (RFC 7240), as far as it says how long a client would wait. */
public final class Prefer {

  private Prefer() {}

  /**
   * Reads the shortest wait that is asked for. A preference that is not understood is ignored, as the RFC has it.
   *
   * @param header its values, if it is there
   */
  public static Optional<Duration> maxWait(@Nullable List<String> header) {
    return header == null
        ? Optional.empty()
        : header.stream().flatMap(value -> List.of(value.split("[,;]")).stream())
            .map(value -> value.strip().toLowerCase(Locale.ROOT)).map(Prefer::parse).flatMap(Optional::stream)
            .min(Duration::compareTo);
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
