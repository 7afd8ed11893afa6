package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Where builds get their cgroups. */
class CgroupsTests {

  private static final String UNIFIED = """
      24 23 0:22 / /proc rw - proc proc rw
      30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
      """;
  private static final String HYBRID = """
      35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """;
  private static final String PART = "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";

  @TempDir
  Path directory;

  @ParameterizedTest
  @CsvSource({"0::/,/sys/fs/cgroup", "0::/system.slice/kiln.service,/sys/fs/cgroup/system.slice/kiln.service",
      // Kiln has moved itself there before
      "0::/system.slice/kiln.service/kiln,/sys/fs/cgroup/system.slice/kiln.service"})
  void areBesideKilnInItsOwn(String membership, Path own) {
    assertThat(Cgroups.own(membership + "\n", UNIFIED)).contains(own);
  }

  @Test
  void areOfVersionTwoWhereBothAreMounted() {
    assertThat(Cgroups.own("8:pids:/x\n1:name=systemd:/y\n0::/z\n", HYBRID)).contains(
        Path.of("/sys/fs/cgroup/unified/z"));
  }

  @Test
  void areFoundWhereOnlyAPartOfTheTreeIsMounted() {
    assertThat(Cgroups.own("0::/docker/abc/x\n", PART)).contains(Path.of("/sys/fs/cgroup/x"));
    assertThat(Cgroups.own("0::/other\n", PART)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0::/../../x", "4:memory:/x", "''"})
  void areNoneWhereKilnsOwnIsNotToBeSeen(String membership) {
    assertThat(Cgroups.own(membership + "\n", UNIFIED)).isEmpty();
  }

  @Test
  void areNotMadeInWhatIsNone() {
    assertThatThrownBy(() -> Cgroups.find(directory)).isInstanceOf(IOException.class).hasMessageContaining(
        directory.toString()).hasMessageContaining("kiln.build.resources.cgroup");
  }

  @Test
  void getTheControllersThatThereAre() throws Exception {
    fake("cpu hugetlb pids\n", "");
    // A file cannot append what the kernel would: what counts is what Kiln asked for
    assertThat(Cgroups.find(directory)).isPresent();
    assertThat(directory.resolve("cgroup.subtree_control")).hasContent("+pids");
  }

  @Test
  void leaveAloneWhatOthersRunIn() throws Exception {
    fake("cpu memory pids\n", "");
    Files.writeString(directory.resolve("cgroup.type"), "domain\n");
    Files.writeString(directory.resolve("cgroup.procs"), ProcessHandle.current().pid() + "\n4194303999\n");
    Optional<Cgroups> cgroups = Cgroups.find(directory);
    assertThat(cgroups.orElseThrow().controllers()).isEmpty();
    assertThat(directory.resolve("cgroup.subtree_control")).isEmptyFile();
    assertThat(directory.resolve("kiln")).doesNotExist();
  }

  @Test
  void haveKilnMovedOutOfTheWayWhereItIsAlone() throws Exception {
    fake("memory\n", "");
    Files.writeString(directory.resolve("cgroup.type"), "domain\n");
    Files.writeString(directory.resolve("cgroup.procs"), ProcessHandle.current().pid() + "\n");
    assertThat(Cgroups.find(directory)).isPresent();
    assertThat(directory.resolve("kiln/cgroup.procs")).hasContent(Long.toString(ProcessHandle.current().pid()));
    assertThat(directory.resolve("cgroup.subtree_control")).hasContent("+memory");
  }

  private void fake(String controllers, String enabled) throws IOException {
    Files.writeString(directory.resolve("cgroup.procs"), "");
    Files.writeString(directory.resolve("cgroup.controllers"), controllers);
    Files.writeString(directory.resolve("cgroup.subtree_control"), enabled);
  }
}
