package dev.kiln.build.fs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.kiln.build.BuildLogs;
import dev.kiln.build.StoredLog;

import static java.nio.file.StandardOpenOption.READ;

/**
 * Logs as files: {@code ab/<build>/<attempt>.log}, or {@code .log.zst} when they are complete and large enough, and beside them
 * {@code <attempt>.phases}. An earlier Kiln wrote {@code ab/<build>.log}.
 */
final class FsBuildLogs implements BuildLogs {

  /** What of a log's end is looked at for its last lines, in bytes: a line may be long, but not without end. */
  private static final int TAIL = 64 * 1024;
  private static final Pattern LOG = Pattern.compile("([1-9][0-9]{0,8})\\.log(\\.zst)?");
  private static final int EARLIER = 0;

  private final Path directory;
  private final Clock clock;

  FsBuildLogs(Path directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  @Override
  public OutputStream create(UUID build) throws IOException {
    Path attempts = Files.createDirectories(attempts(build));
    for (int attempt = lastAttempt(build) + 1;; attempt++) {
      try {
        return new LogWriter(file(build, attempt, ".log"), file(build, attempt, ".log.zst"),
            attempts.resolve(attempt + ".phases"), clock);
      } catch (FileAlreadyExistsException _) {
        // another replica has begun an attempt at the same time
      }
    }
  }

  @Override
  public int lastAttempt(UUID build) throws IOException {
    int last = EARLIER;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(attempts(build))) {
      for (Path file : files) {
        Matcher name = LOG.matcher(file.getFileName().toString());
        if (name.matches()) {
          last = Math.max(last, Integer.parseInt(name.group(1)));
        }
      }
    } catch (NoSuchFileException _) {
      return EARLIER;
    }
    return last;
  }

  @Override
  public Optional<StoredLog> open(UUID build) throws IOException {
    int attempt = lastAttempt(build);
    if (attempt == EARLIER) {
      return file(attempts(build).resolveSibling(build + ".log")).map(file -> StoredLog.of(file, EARLIER));
    }
    Optional<FileChannel> plain = file(file(build, attempt, ".log"));
    if (plain.isPresent()) {
      return plain.map(file -> StoredLog.of(file, attempt));
    }
    Optional<FileChannel> compressed = file(file(build, attempt, ".log.zst"));
    if (compressed.isEmpty()) {
      return Optional.empty();
    }
    FileChannel file = compressed.get();
    boolean opened = false;
    try {
      StoredLog log = CompressedLog.open(file, attempt);
      opened = true;
      return Optional.of(log);
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  private static Optional<FileChannel> file(Path path) throws IOException {
    try {
      return Optional.of(FileChannel.open(path, READ));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  @Override
  public List<Phase> phases(UUID build) throws IOException {
    return PhaseFile.read(file(build, lastAttempt(build), ".phases"));
  }

  @Override
  public List<String> tail(UUID build, int lines) throws IOException {
    Optional<StoredLog> log = open(build);
    if (log.isEmpty()) {
      return List.of();
    }
    try (StoredLog stored = log.get()) {
      long size = stored.size();
      ByteBuffer end = ByteBuffer.allocate((int) Math.min(size, TAIL));
      long position = size - end.capacity();
      while (end.hasRemaining() && stored.read(end, position + end.position()) >= 0) {
        // a read may give less than there is
      }
      List<String> all = new String(end.array(), 0, end.position(), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    }
  }

  @Override
  public long size(UUID build) throws IOException {
    Optional<StoredLog> log = open(build);
    if (log.isEmpty()) {
      return 0;
    }
    try (StoredLog stored = log.get()) {
      return stored.size();
    }
  }

  private Path attempts(UUID build) {
    String name = build.toString();
    return directory.resolve(name.substring(0, 2)).resolve(name);
  }

  private Path file(UUID build, int attempt, String suffix) {
    return attempts(build).resolve(attempt + suffix);
  }
}
