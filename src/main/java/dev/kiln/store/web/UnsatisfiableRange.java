package dev.kiln.store.web;

/** A range of a file that begins beyond its end. */
final class UnsatisfiableRange extends RuntimeException {

  private final long size;

  /** @param size of the file, in bytes */
  UnsatisfiableRange(String range, long size) {
    super("the range '" + range + "' has no byte of a file of " + size + " bytes");
    this.size = size;
  }

  long size() {
    return size;
  }
}
