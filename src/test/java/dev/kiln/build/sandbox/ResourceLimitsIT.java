package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.BuildResult;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Builders that take more than their part of the machine; in whatever cgroups this machine lets Kiln make, or without. */
class ResourceLimitsIT {

  @TempDir
  static Path directory;

  /** A string of 2^26 letters, then of 2^27 … in one shell. */
  private static final String MEMORY_BOMB = "x=0123456789abcdef; while :; do x=$x$x; done";

  @Test
  void whoTakesTooMuchMemoryIsEndedAndToldSo() throws Exception {
    try (Bench bench = Bench.open(directory.resolve("memory"))) {
      for (String script : List.of(MEMORY_BOMB, "for i in 1 2 3; do { " + MEMORY_BOMB + "; } & done; wait")) {
        assertThatThrownBy(() -> bench.run(script)).isInstanceOf(BuildException.LimitExceeded.class)
            .hasMessageContaining("268435456 bytes of memory").hasMessageContaining("kiln.build.resources.memory");
      }
      bench.run("x=0123456789abcdef; while [ ${#x} -lt 16000000 ]; do x=$x$x; done; echo x > $out");
      assertThat(bench.left()).isEmpty();
    }
  }

  @Test
  void whoStartsTooManyProcessesIsEndedAndToldSo() throws Exception {
    try (Bench bench = Bench.open(directory.resolve("processes"))) {
      assertThatThrownBy(() -> bench.run("exec 2>/dev/null; b() { b | b & }; b; while :; do sleep 1; done"))
          .isInstanceOf(
              BuildException.LimitExceeded.class)
          .hasMessageContaining("200 processes")
          .hasMessageContaining("kiln.build.resources.processes");
      assertThatThrownBy(() -> bench.run("exec 2>/dev/null; while :; do sleep 86421 & done")).isInstanceOf(
          BuildException.LimitExceeded.class);
      bench.run("i=0; while [ $i -lt 50 ]; do i=$((i+1)); sleep 0.5 & done; wait; echo x > $out");
      assertThat(bench.left()).isEmpty();
    }
  }

  @Test
  void filesAndCoresAreLimitedForEachProcess() throws Exception {
    try (Bench bench = Bench.open(directory.resolve("files"))) {
      bench.run("ulimit -n; ulimit -Hn; ulimit -c; ulimit -n 1000 2>/dev/null && echo more; echo x > $out");
      assertThat(bench.log()).isEqualTo("256\n256\n0\n");
    }
  }

  @Test
  void aBuildsResultTellsWhatItUsed() throws Exception {
    try (Bench bench = Bench.open(directory.resolve("use"))) {
      BuildResult result = bench.run("x=0123456789abcdef; while [ ${#x} -lt 16000000 ]; do x=$x$x; done; i=0;"
          + " while [ $i -lt 1000000 ]; do i=$((i+1)); done; sleep 1; echo x > $out");
      assertThat(result.measures().use().processorTime().orElseThrow()).isBetween(Duration.ofMillis(20),
          Duration.ofMinutes(2));
      assertThat(result.measures().use().peakMemory().orElseThrow()).isBetween(16_000_000L, 268_435_456L);
    }
  }

  /** What the kernel would do with the files is done here by hand: this machine may have no controllers to give. */
  @Test
  void inACgroupWithControllersTheKernelsWordIsTaken() throws Exception {
    Path parent = Files.createDirectory(directory.resolve("cgroup"));
    Files.writeString(parent.resolve("cgroup.procs"), "");
    Files.writeString(parent.resolve("cgroup.controllers"), "cpuset cpu io memory pids\n");
    Files.writeString(parent.resolve("cgroup.subtree_control"), "cpu memory pids\n");
    try (Bench bench = new Bench(directory.resolve("controlled"), Bench.limits(),
        new BuildProperties.Resources(DataSize.ofMegabytes(64), 300, 256, 7, parent))) {
      Thread kernel = Thread.ofVirtual().start(() -> oncePerBuild(parent, "memory.events", "low 0\noom_kill 1\n"));
      assertThatThrownBy(() -> bench.run("sleep 2; echo x > $out")).isInstanceOf(BuildException.LimitExceeded.class)
          .hasMessageContaining("67108864 bytes").hasMessageContaining("kiln.build.resources.memory");
      kernel.join();
      Path cgroup = builds(parent).getLast();
      assertThat(cgroup.resolve("memory.max")).hasContent("67108864");
      assertThat(cgroup.resolve("memory.oom.group")).hasContent("1");
      assertThat(cgroup.resolve("pids.max")).hasContent("300");
      assertThat(cgroup.resolve("cpu.weight")).hasContent("7");
      assertThat(cgroup.resolve("build/cgroup.procs")).content().matches("[0-9]+\n");
      BuildDirectory.remove(cgroup);

      kernel = Thread.ofVirtual().start(() -> oncePerBuild(parent, "pids.events", "max 12\n"));
      assertThatThrownBy(() -> bench.run("sleep 2; exit 3")).isInstanceOf(BuildException.LimitExceeded.class)
          .hasMessageContaining("300 processes").hasMessageContaining("kiln.build.resources.processes");
      kernel.join();
      BuildDirectory.remove(builds(parent).getLast());

      kernel = Thread.ofVirtual().start(() -> {
        oncePerBuild(parent, "pids.events", "max 12\n");
        oncePerBuild(parent, "memory.peak", "4096\n");
        oncePerBuild(parent, "cpu.stat", "usage_usec 2500000\nuser_usec 1\n");
      });
      BuildResult result = bench.run("sleep 2; echo x > $out");
      kernel.join();
      assertThat(result.measures().use().processorTime()).contains(Duration.ofMillis(2_500));
      assertThat(result.measures().use().peakMemory()).hasValue(4_096);
    }
  }

  private static List<Path> builds(Path parent) throws IOException {
    try (Stream<Path> all = Files.list(parent)) {
      return all.filter(Files::isDirectory).filter(path -> !path.endsWith("kiln")).filter(
          path -> !path.toString().contains("kiln-probe")).toList();
    }
  }

  private static void oncePerBuild(Path parent, String file, String text) {
    try {
      while (builds(parent).isEmpty()) {
        Thread.sleep(10);
      }
      Files.writeString(builds(parent).getLast().resolve(file), text);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
