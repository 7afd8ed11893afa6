package dev.kiln.build.fs;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildLogs.Phase;

/** The phases of a build, one a line: offset, milliseconds since the epoch, name. It is there when there is a phase. */
final class PhaseFile implements Closeable {

  private static final int MAX_PHASES = 1_000;
  /** Of a name, in characters. */
  private static final int MAX_NAME = 200;

  private final Path file;
  private final Clock clock;
  private @Nullable OutputStream out;
  private int phases;

  PhaseFile(Path file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  void add(String name, long offset) throws IOException {
    if (phases++ >= MAX_PHASES) {
      return;
    }
    OutputStream open = out;
    if (open == null) {
      open = Files.newOutputStream(file);
      out = open;
    }
    // in one write, so that who reads meanwhile sees all of it or nothing
    open.write((offset + " " + clock.millis() + " " + oneLine(name) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static String oneLine(String name) {
    int end = name.offsetByCodePoints(0, Math.min(MAX_NAME, name.codePointCount(0, name.length())));
    return name.substring(0, end).replaceAll("\\p{Cntrl}", "\uFFFD");
  }

  static List<Phase> read(Path file) throws IOException {
    List<Phase> phases = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split(" ", 3);
        if (parts.length == 3) {
          phases.add(new Phase(parts[2], Long.parseLong(parts[0]), Instant.ofEpochMilli(Long.parseLong(parts[1]))));
        }
      }
    } catch (NoSuchFileException _) {
      return List.of();
    }
    return phases;
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
