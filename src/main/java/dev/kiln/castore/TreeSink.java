package dev.kiln.castore;

import java.io.IOException;
import java.io.InputStream;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;

/**
 * Receives a file tree, node by node: a directory's entries between its {@link #enterDirectory} and its
 * {@link #leaveDirectory}, strictly sorted by their names' bytes. The root comes first and its name is {@code null}.
 */
public interface TreeSink {

  void enterDirectory(@Nullable PathComponent name) throws IOException;

  void leaveDirectory() throws IOException;

  /**
   * @param size of the content, in bytes
   * @param content the sink reads it to its end, and does not close it
   */
  void file(@Nullable PathComponent name, boolean executable, long size, InputStream content) throws IOException;

  void symlink(@Nullable PathComponent name, ByteString target) throws IOException;
}
