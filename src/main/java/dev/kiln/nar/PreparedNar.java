package dev.kiln.nar;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

import dev.kiln.nar.NarWriter.Output;

/** A NAR all of whose content was found before its first byte is written. Used by any number of threads. */
public sealed interface PreparedNar permits NarPlan, UnplannedNar {

  /**
   * Writes a part, with as few copies as can be. Files that lie outside the part are not read.
   *
   * @param from first byte
   * @param to byte after the last
   * @param buffer empty, of 16 bytes or more; files are read into it, and large ones mapped if it is direct
   * @throws IOException a file was lost or changed in the meantime; {@code output} then has a prefix of the part
   */
  void write(long from, long to, ByteBuffer buffer, Output output) throws IOException;

  /** Writes a part as above, and leaves {@code sink} open. */
  default void write(long from, long to, OutputStream sink) throws IOException {
    write(from, to, ByteBuffer.allocate(NarWriter.BUFFER), NarWriter.to(sink));
    sink.flush();
  }

  /** Writes all of it, and leaves {@code sink} open. */
  default void write(OutputStream sink) throws IOException {
    write(0, Long.MAX_VALUE, sink);
  }
}
