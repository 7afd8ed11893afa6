package dev.kiln.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

import org.jspecify.annotations.Nullable;

/**
 * What one Kiln's JVM has loaded and verified, kept for those of the same class path that come after it (class data sharing). The first
 * process that ends in good order leaves it: processes that are killed leave nothing, and cost nothing.
 */
final class SharedClasses {

  private static final int KILLED = 128 + 9;
  private static final Map<Path, Path> JARS = new HashMap<>();
  private static @Nullable Path archive;
  private static @Nullable Path recording;

  private SharedClasses() {}

  /** @return a jar of {@code directory} as it is now: classes in directories are not shared */
  static synchronized Path jarOf(Path directory) throws IOException {
    Path known = JARS.get(directory);
    if (known != null) {
      return known;
    }
    Path jar = TemporaryDirectories.create("kiln-classes-").resolve("kiln.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> tree = Files.walk(directory)) {
      // Directories, too: what is looked for in packages is found by their entries.
      for (Path path : tree.filter(path -> !path.equals(directory)).sorted().toList()) {
        boolean isDirectory = Files.isDirectory(path);
        out.putNextEntry(new ZipEntry(directory.relativize(path) + (isDirectory ? "/" : "")));
        if (!isDirectory) {
          Files.copy(path, out);
        }
        out.closeEntry();
      }
    }
    JARS.put(directory, jar);
    return jar;
  }

  /** @return options of a JVM that is to be started: it uses what there is, or leaves it if nobody else is about to */
  static synchronized List<String> options() {
    if (archive != null) {
      return List.of("-XX:SharedArchiveFile=" + archive);
    }
    if (recording != null) {
      return List.of();
    }
    recording = TemporaryDirectories.create("kiln-classes-").resolve("classes.jsa");
    // It tells of each class that cannot be shared.
    return List.of("-XX:ArchiveClassesAtExit=" + recording, "-Xlog:cds=off,aot=off");
  }

  /** The process that got {@code options} has ended. What one leaves that was killed meanwhile is not whole. */
  static synchronized void ended(List<String> options, int status) {
    Path recorded = recording;
    if (recorded != null && options.contains("-XX:ArchiveClassesAtExit=" + recorded)) {
      recording = null;
      if (status != KILLED && Files.exists(recorded)) {
        archive = recorded;
      }
    }
  }
}
