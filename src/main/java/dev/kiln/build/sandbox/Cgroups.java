package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.BuildProperties;

/**
 * The cgroup (version 2) in which every build gets one of its own. See cgroups(7) and the kernel's cgroup-v2.rst.
 *
 * <p>A cgroup whose children have controllers may hold no process itself. Where Kiln and its own processes are alone in the one
 * that they were started in, Kiln moves them into a child; where others are in it too, they are left in peace, and builds
 * get a cgroup without controllers: it counts processor time and ends all processes at a blow, but limits nothing.
 */
final class Cgroups {

  private static final Logger log = LoggerFactory.getLogger(Cgroups.class);

  static final String MEMORY = "memory";
  static final String PIDS = "pids";
  static final String CPU = "cpu";

  private static final Set<String> WANTED = Set.of(MEMORY, PIDS, CPU);
  private static final String OWN = "kiln";
  private static final String PREFIX = "kiln-";

  private final Path parent;
  private final Set<String> controllers;

  private Cgroups(Path parent, Set<String> controllers) {
    this.parent = parent;
    this.controllers = Set.copyOf(controllers);
  }

  /**
   * @param configured where to make cgroups; otherwise in Kiln's own
   * @return nothing where that is Kiln's own and it may not make any
   * @throws IOException if that is {@code configured} and it may not
   */
  static Optional<Cgroups> find(@Nullable Path configured) throws IOException {
    if (configured != null) {
      return Optional.of(open(configured));
    }
    try {
      Optional<Path> own = own(Files.readString(Path.of("/proc/self/cgroup")),
          Files.readString(Path.of("/proc/self/mountinfo")));
      return own.isEmpty() ? Optional.empty() : Optional.of(open(own.get()));
    } catch (IOException e) {
      log.debug("no cgroups can be made", e);
      return Optional.empty();
    }
  }

  /**
   * @param memberships as in {@code /proc/self/cgroup}
   * @param mounts as in {@code /proc/self/mountinfo}
   * @return the cgroup of version 2 that Kiln was started in, if it is to be seen
   */
  static Optional<Path> own(String memberships, String mounts) {
    Optional<Path> own = memberships.lines().filter(
        line -> line.startsWith("0::/") && !line.contains("/..")).map(
            line -> Path.of(line.substring(3)))
        .findFirst();
    if (own.isEmpty()) {
      return own;
    }
    Path path = own.get().endsWith(OWN) ? BuildDirectory.parentOf(own.get()) : own.get();
    return mounts.lines().filter(line -> line.contains(" - cgroup2 ")).map(line -> line.split(" ", -1)).filter(
        fields -> path.startsWith(fields[3])).map(
            fields -> Path.of(fields[4]).resolve(Path.of(fields[3]).relativize(
                path)).normalize())
        .findFirst();
  }

  private static Cgroups open(Path parent) throws IOException {
    if (!Files.exists(parent.resolve("cgroup.procs"))) {
      throw new IOException("'" + parent + "' is no cgroup of version 2 (kiln.build.resources.cgroup)");
    }
    // Permissions do not tell: the file system may be read-only, or the cgroup have all the descendants that it may
    Path probe = Files.createTempDirectory(parent, PREFIX + "probe-");
    Files.delete(probe);
    return new Cgroups(parent, controllers(parent));
  }

  private static Set<String> controllers(Path parent) throws IOException {
    Set<String> enabled = words(parent.resolve("cgroup.subtree_control"));
    Set<String> missing = new TreeSet<>(words(parent.resolve("cgroup.controllers")));
    missing.retainAll(WANTED);
    missing.removeAll(enabled);
    if (!missing.isEmpty()) {
      try {
        vacate(parent);
        for (String controller : missing) {
          Files.writeString(parent.resolve("cgroup.subtree_control"), "+" + controller);
        }
        enabled = words(parent.resolve("cgroup.subtree_control"));
      } catch (IOException e) {
        log.info("Builds have cgroups without {}: {}", missing, e.getMessage());
      }
    }
    enabled.retainAll(WANTED);
    return enabled;
  }

  /** Moves Kiln's processes out of {@code parent}, if there are no others. The root of all cgroups may stay as it is. */
  private static void vacate(Path parent) throws IOException {
    List<String> processes = Files.readAllLines(parent.resolve("cgroup.procs"));
    if (processes.isEmpty() || !Files.exists(parent.resolve("cgroup.type"))) {
      return;
    }
    for (String process : processes) {
      if (!isOwn(Long.parseLong(process))) {
        throw new IOException("process " + process + ", which is not Kiln's, is in '" + parent + "', too");
      }
    }
    Path own = Files.createDirectories(parent.resolve(OWN));
    for (String process : processes) {
      Files.writeString(own.resolve("cgroup.procs"), process);
    }
  }

  /** What started Kiln as a container's first process belongs to it as much as what it started. */
  private static boolean isOwn(long pid) {
    ProcessHandle kiln = ProcessHandle.current();
    return pid == 1 && kiln.parent().map(ProcessHandle::pid).orElse(0L) == 1
        || ProcessHandle.of(pid).filter(process -> isBelow(kiln, process)).isPresent();
  }

  private static boolean isBelow(ProcessHandle kiln, ProcessHandle process) {
    Optional<ProcessHandle> each = Optional.of(process);
    while (each.isPresent() && !each.get().equals(kiln)) {
      each = each.get().parent();
    }
    return each.isPresent();
  }

  static Set<String> words(Path file) throws IOException {
    Set<String> words = new TreeSet<>(List.of(Files.readString(file).strip().split("\\s+")));
    words.remove("");
    return words;
  }

  /** @return of memory, pids and cpu: what limits builds here */
  Set<String> controllers() {
    return controllers;
  }

  /** @param name of the build's directory */
  BuildCgroup create(String name, BuildProperties.Resources resources, long memory) throws IOException {
    BuildCgroup cgroup = new BuildCgroup(Files.createDirectory(place(name)), controllers);
    try {
      cgroup.limit(resources, memory);
      return cgroup;
    } catch (IOException e) {
      cgroup.close();
      throw e;
    }
  }

  /** Ends and removes what a Kiln that was killed left of a build. */
  void remove(String name) throws IOException {
    if (Files.isDirectory(place(name))) {
      new BuildCgroup(place(name), controllers).close();
    }
  }

  private Path place(String name) {
    return parent.resolve(PREFIX + name);
  }
}
