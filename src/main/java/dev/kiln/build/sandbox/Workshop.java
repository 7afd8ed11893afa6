package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.bytes.ByteString;

/**
 * The place where builds run: a directory of Kiln's own and what all builds in it share.
 *
 * @param path holds the directories of the builds, and nothing that outlives Kiln
 * @param cgroups where each build gets one, if there is such a place
 * @param memory in bytes, what one build may use
 */
record Workshop(Path path, Architecture architecture, Sandbox sandbox, SandboxRoot root, SandboxRoot networkRoot,
    BuildProperties properties, Optional<Cgroups> cgroups, long memory) {

  private static final int PROBE_EXIT = 42;

  /**
   * Ends and deletes what an earlier Kiln left in {@code path}, and sets up anew.
   *
   * @param busybox that is static
   */
  static Workshop open(Path path, Architecture architecture, Path bubblewrap, Path busybox,
      BuildProperties properties, boolean kvm) throws IOException {
    Files.createDirectories(path);
    Optional<Cgroups> cgroups = Cgroups.find(properties.resources().cgroup());
    clear(path, cgroups);
    Path filter = path.resolve("seccomp");
    Files.write(filter, SeccompFilter.bytes(architecture));
    Sandbox sandbox = new Sandbox(architecture, bubblewrap, filter, properties.limits().output().toBytes(),
        properties.resources());
    return new Workshop(path, architecture, sandbox, SandboxRoot.create(path.resolve("root"), busybox, kvm, false),
        SandboxRoot.create(path.resolve("network-root"), busybox, kvm, true), properties, cgroups,
        memory(properties));
  }

  private static void clear(Path path, Optional<Cgroups> cgroups) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(path)) {
      for (Path each : left) {
        if (cgroups.isPresent()) {
          cgroups.get().remove(BuildDirectory.nameOf(each));
        }
        Leftovers.end(each);
        BuildDirectory.remove(each);
      }
    }
  }

  BuildDirectory directory(String name) throws IOException {
    return BuildDirectory.create(path, name);
  }

  MountTable mounts(BuildDirectory directory, boolean network) {
    return new MountTable(directory, network ? networkRoot : root);
  }

  Watch watch(BuildDirectory directory, BuildLog log) throws IOException {
    BuildProperties.Resources resources = properties.resources();
    Optional<BuildCgroup> cgroup = cgroups.isPresent()
        ? Optional.of(cgroups.get().create(BuildDirectory.nameOf(directory.path()), resources, memory))
        : Optional.empty();
    return new Watch(properties.limits(), directory, log, new ResourceWatch(resources, memory, cgroup));
  }

  private static long memory(BuildProperties properties) {
    DataSize configured = properties.resources().memory();
    return configured != null ? configured.toBytes() : machineMemory() / 5 * 4;
  }

  /** A container's, if it has a limit. */
  private static long machineMemory() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** @throws BuildException.MachineFailed if nothing can be run in a sandbox here */
  void probe() throws IOException, InterruptedException {
    try (BuildDirectory directory = directory("probe");
        BuildLog log = new BuildLog(OutputStream.nullOutputStream(), properties.limits().log().toBytes());
        Watch watch = watch(directory, log)) {
      ExecImage image = new ExecImage(architecture, false, ByteString.utf8("/bin/sh"),
          List.of(ByteString.utf8("sh"), ByteString.utf8("-c"), ByteString.utf8("exit " + PROBE_EXIT)),
          new TreeMap<>());
      int exit = sandbox.run(directory, mounts(directory, false), image, false, log, watch);
      if (exit != PROBE_EXIT) {
        throw new BuildException.MachineFailed("a shell in a sandbox ended with exit code " + exit, null);
      }
    }
  }
}
