package dev.kiln.build;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What builders printed, byte for byte. All replicas see it while it grows. */
public interface BuildLogs {

  /**
   * What a builder said that it begins with ({@code @nix {"action":"setPhase",…}}).
   *
   * @param offset of the line that says so, in the log
   */
  record Phase(String name, long offset, Instant startedAt) {}

  /**
   * Begins the log of an attempt at a build, which can be read while it grows. It is complete when the caller has closed it. An
   * earlier attempt, which may not know that it was given up, has its own.
   */
  OutputStream create(UUID build) throws IOException;

  /** @return what there is so far of the log of the last attempt; the caller closes it */
  Optional<StoredLog> open(UUID build) throws IOException;

  /** @return the number of the last attempt; 0 if none has a log */
  int lastAttempt(UUID build) throws IOException;

  /** @return of the last attempt, so far: not more than some, of a builder that has thousands */
  List<Phase> phases(UUID build) throws IOException;

  /** @return at most {@code lines} last lines, as text that is fit to be shown: what is not UTF-8 is replaced */
  List<String> tail(UUID build, int lines) throws IOException;

  /** @return in bytes, so far; 0 if there is none */
  long size(UUID build) throws IOException;
}
