package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What of {@code /proc} is the machine's, and not a process's. Where Kiln is root, these files belong to the user
 * that a builder is on the machine: without any capability it could set {@code kernel.core_pattern}, a command that the kernel
 * runs as root. Where Kiln is an ordinary user, they are another's. Bubblewrap covers few of them, and only where it could write to the directory.
 */
final class KernelFiles {

  private static final Predicate<String> PROCESS = Pattern.compile("[0-9]+").asMatchPredicate();

  private KernelFiles() {}

  /** @return arguments of bubblewrap, behind {@code --proc}: all that root may write is read-only, all that it alone may read is gone */
  static List<String> covers() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0 ? covers(Path.of("/proc")) : List.of();
  }

  /** @param proc holds directories of processes, which stay as they are, and others */
  static List<String> covers(Path proc) throws IOException {
    List<String> arguments = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(proc)) {
      for (Path each : all) {
        String place = "/proc/" + BuildDirectory.nameOf(each);
        if (Files.isSymbolicLink(each) || PROCESS.test(BuildDirectory.nameOf(each))) {
          continue;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(each, LinkOption.NOFOLLOW_LINKS);
        if (!permissions.contains(PosixFilePermission.OTHERS_READ)) {
          arguments.addAll(List.of("--ro-bind", "/dev/null", place));
        } else if (Files.isDirectory(each) || permissions.contains(PosixFilePermission.OWNER_WRITE)) {
          arguments.addAll(List.of("--ro-bind", place, place));
        }
      }
    }
    return arguments;
  }
}
