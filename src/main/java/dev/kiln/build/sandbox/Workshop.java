package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.bytes.ByteString;

/**
 * The place where builds run: a directory of Kiln's own and what all builds in it share.
 *
 * @param path holds the directories of the builds, and nothing that outlives Kiln
 */
record Workshop(Path path, Architecture architecture, Sandbox sandbox, SandboxRoot root, SandboxRoot networkRoot) {

  private static final int PROBE_EXIT = 42;

  /**
   * Ends and deletes what an earlier Kiln left in {@code path}, and sets up anew.
   *
   * @param busybox that is static
   */
  static Workshop open(Path path, Architecture architecture, Path bubblewrap, Path busybox,
      BuildProperties.Limits limits, boolean kvm) throws IOException {
    Files.createDirectories(path);
    clear(path);
    Path filter = path.resolve("seccomp");
    Files.write(filter, SeccompFilter.bytes(architecture));
    Sandbox sandbox = new Sandbox(bubblewrap, busybox, filter, limits.output().toBytes());
    return new Workshop(path, architecture, sandbox, SandboxRoot.create(path.resolve("root"), busybox, kvm, false),
        SandboxRoot.create(path.resolve("network-root"), busybox, kvm, true));
  }

  private static void clear(Path path) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(path)) {
      for (Path each : left) {
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

  /** @throws BuildException.MachineFailed if nothing can be run in a sandbox here */
  void probe(BuildProperties.Limits limits) throws IOException, InterruptedException {
    try (BuildDirectory directory = directory("probe");
        BuildLog log = new BuildLog(OutputStream.nullOutputStream(), limits.log().toBytes())) {
      ExecImage image = new ExecImage(architecture, false, ByteString.utf8("/bin/sh"),
          List.of(ByteString.utf8("sh"), ByteString.utf8("-c"), ByteString.utf8("exit " + PROBE_EXIT)),
          new TreeMap<>());
      int exit = sandbox.run(directory, mounts(directory, false), image, false, log,
          new Watch(limits, directory, log));
      if (exit != PROBE_EXIT) {
        throw new BuildException.MachineFailed("a shell in a sandbox ended with exit code " + exit, null);
      }
    }
  }
}
