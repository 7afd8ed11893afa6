package dev.kiln.castore;

/** Placeholder for the real one. */
public final class Directory {
  private Directory() {}
}
