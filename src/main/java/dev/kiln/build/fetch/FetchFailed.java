package dev.kiln.build.fetch;

import java.io.IOException;

/** Nothing could be downloaded. The message is for the log, in Nix's words where Nix has some. */
final class FetchFailed extends IOException {

  private final boolean passing;

  private FetchFailed(String message, boolean passing) {
    super(message);
    this.passing = passing;
  }

  /** It will be the same next time. */
  static FetchFailed forGood(String message) {
    return new FetchFailed(message, false);
  }

  /** It may be better next time. */
  static FetchFailed forNow(String message) {
    return new FetchFailed(message, true);
  }

  /** @param reason why a download from {@code url} is none */
  static String unable(Url url, String reason) {
    return "unable to download '" + url + "': " + reason;
  }

  /** @return whether another attempt is worth while */
  boolean isPassing() {
    return passing;
  }
}
