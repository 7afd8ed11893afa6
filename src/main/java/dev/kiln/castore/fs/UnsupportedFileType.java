package dev.kiln.castore.fs;

import java.io.IOException;

import dev.kiln.posix.FileType;

/** A tree has a fifo, socket or device, which Nix refuses in the same words (archive.cc). */
public final class UnsupportedFileType extends IOException {

  private final FileType type;

  UnsupportedFileType(String path, FileType type) {
    super("file '" + path + "' has an unsupported type: it is a " + type);
    this.type = type;
  }

  public FileType type() {
    return type;
  }
}
