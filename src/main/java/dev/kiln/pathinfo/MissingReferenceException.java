package dev.kiln.pathinfo;

import java.util.SortedSet;

import dev.kiln.storepath.StorePath;

/** Paths cannot be promised, because others that they refer to are not here. */
public final class MissingReferenceException extends RuntimeException {

  private final transient SortedSet<StorePath> missing;

  public MissingReferenceException(SortedSet<StorePath> missing) {
    super("not here, but referred to: " + missing);
    this.missing = missing;
  }

  public SortedSet<StorePath> missing() {
    return missing;
  }
}
