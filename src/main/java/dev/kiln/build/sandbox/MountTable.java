package dev.kiln.build.sandbox;

import java.io.IOException;
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
 * What one build mounts, in order, in a mount namespace of its own, before bubblewrap is started: that would read the kernel's
 * mount table again for every single one. Paths below the build's directory, which is the current one when they are mounted, and
 * beside it are relative to it.
 */
final class MountTable {

  /**
   * One call of mount(2).
   *
   * @param type of a new file system, or empty
   */
  record Mount(String source, String place, String type, int flags, String options) {}

  // linux/mount.h
  private static final int MS_RDONLY = 0x1;
  private static final int MS_NOSUID = 0x2;
  private static final int MS_NODEV = 0x4;
  private static final int MS_REMOUNT = 0x20;
  private static final int MS_BIND = 0x1000;

  private final BuildDirectory directory;
  private final List<Mount> mounts = new ArrayList<>();
  private final Map<Path, Path> readOnly = new LinkedHashMap<>();

  MountTable(BuildDirectory directory, SandboxRoot root) {
    this.directory = directory;
    Path top = directory.root();
    bind(root.path(), top);
    bind(directory.build(), top.resolve("build"));
    bind(directory.temporary(), top.resolve("tmp"));
    // Nix mounts these two with the same options; every mount of devpts is a set of terminals of its own
    mounts.add(new Mount("devpts", here(top.resolve("dev/pts")), "devpts", 0, "mode=0620,ptmxmode=0666"));
    mounts.add(new Mount("shm", here(top.resolve("dev/shm")), "tmpfs", 0, "size=50%"));
    root.mounts().forEach(mount -> bind(mount.source(), top.resolve(mount.place())));
    // The inputs are mounted below it, and bubblewrap mounts it, with them, below the root
    bind(directory.store(), directory.store());
  }

  /** Shows an input, read-only. {@code /nix/store} may not hold the path yet. */
  void input(StorePath path, Node root, Checkout checkout) throws IOException {
    ByteString name = ByteString.utf8(path.baseName());
    try (DirectoryFd store = DirectoryFd.open(directory.store())) {
      switch (root) {
        case Node.DirectoryNode _ -> store.makeDirectory(name, 0700);
        case Node.FileNode _ -> store.createFile(name, 0600).close();
        case Node.SymlinkNode _ -> throw new IllegalArgumentException("a link cannot be mounted: " + path);
      }
    }
    Path source = checkout.path().toAbsolutePath();
    // A bind mount is as read-only as the mount that it is taken from, so that one such mount serves all beside each other
    Path parent = readOnly(BuildDirectory.parentOf(source));
    bind(parent.resolve(BuildDirectory.nameOf(source)), directory.store().resolve(path.baseName()));
  }

  private Path readOnly(Path parent) throws IOException {
    Path place = readOnly.get(parent);
    if (place == null) {
      place = directory.inputs(readOnly.size());
      readOnly.put(parent, place);
      directory.make(place);
      bind(parent, place);
      mounts.add(new Mount("none", here(place), "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, ""));
    }
    return place;
  }

  /** Shows an input that is a link: nothing can be mounted there, and nothing needs to be kept from changes. */
  void link(StorePath path, Node.SymlinkNode link) throws IOException {
    try (DirectoryFd store = DirectoryFd.open(directory.store())) {
      store.makeSymlink(ByteString.utf8(path.baseName()), link.target());
    }
  }

  List<Mount> mounts() {
    return List.copyOf(mounts);
  }

  private void bind(Path source, Path place) {
    mounts.add(new Mount(here(source), here(place), "", MS_BIND, ""));
  }

  private String here(Path path) {
    return (path.startsWith(BuildDirectory.parentOf(directory.path())) ? directory.path().relativize(path) : path)
        .toString();
  }
}
