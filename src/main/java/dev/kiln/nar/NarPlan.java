package dev.kiln.nar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;

import dev.kiln.castore.BlobSequence;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.nar.NarScript.Step;
import dev.kiln.nar.NarWriter.Output;

/**
 * A NAR as it will be written, any number of times: its tree as a {@link NarScript}, and where its files lie. Takes about as much memory
 * as the names in the tree and ten bytes for each file; a NAR is then written without a look at a directory or an index.
 */
public final class NarPlan implements PreparedNar {

  /** Files from this size on are opened to be mapped or read, in bytes. */
  private static final int OPENED = 1 << 16;

  private final byte[] script;
  private final BlobSequence blobs;

  private NarPlan(byte[] script, BlobSequence blobs) {
    this.script = script;
    this.blobs = blobs;
  }

  /**
   * @param limit for the plan, in bytes
   * @return nothing if the plan would take more
   * @throws dev.kiln.castore.MissingBlobException a blob is not here
   * @throws dev.kiln.castore.MissingDirectoryException a directory is not here
   */
  static Optional<NarPlan> of(Castore castore, Node root, int limit) throws IOException {
    // a name of one byte takes three
    if (root instanceof DirectoryNode directory && directory.size() > limit / 3) {
      return Optional.empty();
    }
    BlobSequence.Builder blobs = castore.blobs().sequence();
    NarScript.Recorder recorder = new NarScript.Recorder(blobs, limit);
    try {
      castore.visit(root, recorder);
    } catch (NarScript.TooLong _) {
      return Optional.empty();
    }
    return Optional.of(new NarPlan(recorder.script(), blobs.build()));
  }

  /** @return what it takes of the heap, in bytes, more or less */
  public long footprint() {
    return script.length + blobs.footprint();
  }

  /** @return whether all of it can still be read where it was found; if not, it is to be prepared again */
  public boolean isHere() {
    return blobs.isHere();
  }

  @Override
  public void write(long from, long to, ByteBuffer buffer, Output output) throws IOException {
    NarPart part = new NarPart(from, to, buffer, output);
    try (BlobSequence.Reader reader = blobs.reader()) {
      NarScript steps = new NarScript(script);
      int depth = 0;
      int blob = 0;
      while (!part.isComplete() && steps.next()) {
        if (steps.step() == Step.LEAVE) {
          depth--;
          part.endNode(depth == 0);
          continue;
        }
        begin(part, steps);
        switch (steps.step()) {
          case ENTER -> {
            part.words(NarFormat.DIRECTORY);
            depth++;
          }
          case SYMLINK -> {
            part.words(NarFormat.SYMLINK);
            part.string(script, steps.target(), steps.targetLength());
            part.endNode(depth == 0);
          }
          case FILE, EXECUTABLE -> {
            part.beginFile(steps.step() == Step.EXECUTABLE, steps.size());
            content(part, steps.size(), reader, blob++);
            part.padding(steps.size());
            part.endNode(depth == 0);
          }
          case LEAVE -> throw new AssertionError("it has no name");
        }
      }
    }
    part.flush();
  }

  private void begin(NarPart part, NarScript steps) throws IOException {
    if (steps.nameLength() == 0) {
      part.words(NarFormat.HEADER);
    } else {
      part.beginEntry(script, steps.name(), steps.nameLength());
    }
  }

  private static void content(NarPart part, long size, BlobSequence.Reader reader, int blob) throws IOException {
    if (!part.wants(size)) {
      part.pass(size);
    } else if (size < OPENED) {
      part.content(size, (position, target) -> reader.read(blob, position, target));
    } else {
      try (FileChannel file = reader.open(blob)) {
        part.content(size, file);
      }
    }
  }
}
