package dev.kiln.build.fs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

/** Writes a log, notes the phases that it tells of, and compresses it when it is closed. */
final class LogWriter extends OutputStream {

  private static final Logger log = LoggerFactory.getLogger(LogWriter.class);

  /** In bytes: a smaller one takes no less of the disk when it is compressed. */
  private static final long COMPRESSED_FROM = 4096;

  private final Path file;
  private final Path compressed;
  private final OutputStream out;
  private final PhaseFile phases;
  private final PhaseScanner scanner;
  private boolean closed;

  /** @throws java.nio.file.FileAlreadyExistsException {@code file} is there */
  LogWriter(Path file, Path compressed, Path phases, Clock clock) throws IOException {
    this.file = file;
    this.compressed = compressed;
    this.out = Files.newOutputStream(file, CREATE_NEW, WRITE);
    this.phases = new PhaseFile(phases, clock);
    this.scanner = new PhaseScanner(this.phases::add);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[]{(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    scanner.scan(bytes, offset, length);
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (phases) {
      out.close();
    }
    if (Files.size(file) >= COMPRESSED_FROM) {
      try {
        CompressedLog.write(file, compressed);
        Files.delete(file);
      } catch (IOException e) {
        log.warn("{} stays as it is: it could not be compressed", file, e);
      }
    }
  }
}
