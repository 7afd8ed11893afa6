package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Checkouts.Checkout;
import dev.kiln.castore.Node;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.storepath.StorePath;

/**
 * What one build mounts, in order. One {@code mount -a} in a mount namespace of the build's own does it for any number of
 * inputs, where bubblewrap would read the kernel's mount table again for every single one. Busybox cuts a line off after about
 * 500 bytes, and without the options would set up a loop device: paths below the build's directory, which is the current one
 * when they are mounted, and beside it are relative to it, so that long names of inputs fit wherever Kiln keeps its data.
 */
final class MountTable {

  private static final Charset PATH_CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding"));

  private final BuildDirectory directory;
  private final List<String> lines = new ArrayList<>();
  private final Map<Path, Path> readOnly = new LinkedHashMap<>();

  MountTable(BuildDirectory directory, SandboxRoot root) {
    this.directory = directory;
    Path top = directory.root();
    bind(root.path(), top);
    bind(directory.store(), top.resolve("nix/store"));
    bind(directory.build(), top.resolve("build"));
    bind(directory.temporary(), top.resolve("tmp"));
    // Nix mounts these two with the same options; every mount of devpts is a set of terminals of its own
    line("devpts", top.resolve("dev/pts"), "devpts", "mode=0620,ptmxmode=0666");
    line("shm", top.resolve("dev/shm"), "tmpfs", "size=50%");
    root.mounts().forEach(mount -> bind(mount.source(), top.resolve(mount.place())));
  }

  /** Shows an input, read-only. {@code /nix/store} may not hold the path yet. */
  void input(StorePath path, Node root, Checkout checkout) throws IOException {
    Path place = directory.store().resolve(path.baseName());
    switch (root) {
      case Node.DirectoryNode _ -> Files.createDirectory(place);
      case Node.FileNode _ -> Files.createFile(place);
      case Node.SymlinkNode _ -> throw new IllegalArgumentException("a link cannot be mounted: " + path);
    }
    Path source = checkout.path().toAbsolutePath();
    // A bind mount is as read-only as the mount that it is taken from, so that one such mount serves all beside each other
    Path parent = readOnly.computeIfAbsent(BuildDirectory.parentOf(source),
        _ -> directory.inputs().resolve(Integer.toString(readOnly.size())));
    bind(parent.resolve(BuildDirectory.nameOf(source)), directory.root().resolve("nix/store").resolve(path.baseName()));
  }

  /** Shows an input that is a link: nothing can be mounted there, and nothing needs to be kept from changes. */
  void link(StorePath path, Node.SymlinkNode link) throws IOException {
    try (DirectoryFd store = DirectoryFd.open(directory.store())) {
      store.makeSymlink(ByteString.utf8(path.baseName()), link.target());
    }
  }

  /** Writes the table, and makes the mount points that are outside of the root. */
  void write() throws IOException {
    for (Path place : readOnly.values()) {
      Files.createDirectory(place);
    }
    Files.write(directory.mountTable(), String.join("", lines).getBytes(PATH_CHARSET));
  }

  /** @return by directory that holds inputs, where it is to be mounted read-only before the table */
  Map<Path, Path> readOnly() {
    return Map.copyOf(readOnly);
  }

  private void bind(Path source, Path place) {
    line(escaped(here(source)), place, "none", "bind");
  }

  private void line(String source, Path place, String type, String options) {
    lines.add(source + " " + escaped(here(place)) + " " + type + " " + options + " 0 0\n");
  }

  private Path here(Path path) {
    return path.startsWith(BuildDirectory.parentOf(directory.path())) ? directory.path().relativize(path) : path;
  }

  /** See fstab(5). */
  private static String escaped(Path path) {
    return path.toString().replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012");
  }
}
