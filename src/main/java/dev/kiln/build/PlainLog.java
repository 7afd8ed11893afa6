package dev.kiln.build;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A log as it was written. */
record PlainLog(FileChannel file, int attempt) implements StoredLog {

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    return file.read(target, position);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
