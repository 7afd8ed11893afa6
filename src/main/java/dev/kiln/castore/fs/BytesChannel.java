package dev.kiln.castore.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;

/** A small blob, read from its pack, for those who read files. It can neither be written, nor mapped or locked. */
final class BytesChannel extends FileChannel {

  private final ByteBuffer bytes;

  BytesChannel(byte[] bytes, int offset, int length) {
    this.bytes = ByteBuffer.wrap(bytes, offset, length).slice();
  }

  @Override
  public synchronized int read(ByteBuffer target) throws IOException {
    int count = read(target, bytes.position());
    if (count > 0) {
      bytes.position(bytes.position() + count);
    }
    return count;
  }

  @Override
  public synchronized long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, targets.length);
    long count = 0;
    for (int i = offset; i < offset + length; i++) {
      int part = read(targets[i]);
      if (part < 0) {
        return count == 0 ? -1 : count;
      }
      count += part;
    }
    return count;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    requireOpen();
    if (position >= bytes.capacity()) {
      return target.hasRemaining() ? -1 : 0;
    }
    int count = (int) Math.min(target.remaining(), bytes.capacity() - position);
    target.put(bytes.duplicate().clear().slice((int) position, count));
    return count;
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    requireOpen();
    if (position >= bytes.capacity()) {
      return 0;
    }
    return target.write(
        bytes.duplicate().clear().slice((int) position, (int) Math.min(count, bytes.capacity() - position)));
  }

  @Override
  public synchronized long position() throws IOException {
    requireOpen();
    return bytes.position();
  }

  @Override
  public synchronized FileChannel position(long position) throws IOException {
    requireOpen();
    bytes.position((int) Math.min(position, bytes.capacity()));
    return this;
  }

  @Override
  public long size() throws IOException {
    requireOpen();
    return bytes.capacity();
  }

  private void requireOpen() throws ClosedChannelException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public void force(boolean metaData) {}

  @Override
  protected void implCloseChannel() {}

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new NonWritableChannelException();
  }

  @Override
  public int write(ByteBuffer source, long position) {
    throw new NonWritableChannelException();
  }

  @Override
  public FileChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new NonWritableChannelException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException("a small blob is not a file of its own");
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException("a small blob is not a file of its own");
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException("a small blob is not a file of its own");
  }
}
