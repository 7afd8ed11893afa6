package dev.kiln.tar;

import dev.kiln.bytes.ByteString;

/** What a tar says of one file. Names and targets are as they stand there, and may be anything. */
public sealed interface TarEntry {

  ByteString name();

  /** @return where its header begins, in bytes from the beginning of the tar */
  long offset();

  /**
   * @param size of the content, in bytes
   * @param executable by its owner
   */
  record FileEntry(ByteString name, long offset, long size, boolean executable) implements TarEntry {}

  record DirectoryEntry(ByteString name, long offset) implements TarEntry {}

  record SymlinkEntry(ByteString name, long offset, ByteString target) implements TarEntry {}

  /** @param target name of an entry before this one, of which this is another name */
  record HardLinkEntry(ByteString name, long offset, ByteString target) implements TarEntry {}
}
