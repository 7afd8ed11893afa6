package dev.kiln.build.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.castore.Node;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** What a builder sees, and what it can do to the rest of the world: nothing. */
class IsolationIT {

  @TempDir
  static Path directory;
  private static Bench bench;

  @BeforeAll
  static void open() throws Exception {
    bench = Bench.open(directory.resolve("bench"));
  }

  @AfterEach
  void leavesNothing() throws Exception {
    assertThat(bench.left()).isEmpty();
  }

  @AfterAll
  static void close() throws Exception {
    bench.close();
  }

  private static String printed(String script) throws Exception {
    bench.run(script + "\necho x > $out");
    return bench.log();
  }

  /** Each must fail: who gets through exits with 9. In a user namespace, too, where the builder is root and may mount. */
  static Stream<String> escapes() {
    return Stream.of(
        // inputs, and the root
        "echo x >> /nix/store/*-bb/busybox", "echo x > /nix/store/*-bb/new", "chmod 777 /nix/store/*-bb/busybox",
        "chmod 777 /nix/store/*-bb", "rm -rf /nix/store/*-bb", "mv /nix/store/*-bb /nix/store/other",
        "ln /nix/store/*-bb/busybox /build/busybox", "echo x > /new", "echo x >> /etc/passwd", "echo x >> /bin/sh",
        "touch -d 2001-01-01 /nix/store/*-bb/busybox",
        // the kernel's settings, which are the machine's
        "echo core > /proc/sys/kernel/core_pattern", "echo /sbin/modprobe > /proc/sys/kernel/modprobe",
        "echo h > /proc/sysrq-trigger",
        "echo 1 > /proc/sys/vm/drop_caches", "ls /sys/kernel", "head -c 8 /proc/kpagecount", "head -c 8 /proc/kcore",
        "echo 1 > /proc/irq/default_smp_affinity", "echo x > /proc/mtrr", "cat /proc/kmsg",
        "echo -500 > /proc/self/oom_score_adj",
        "echo +memory > /sys/fs/cgroup/cgroup.subtree_control",
        // devices
        "mknod /build/sda b 8 0", "mknod /build/mem c 1 1", "cat /dev/mem", "cat /dev/kmsg", "echo x > /dev/tty",
        "ls /dev/pts/0",
        // mounts, and other namespaces
        "mount -t tmpfs none /build", "mount -o remount,rw /", "umount /nix/store/*-bb", "chroot / true",
        "nsenter -t 1 -m true", "hostname other", "mount -t proc none /tmp", "mount -t sysfs none /tmp",
        // the set-ID bits and privileges
        "touch f; chmod 4755 f", "touch f; chmod 2755 f", "touch f; chmod u+s f", "touch f; chmod g+s f",
        "chown 0 /build", "chgrp 0 /build", "swapon /build", "renice -n -20 $$");
  }

  static Stream<String> escapesOfRoot() {
    return Stream.of("mount -o remount,rw /", "mount -o remount,bind,rw /", "umount /proc/sys", "umount /etc",
        "mount -o remount,bind,rw $bb", "mount -o remount,bind,suid $bb", "umount $bb",
        "mount -t tmpfs none $bb; umount $bb; echo x > $bb/new", "mount -t ext4 /dev/null /tmp",
        "mount -t proc none /tmp", "mount -t sysfs none /tmp", "mount -t devpts none /tmp && ls /tmp/0",
        "echo core > /proc/sys/kernel/core_pattern", "unshare -p -f mount -t proc none /tmp",
        "mount -t cgroup2 none /tmp",
        "mount -t cgroup -o memory none /tmp", "echo 9 > /proc/sys/user/max_cgroup_namespaces",
        "mknod /build/sda b 8 0", "mknod /dev/shm/mem c 1 1",
        "chroot /proc/1/root sh -c 'echo x > $bb/new'", "chown 65534 /build");
  }

  @ParameterizedTest
  @MethodSource("groups")
  void nothingIsWrittenMountedOrTakenThatIsNotTheBuildersOwn(boolean root) throws Exception {
    // One sandbox for them all: an attempt that gets through is named in the log, and must not stop the rest
    List<String> attempts = (root ? escapesOfRoot() : escapes()).toList();
    StringBuilder script = new StringBuilder("export bb=$(echo /nix/store/*-bb)\n");
    for (int i = 0; i < attempts.size(); i++) {
      String quoted = "'" + attempts.get(i).replace("'", "'\\''") + "'";
      script.append(root ? "unshare -U -r -m " : "").append("sh -c ").append(quoted).append(" >/dev/null 2>&1 && echo ")
          .append("through: ").append(i).append('\n');
    }
    String log = printed(script + "for f in /nix/store/*-bb/new /new; do [ -e $f ] && echo $f; done; echo end");
    Map<String, String> named = Stream.iterate(0, i -> i + 1).limit(attempts.size()).collect(
        Collectors.toMap(i -> "through: " + i, attempts::get));
    assertThat(log.lines().map(line -> named.getOrDefault(line, line)).toList()).containsExactly("end");
  }

  static Stream<Boolean> groups() {
    return Stream.of(false, true);
  }

  /** The control of the test above: a user namespace can be had, and mounts made in it. */
  @Test
  void inAUserNamespaceBuildersMayDoAsInNix() throws Exception {
    assertThat(printed("unshare -U -r -m sh -c 'id -u; mount -t tmpfs none /build && echo x > /build/new && ls /build';"
        + " ls /build")).isEqualTo("0\nnew\n");
  }

