package dev.kiln.compression;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** Bytes that cannot be decompressed. The message says what is wrong with them. */
public final class InvalidCompression extends IOException {

  InvalidCompression(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
