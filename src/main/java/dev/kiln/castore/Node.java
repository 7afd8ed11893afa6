package dev.kiln.castore;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.Blake3Digest;

/** A directory, a file or a symbolic link, without its name. */
public sealed interface Node {

  /** @param size number of entries below, at any depth; the directory itself is not counted */
  record DirectoryNode(Blake3Digest digest, long size) implements Node {

    public DirectoryNode { requireNotNegative(size); }
  }

  /** @param size in bytes */
  record FileNode(Blake3Digest digest, long size, boolean executable) implements Node {

    public FileNode { requireNotNegative(size); }
  }

  /** @param target 1 to 4095 bytes without NUL */
  record SymlinkNode(ByteString target) implements Node {

    /** In bytes. */
    public static final int MAX_LENGTH = 4095;

    public SymlinkNode {
      if (target.isEmpty() || target.length() > MAX_LENGTH || target.contains(0)) {
        throw new InvalidCastore("link target '" + target + "' is empty, longer than 4095 bytes, or has a NUL");
      }
    }
  }

  private static void requireNotNegative(long size) {
    if (size < 0) {
      throw new InvalidCastore("size " + size + " is negative");
    }
  }
}
