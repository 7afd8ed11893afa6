package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.bytes.ByteString;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.FileFd;
import dev.kiln.posix.TreeRemoval;

/**
 * The files of one build, deleted when it is closed.
 *
 * @param path the directory of them all; only Kiln's user may enter it
 */
record BuildDirectory(Path path) implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(BuildDirectory.class);
  private static final int PUBLIC = 0755;
  private static final int PRIVATE = 0700;
  private static final int EXECUTABLE = 0555;
  private static final Charset PATH_CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding"));

  static BuildDirectory create(Path parent, String name) throws IOException {
    Path path = Files.createTempDirectory(parent, name + "-",
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    BuildDirectory directory = new BuildDirectory(path);
    try (DirectoryFd here = DirectoryFd.open(path)) {
      for (Path each : List.of(directory.root(), directory.store(), directory.temporary())) {
        here.makeDirectory(raw(nameOf(each)), PUBLIC);
      }
      here.makeDirectory(raw(nameOf(directory.build())), PRIVATE);
    }
    return directory;
  }

  /** Makes a directory in this one. */
  void make(Path place) throws IOException {
    try (DirectoryFd here = DirectoryFd.open(path)) {
      here.makeDirectory(raw(nameOf(place)), PRIVATE);
    }
  }

  /**
   * Writes a program that Kiln's user may run. No process that is started meanwhile gets the descriptor, with which it could not be
   * run.
   */
  void writeProgram(Path place, byte[] program) throws IOException {
    try (DirectoryFd here = DirectoryFd.open(path); FileFd file = here.createFile(raw(nameOf(place)), EXECUTABLE)) {
      file.write(ByteBuffer.wrap(program));
    }
  }

  /** Where the sandbox's root is mounted. */
  Path root() {
    return path.resolve("root");
  }

  /** The builder's {@code /nix/store}: mount points of inputs, and the outputs. */
  Path store() {
    return path.resolve("store");
  }

  /** The builder's {@code /build}. */
  Path build() {
    return path.resolve("build");
  }

  /** The builder's {@code /tmp}. */
  Path temporary() {
    return path.resolve("tmp");
  }

  /** Where a directory that holds inputs is mounted read-only before the inputs are taken from there. */
  Path inputs(int number) {
    return path.resolve("inputs-" + number);
  }

  /** The {@link SetupImage}. */
  Path setup() {
    return path.resolve("setup");
  }

  /** The {@link ExecImage}. */
  Path image() {
    return path.resolve("image");
  }

  /** What bubblewrap tells of its child. */
  Path status() {
    return path.resolve("status");
  }

  @Override
  public void close() {
    try {
      remove(path);
    } catch (IOException e) {
      // The build has its result all the same; what is left goes when Kiln starts again
      log.error("{} could not be deleted", path, e);
    }
  }

  /** Deletes a tree, whatever a builder made of it. */
  static void remove(Path tree) throws IOException {
    try (DirectoryFd parent = DirectoryFd.open(parentOf(tree))) {
      TreeRemoval.remove(parent, raw(nameOf(tree)));
    }
  }

  /** @return what the kernel is told of a path */
  static ByteString raw(String path) {
    return ByteString.owning(path.getBytes(PATH_CHARSET));
  }

  /** @return the directory that {@code path}, which is absolute and not the root, lies in */
  static Path parentOf(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("'" + path + "' has no parent");
    }
    return parent;
  }

  /** @return the last name of {@code path}, which is not the root */
  static String nameOf(Path path) {
    Path name = path.getFileName();
    if (name == null) {
      throw new IllegalArgumentException("'" + path + "' has no name");
    }
    return name.toString();
  }
}