  @Test
  void nothingIsSeenButTheClosureAndTheBuildsOwn() throws Exception {
    assertThat(
        printed("ls -A1 /; echo -; ls -A1 /nix /nix/store; echo -; ls -A1 /build /tmp /dev/shm; echo -; ls -A1 /dev"
            + " /etc"))
        .isEqualTo("""
            bin
            build
            dev
            etc
            nix
            proc
            tmp
            -
            /nix:
            store

            /nix/store:
            9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb
            -
            /build:

            /dev/shm:

            /tmp:
            -
            /dev:
            fd
            full
            %snull
            ptmx
            pts
            random
            shm
            stderr
            stdin
            stdout
            tty
            urandom
            zero

            /etc:
            group
            hosts
            passwd
            """.formatted(Files.isWritable(Platform.KVM) ? "kvm\n" : ""));
  }

  @Test
  void ofProcessesAndTheirSessionsItSeesItsOwnAlone() throws Exception {
    // fields 6 and 7 of stat(5): session, terminal
    assertThat(printed(
        "ls /proc | grep -c '^[0-9]'; cut -d' ' -f1,6,7 /proc/1/stat; kill -9 -1 2>/dev/null; ls -A1 /proc/1/fd | wc -l"))
        .matches("[23]\n1 1 0\n[34]\n");
  }

  @Test
  void itHasNoPrivilegesAndGetsNoNewOnes() throws Exception {
    assertThat(printed("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'")).isEqualTo("""
        CapInh:0000000000000000
        CapPrm:0000000000000000
        CapEff:0000000000000000
        CapBnd:0000000000000000
        CapAmb:0000000000000000
        NoNewPrivs:1
        Seccomp:2
        """);
  }

  @Test
  void noOtherBuildIsSeen() throws Exception {
    Bench other = Bench.open(directory.resolve("other"));
    Thread running = Thread.ofVirtual().start(() -> {
      try {
        other.run("touch /build/theirs /tmp/theirs /dev/shm/theirs $out; echo up; sleep 86411");
      } catch (InterruptedException | IOException _) {
        // as it is meant to be
      }
    });
    try (other) {
      try {
        await().atMost(Duration.ofMinutes(1)).until(() -> other.log().startsWith("up"));
        assertThat(printed("ls -A1 /build /tmp /dev/shm /nix/store; cat /proc/[0-9]*/cmdline | tr '\\0' ' '"))
            .doesNotContain("theirs").doesNotContain("-test\n").doesNotContain("sleep 86411");
      } finally {
        running.interrupt();
        running.join();
      }
    }
  }

  @Test
  void theNetworkIsItsOwnLoopbackAlone() throws Exception {
    try (ServerSocket machine = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String log = printed("ip addr | grep -c inet; cat /proc/net/route | wc -l; grep -c @ /proc/net/unix;"
          + " nc -w 5 127.0.0.1 " + machine.getLocalPort() + " </dev/null && echo through;"
          + " nc -w 5 192.0.2.1 80 </dev/null && echo through; nc -l -p 80 -w 1 >/dev/null; echo end");
      assertThat(log).startsWith("2\n1\n0\n").contains("Connection refused").contains("Network is unreachable")
          .doesNotContain("through").endsWith("end\n");
      machine.setSoTimeout(1);
      assertThatThrownBy(machine::accept).isInstanceOf(
          SocketTimeoutException.class);
    }
  }

  @Test
  void linksOutOfTheStoreAreKeptAsLinks() throws Exception {
    var result = bench.run("ln -s /etc/passwd $out");
    assertThat(result.outputs().values()).allMatch(output -> output.root() instanceof Node.SymlinkNode);
    result = bench
        .run("mkdir $out; ln -s / $out/root; ln -s ../../../../etc/passwd $out/up; ln -s /proc/self/root $out/p");
    assertThat(result.outputs().values()).allMatch(
        output -> output.root() instanceof Node.DirectoryNode(var _, var size) && size == 3);
  }

  /** Busybox reads a line of an fstab up to some 500 bytes; blanks and quotes mean something in it, or in a shell. */
  @ParameterizedTest
  @ValueSource(strings = {"long", "odd"})
  void itMattersNotWhereKilnKeepsItsData(String kind) throws Exception {
    Path data = switch (kind) {
      case "long" -> directory.resolve("x".repeat(200)).resolve("y".repeat(200)).resolve("z".repeat(200));
      default -> directory.resolve("a 'b' \"c\" $d `e` \\f\tg\nh#i,j=k:l");
    };
    try (Bench bench = Bench.open(data)) {
      bench.run("ls /nix/store; cat /etc/hosts; echo x > /tmp/x; echo x > $out");
      assertThat(bench.log()).isEqualTo(
          "9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb\n127.0.0.1 localhost\n::1 localhost\n");
      assertThat(bench.left()).isEmpty();
    }
  }

  /** What a builder leaves beside its outputs is nobody's. */
  @Test
  void whatLiesBesideTheOutputsIsNotTaken() throws Exception {
    var result = bench.run("echo evil > /nix/store/0000000000000000000000000000000c-evil; echo x > $out");
    assertThat(result.outputs().values()).extracting(output -> output.path()).containsExactly(
        StorePath.parseBaseName("0000000000000000000000000000000b-test"));
  }
}
