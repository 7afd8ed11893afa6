package dev.kiln.postgres;

import org.jspecify.annotations.Nullable;

/** The embedded PostgreSQL could not be unpacked, started or stopped. {@link #action()} says what would help. */
public final class PostgresException extends RuntimeException {

  static final String USE_ANOTHER = "or set spring.datasource.url, spring.datasource.username and "
      + "spring.datasource.password to use a PostgreSQL of your own.";

  private final String action;

  PostgresException(String message, String action, @Nullable Throwable cause) {
    super(message, cause);
    this.action = action;
  }

  PostgresException(String message, String action) {
    this(message, action, null);
  }

  /** @return what the operator can do, as a sentence */
  public String action() {
    return action;
  }
}
