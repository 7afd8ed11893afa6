package dev.kiln.castore;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

import dev.kiln.castore.Node.FileNode;

/** Blobs that are opened by their digests, each time that they are read. */
final class OpenedSequence implements BlobSequence {

  /** Of a file and its digest on the heap, and of the reference to it. */
  private static final int ENTRY = 88;

  private final Blobs blobs;
  private final List<FileNode> files;

  private OpenedSequence(Blobs blobs, List<FileNode> files) {
    this.blobs = blobs;
    this.files = files;
  }

  static Builder builder(Blobs blobs) {
    return new Builder() {

      private final List<FileNode> files = new ArrayList<>();

      @Override
      public void add(FileNode file) throws IOException {
        if (!blobs.contains(file.digest())) {
          throw new MissingBlobException(file.digest());
        }
        files.add(file);
      }

      @Override
      public long footprint() {
        return (long) files.size() * ENTRY;
      }

      @Override
      public BlobSequence build() {
        return new OpenedSequence(blobs, List.copyOf(files));
      }
    };
  }

  @Override
  public long footprint() {
    return (long) files.size() * ENTRY;
  }

  @Override
  public boolean isHere() {
    return files.stream().allMatch(file -> blobs.contains(file.digest()));
  }

  @Override
  public Reader reader() {
    return new Reader() {

      @Override
      public void read(int number, long position, ByteBuffer target) throws IOException {
        try (FileChannel blob = open(number)) {
          for (long at = position; target.hasRemaining();) {
            int read = blob.read(target, at);
            if (read < 0) {
              throw new EOFException("blob " + files.get(number).digest() + " became shorter while it was read");
            }
            at += read;
          }
        }
      }

      @Override
      public FileChannel open(int number) throws IOException {
        FileNode file = files.get(number);
        return Blobs.requireSize(blobs.open(file.digest()), file);
      }

      @Override
      public void close() {}
    };
  }
}
