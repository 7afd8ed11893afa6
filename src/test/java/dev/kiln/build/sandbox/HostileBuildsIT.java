package dev.kiln.build.sandbox;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.castore.Node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Builders that mean harm, or are broken as if they did. */
class HostileBuildsIT {

  @TempDir
  Path directory;
  private Bench bench;

  @BeforeEach
  void open() throws Exception {
    bench = new Bench(directory, new BuildProperties.Limits(Duration.ofSeconds(3), Duration.ZERO,
        DataSize.ofKilobytes(64), DataSize.ofMegabytes(20), DataSize.ofMegabytes(10)));
  }

  @AfterEach
  void leavesNothing() throws Exception {
    assertThat(bench.left()).isEmpty();
    bench.close();
  }

  @Test
  void aSleeperIsKilledAtItsTimeout() {
    assertThatThrownBy(() -> bench.run("sleep 60")).isInstanceOf(BuildException.TimedOut.class);
  }

  @Test
  void whoIgnoresSignalsIsKilledAllTheSame() {
    assertThatThrownBy(() -> bench.run("trap '' TERM INT HUP; (trap '' TERM HUP; while :; do sleep 1; done) & wait"))
        .isInstanceOf(BuildException.TimedOut.class);
  }

  @Test
  void aFloodOfLogIsCutAndItsBuilderKilled() {
    assertThatThrownBy(() -> bench.run("yes")).isInstanceOf(BuildException.LimitExceeded.class);
    assertThat(bench.log.size()).isEqualTo(64 * 1024);
  }

  @Test
  void whoFillsTheDiskIsStopped() {
    assertThatThrownBy(() -> bench.run(
        "mkdir -p $out; i=0; while :; do i=$((i+1)); head -c 15000000 /dev/zero > $out/$i; sleep 0.1; done"))
        .isInstanceOf(BuildException.LimitExceeded.class);
  }

  @Test
  void whoIsSilentTooLongIsStopped() throws Exception {
    try (Bench quiet = new Bench(directory.resolve("quiet"), limits(Duration.ofSeconds(1), DataSize.ofMegabytes(10)))) {
      assertThatThrownBy(() -> quiet.run("echo begins; sleep 100")).isInstanceOf(BuildException.TimedOut.class)
          .hasMessageContaining("kiln.build.limits.silence");
      assertThat(quiet.log()).isEqualTo("begins\n");
      quiet.run("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.25; done; echo x > $out");
    }
  }

  @Test
  void noBuildTakesTheLastOfTheDisk() throws Exception {
    try (Bench full = new Bench(directory.resolve("full"), limits(Duration.ZERO, DataSize.ofTerabytes(1_000)))) {
      assertThatThrownBy(() -> full.run("echo x > $out")).isInstanceOf(BuildException.LimitExceeded.class)
          .hasMessageContaining("kiln.build.limits.reserve");
    }
  }

  private static BuildProperties.Limits limits(Duration silence, DataSize reserve) {
    return new BuildProperties.Limits(Duration.ofMinutes(2), silence, DataSize.ofKilobytes(64),
        DataSize.ofMegabytes(20), reserve);
  }

  @Test
  void holesInFilesDoNotCountAsWritten() throws Exception {
    bench.run("for i in 1 2 3 4; do truncate -s 15M hole$i; done; echo x > $out");
  }

  @Test
  void argumentsThatTheKernelDoesNotTakeFailTheBuilder() {
    assertThatThrownBy(() -> bench.run("#" + "x".repeat(200 * 1024)))
        .isInstanceOfSatisfying(BuildException.BuilderFailed.class, e -> assertThat(e.exitCode()).isEqualTo(1));
    assertThat(bench.log()).startsWith("executing '/nix/store/").endsWith("/busybox': Argument list too long\n");
  }

  @Test
  void filesCannotBeGivenTheSetIdBits() throws Exception {
    bench.run("touch f; for m in 4755 2755 6755 u+s g+s; do chmod $m f && exit 9; done; chmod 755 f; echo x > $out");
    assertThat(bench.log()).contains("chmod: f: Operation not permitted");
  }

  @Test
  void aDaemonDoesNotOutliveItsBuild() throws Exception {
    long begin = System.nanoTime();
    bench.run("echo x > $out; setsid sleep 60 >/dev/null 2>&1 & setsid sleep 60 & exit 0");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void anInterruptEndsTheBuildWithinASecond() throws Exception {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread = Thread.ofVirtual().start(() -> {
      try {
        bench.run("sleep 60");
      } catch (Throwable e) {
        thrown.set(e);
      }
    });
    Thread.sleep(700);
    long begin = System.nanoTime();
    thread.interrupt();
    thread.join();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void aLinkOutOfTheStoreIsKeptAsALink() throws Exception {
    var result = bench.run("ln -s /etc/passwd $out");
    assertThat(result.outputs().values()).allMatch(output -> output.root() instanceof Node.SymlinkNode);
  }

  @Test
  void inputsAndTheRestOfTheRootCannotBeWrittenTo() throws Exception {
    bench.run("for f in /nix/store/*-bb/new /etc/passwd /bin/sh /new; do (echo x >> $f) && exit 9; done; chmod 777"
        + " /nix/store/*-bb /nix/store/*-bb/busybox && exit 9; rm -rf /nix/store/*-bb && exit 9; echo x > $out");
    assertThat(bench.log()).contains("Read-only file system");
  }

  @Test
  void treesWithoutPermissionsAreDeleted() throws Exception {
    bench.run("mkdir -p a/b/c; touch a/b/c/f; chmod 000 a/b/c a/b a; chmod 000 .; echo x > $out");
  }

  @Test
  void neitherTheNetworkNorTheHostIsThere() throws Exception {
    bench.run("ip addr | grep -c inet; ls /root /home /usr /var /proc/1/root/home; cat /proc/net/route | wc -l;"
        + " echo x > $out");
    assertThat(bench.log()).startsWith("2\n").contains("ls: /root: No such file").endsWith("1\n");
  }
}
