package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.BuildProperties;
import dev.kiln.build.ResourceUse;

/**
 * The cgroup of one build, with every process of its sandbox, bubblewrap's too. It goes when it is closed.
 *
 * <p>The processes are in a child of it: a builder can make a cgroup namespace, mount the cgroups below its own there and, its
 * user being Kiln's, change them, but never one above. So the limits are in the one above.
 */
final class BuildCgroup implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(BuildCgroup.class);
  private static final String INNER = "build";
  /** So that a builder that makes cgroups does not make too many to remove. */
  private static final int MAX_DESCENDANTS = 64;
  private static final int LOOKS = 500;
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Path path;
  private final Set<String> controllers;

  /** @param controllers that the parent gives its children */
  BuildCgroup(Path path, Set<String> controllers) {
    this.path = path;
    this.controllers = controllers;
  }

  /** @param memory in bytes */
  void limit(BuildProperties.Resources resources, long memory) throws IOException {
    write("cgroup.max.descendants", MAX_DESCENDANTS);
    Files.createDirectory(path.resolve(INNER));
    if (limitsMemory()) {
      write("memory.max", memory);
      if (Files.exists(path.resolve("memory.swap.max"))) {
        write("memory.swap.max", 0);
      }
      // A build that goes on without one of its processes could end well, and with other outputs
      write("memory.oom.group", 1);
    }
    if (limitsProcesses()) {
      write("pids.max", resources.processes());
    }
    if (controllers.contains(Cgroups.CPU)) {
      write("cpu.weight", resources.cpuWeight());
    }
  }

  boolean limitsMemory() {
    return controllers.contains(Cgroups.MEMORY);
  }

  boolean limitsProcesses() {
    return controllers.contains(Cgroups.PIDS);
  }

  /** A process that writes its id here gets into the cgroup, and all that it starts from then on. */
  Path processes() {
    return path.resolve(INNER).resolve("cgroup.procs");
  }

  /** @return how many processes there are, quickly, whatever controllers there are */
  long size() throws IOException {
    return read(INNER + "/cgroup.procs").orElse("").lines().count();
  }

  /** @return whether the kernel killed the build for its memory */
  boolean ranOutOfMemory() throws IOException {
    return limitsMemory() && value("memory.events", "oom_kill").orElse(0) > 0;
  }

  /** @return whether a process was refused because there were too many */
  boolean ranOutOfProcesses() throws IOException {
    return limitsProcesses() && value("pids.events", "max").orElse(0) > 0;
  }

  ResourceUse use() throws IOException {
    OptionalLong micros = value("cpu.stat", "usage_usec");
    Optional<Duration> processorTime = micros.isPresent()
        ? Optional.of(Duration.of(micros.getAsLong(), ChronoUnit.MICROS))
        : Optional.empty();
    // Kernels before 5.19 do not keep the peak
    Optional<String> peak = limitsMemory() ? read("memory.peak") : Optional.empty();
    return new ResourceUse(processorTime, peak.isPresent()
        ? OptionalLong.of(Long.parseLong(peak.get().strip()))
        : OptionalLong.empty());
  }

  /** Ends every process in it, at a blow; kernels before 5.14 cannot. */
  void kill() throws IOException {
    if (Files.exists(path.resolve("cgroup.kill"))) {
      write("cgroup.kill", 1);
    }
  }

  /** Ends what is left in it, too. What cannot be removed is told the log: the build has its result all the same. */
  @Override
  public void close() {
    try {
      kill();
      for (int look = 0; look < LOOKS && value("cgroup.events", "populated").orElse(0) > 0; look++) {
        LockSupport.parkNanos(WAIT_NANOS);
      }
      remove();
    } catch (IOException e) {
      log.error("cgroup {} could not be removed", path, e);
    }
  }

  private void remove() throws IOException {
    List<Path> cgroups;
    try (Stream<Path> below = Files.walk(path)) {
      cgroups = below.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path cgroup : cgroups) {
      Files.delete(cgroup);
    }
  }

  private void write(String file, long value) throws IOException {
    Files.writeString(path.resolve(file), Long.toString(value));
  }

  private OptionalLong value(String file, String key) throws IOException {
    return read(file).orElse("").lines().filter(line -> line.startsWith(key + " ")).mapToLong(
        line -> Long.parseLong(line.substring(key.length() + 1).strip())).findFirst();
  }

  private Optional<String> read(String file) throws IOException {
    try {
      return Optional.of(Files.readString(path.resolve(file)));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }
}
