package dev.kiln.build.sandbox;

import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.castore.Node;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** Builders that mean harm, or are broken as if they did. */
class HostileBuildsIT {

  @TempDir
  static Path directory;
  private static Bench bench;

  @BeforeAll
  static void open() throws Exception {
    bench = new Bench(directory.resolve("bench"), limits(Duration.ZERO, DataSize.ofMegabytes(10)));
  }

  @AfterEach
  void leavesNothing() throws Exception {
    assertThat(bench.left()).isEmpty();
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  @Test
  void sleepersAreKilledAtTheirTimeoutWhateverSignalsTheyIgnore() throws Exception {
    try (Bench brief = new Bench(directory.resolve("brief"), new BuildProperties.Limits(Duration.ofSeconds(1),
        Duration.ZERO, DataSize.ofKilobytes(64), DataSize.ofMegabytes(20), DataSize.ofMegabytes(10)))) {
      assertThatThrownBy(() -> brief.run("sleep 600")).isInstanceOf(BuildException.TimedOut.class);
      assertThatThrownBy(() -> brief.run(
          "trap '' TERM INT HUP; (trap '' TERM HUP; while :; do sleep 1; done) & wait"))
          .isInstanceOf(BuildException.TimedOut.class);
      assertThat(brief.left()).isEmpty();
    }
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
      assertThatThrownBy(() -> full.run("echo x > $out")).isInstanceOf(BuildException.MachineFailed.class)
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
  void aDaemonDoesNotOutliveItsBuild() throws Exception {
    bench.run("echo x > $out; setsid sleep 86401 >/dev/null 2>&1 & (setsid sh -c \"trap '' TERM HUP; sleep 86402\" &) &"
        + " setsid sleep 86403 & exit 0");
    assertThat(running("sleep")).noneMatch(arguments -> arguments.contains("8640"));
  }

  private static List<String> running(String applet) {
    return ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()).filter(
        line -> line.contains(applet)).toList();
  }

  @Test
  void anInterruptEndsTheBuild() throws Exception {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread = Thread.ofVirtual().start(() -> {
      try {
        bench.run("echo up; sleep 86404");
      } catch (Throwable e) {
        thrown.set(e);
      }
    });
    await().atMost(Duration.ofMinutes(1)).until(() -> bench.log().startsWith("up"));
    thread.interrupt();
    thread.join();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(running("sleep")).noneMatch(arguments -> arguments.contains("86404"));
  }

  @Test
  void treesWithoutPermissionsAreDeleted() throws Exception {
    bench.run("mkdir -p a/b/c; touch a/b/c/f; chmod 000 a/b/c a/b a; chmod 000 .; echo x > $out");
  }

  @Test
  void outputsThatAreMostlyHolesCountAsWhatTheyWouldBe() {
    assertThatThrownBy(() -> bench.run("mkdir $out; for i in 1 2 3; do truncate -s 15M $out/$i; done"))
        .isInstanceOf(BuildException.LimitExceeded.class).hasMessageContaining("kiln.build.limits.output");
  }

  @Test
  void noFileIsLargerThanAllTogether() {
    assertThatThrownBy(() -> bench.run("truncate -s 1T f || exit 7")).isInstanceOfSatisfying(
        BuildException.BuilderFailed.class, e -> assertThat(e.exitCode()).isIn(7, 128 + 25));
  }

  @Test
  void emptyFilesTakeRoomToo() {
    assertThatThrownBy(() -> bench.run(
        "i=0; while :; do i=$((i+1)); mkdir $i; j=0; while [ $j -lt 1000 ]; do j=$((j+1)); : > $i/$j; done; done"))
        .isInstanceOf(BuildException.LimitExceeded.class).hasMessageContaining("kiln.build.limits.output");
  }

  @Test
  void manyFilesAndDeepTreesAreTakenAndDeleted() throws Exception {
    var result = bench.run("set -e; mkdir $out; cd $out; i=0; while [ $i -lt 5000 ]; do i=$((i+1)); : > $i; done;"
        + " i=0; while [ $i -lt 700 ]; do i=$((i+1)); mkdir d; cd d; done; mkdir /build/e; cd /build/e;"
        + " i=0; while [ $i -lt 700 ]; do i=$((i+1)); mkdir d; cd d; done");
    assertThat(result.outputs().values()).allMatch(
        output -> output.root() instanceof Node.DirectoryNode(var _, var size) && size == 5_700);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfifo $out", "mkdir $out; mkfifo $out/pipe", "ln -s loop $out; rm $out; mkfifo $out"})
  void pipesAreRefusedAndNobodyWaitsForThem(String script) {
    assertThatThrownBy(() -> bench.run(script)).isInstanceOf(BuildException.OutputRejected.class);
  }

  /** What is taken in is what one pass over it saw, and nothing is left that could change it. */
  @Test
  void nobodyChangesAnOutputWhileItIsTakenIn() throws Exception {
    String forever = "(setsid sh -c 'while :; do ln -sfn /etc/passwd $out/a; ln -sfn /nix/store/*-bb $out/a; echo $$ > $out/n;"
        + " mv $out/d $out/e; mv $out/e $out/d; done; : 86405' 2>/dev/null &);";
    for (int i = 0; i < 5; i++) {
      var result = bench.run("mkdir -p $out/d; echo 1 > $out/d/f; " + forever + " sleep 0.2; exit 0");
      assertThat(running("86405")).isEmpty();
      PathInfo taken = result.outputs().firstEntry().getValue();
      HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
      bench.castore.walk(taken.root(), new NarSink(nar));
      assertThat(nar.hash()).isEqualTo(taken.narHash());
    }
  }
}
