package dev.kiln.json;

/** Bytes that are no JSON. The message says where, and what is wrong there. */
public final class InvalidJson extends IllegalArgumentException {

  InvalidJson(int at, String message) {
    super("byte " + at + ": " + message);
  }
}
