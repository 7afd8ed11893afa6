package dev.kiln.datadir;

import org.jspecify.annotations.Nullable;

/** Kiln cannot start on its data directory. {@link #action()} says what would help. */
public final class DataDirectoryException extends RuntimeException {

  private final String action;

  DataDirectoryException(String message, String action, @Nullable Throwable cause) {
    super(message, cause);
    this.action = action;
  }

  /** @return what the operator can do, as a sentence */
  public String action() {
    return action;
  }
}
