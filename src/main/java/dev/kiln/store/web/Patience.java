package dev.kiln.store.web;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;

import dev.kiln.http.Prefer;
import dev.kiln.realise.RealiseException.StillBuilding;
import dev.kiln.realise.Realiser;

/** How long a reader waits for builds, as its {@code Prefer} header (RFC 7240) and the configuration say. */
@Component
class Patience {

  /** A read that may have to wait for builds. */
  interface Read {
    ResponseEntity<?> until(Instant until) throws IOException, InterruptedException;
  }

  /** @param preferred whether the client asked for an answer by {@code until}, even if it is only that it is being built */
  private record Wait(Instant until, boolean preferred) {}

  private final Realiser realiser;
  private final StoreProperties properties;
  private final Clock clock;

  Patience(Realiser realiser, StoreProperties properties, Clock clock) {
    this.realiser = realiser;
    this.properties = properties;
    this.clock = clock;
  }

  /**
   * A client that said how long it would wait is told where its build is; any other is told to come back.
   *
   * @param prefer the header's values
   */
  ResponseEntity<?> read(@Nullable List<String> prefer, Read read) throws IOException, InterruptedException {
    Wait wait = of(prefer);
    try {
      return read.until(wait.until());
    } catch (StillBuilding e) {
      if (!wait.preferred()) {
        throw e;
      }
      // who was told so need not stay
      realiser.keep(e.build());
      return ResponseEntity.accepted().header(HttpHeaders.LOCATION, "/api/v1/builds/" + e.build()).build();
    }
  }

  private Wait of(@Nullable List<String> prefer) {
    Optional<Duration> preferred = Prefer.maxWait(prefer);
    Duration wait = preferred.filter(duration -> duration.compareTo(properties.maxWait()) < 0)
        .orElse(properties.maxWait());
    return new Wait(clock.instant().plus(wait), preferred.isPresent());
  }
}
