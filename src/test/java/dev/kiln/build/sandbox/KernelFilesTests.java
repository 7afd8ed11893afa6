package dev.kiln.build.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What builders of a Kiln that is root are kept from. */
class KernelFilesTests {

  @TempDir
  Path proc;

  @Test
  void areReadOnlyOrHiddenWhateverTheKernelHas() throws Exception {
    Files.createDirectory(proc.resolve("1"));
    Files.createDirectory(proc.resolve("sys"));
    Files.createSymbolicLink(proc.resolve("self"), Path.of("1"));
    file("uptime", "r--r--r--");
    file("mtrr", "rw-r--r--");
    file("kcore", "r--------");
    file("sysrq-trigger", "-w-------");
    List<String> arguments = KernelFiles.covers(proc);
    Set<List<String>> covers = new HashSet<>();
    for (int i = 0; i < arguments.size(); i += 3) {
      covers.add(arguments.subList(i, i + 3));
    }
    assertThat(covers).containsExactlyInAnyOrder(List.of("--ro-bind", "/proc/sys", "/proc/sys"),
        List.of("--ro-bind", "/proc/mtrr", "/proc/mtrr"), List.of("--ro-bind", "/dev/null", "/proc/kcore"),
        List.of("--ro-bind", "/dev/null", "/proc/sysrq-trigger"));
  }

  private void file(String name, String permissions) throws Exception {
    Files.createFile(proc.resolve(name));
    Files.setPosixFilePermissions(proc.resolve(name), PosixFilePermissions.fromString(permissions));
  }
}
