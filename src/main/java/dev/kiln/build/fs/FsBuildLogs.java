package dev.kiln.build.fs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import dev.kiln.build.BuildLogs;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

/** Logs as files, one for each build. */
final class FsBuildLogs implements BuildLogs {

  /** What of a log's end is looked at for its last lines, in bytes: a line may be long, but not without end. */
  private static final int TAIL = 64 * 1024;

  private final Path directory;

  FsBuildLogs(Path directory) {
    this.directory = directory;
  }

  @Override
  public OutputStream create(UUID build) throws IOException {
    Path file = file(build);
    Files.createDirectories(file.getParent());
    // of an attempt that a fault of a machine's ended; whoever still writes it has a file without a name
    Files.deleteIfExists(file);
    return Files.newOutputStream(file, CREATE_NEW, WRITE);
  }

  @Override
  public Optional<FileChannel> open(UUID build) throws IOException {
    try {
      return Optional.of(FileChannel.open(file(build), READ));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public List<String> tail(UUID build, int lines) throws IOException {
    Optional<FileChannel> log = open(build);
    if (log.isEmpty()) {
      return List.of();
    }
    try (FileChannel channel = log.get()) {
      long size = channel.size();
      ByteBuffer end = ByteBuffer.allocate((int) Math.min(size, TAIL));
      long position = size - end.capacity();
      while (end.hasRemaining() && channel.read(end, position + end.position()) >= 0) {
        // a read may give less than there is
      }
      List<String> all = new String(end.array(), 0, end.position(), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    }
  }

  @Override
  public long size(UUID build) throws IOException {
    Path file = file(build);
    return Files.exists(file) ? Files.size(file) : 0;
  }

  private Path file(UUID build) {
    String name = build.toString();
    return directory.resolve(name.substring(0, 2)).resolve(name + ".log");
  }
}
