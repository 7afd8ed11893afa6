package dev.kiln.castore;

import dev.kiln.bytes.ByteString;

/** A name in a directory: 1 to 255 bytes, none of them '/' or NUL, and neither "." nor "..". */
public record PathComponent(ByteString bytes) implements Comparable<PathComponent> {

  /** In bytes. */
  public static final int MAX_LENGTH = 255;

  public PathComponent {
    if (bytes.isEmpty()) {
      throw new InvalidCastore("a name is empty");
    }
    if (bytes.length() > MAX_LENGTH) {
      throw new InvalidCastore("name '" + bytes + "' has " + bytes.length() + " bytes, more than 255");
    }
    if (bytes.contains('/') || bytes.contains(0)) {
      throw new InvalidCastore("name '" + bytes + "' has a '/' or NUL");
    }
    if (bytes.at(0) == '.' && (bytes.length() == 1 || bytes.length() == 2 && bytes.at(1) == '.')) {
      throw new InvalidCastore("name '" + bytes + "' is not the name of an entry");
    }
  }

  public static PathComponent utf8(String name) {
    return new PathComponent(ByteString.utf8(name));
  }

  @Override
  public int compareTo(PathComponent other) {
    return bytes.compareTo(other.bytes);
  }

  @Override
  public String toString() {
    return bytes.toString();
  }
}
