package dev.kiln.posix;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class PtyIT {

  private static Process start(Pty pty, String script) throws Exception {
    return new ProcessBuilder(List.of("/bin/sh", "-c", "exec /bin/sh -c \"$1\" >\"$0\" 2>&1", pty.slave().toString(),
        script)).start();
  }

  private static String latin1(InputStream in) throws Exception {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void passesBytesUnchangedUntilTheLastWriterIsGone() throws Exception {
    try (Pty pty = Pty.open()) {
      Process process = start(pty,
          "printf 'a\\nb\\r\\377\\000\\004\\003\\021\\023\\n' >&2; test -t 1 && echo terminal");
      assertThat(latin1(pty.output())).isEqualTo("a\nb\r\u00ff\0\u0004\u0003\u0011\u0013\nterminal\n");
      assertThat(process.waitFor()).isZero();
    }
  }

  @Test
  void waitsForAProgramThatOpensItLate() throws Exception {
    try (Pty pty = Pty.open()) {
      new ProcessBuilder("/bin/sh", "-c", "sleep 0.5; echo late >" + pty.slave()).start();
      assertThat(latin1(pty.output())).isEqualTo("late\n");
    }
  }

  @Test
  void losesNothingOfALargeOutput() throws Exception {
    try (Pty pty = Pty.open()) {
      start(pty, "seq 1 200000");
      byte[] all = pty.output().readAllBytes();
      assertThat(new String(all, StandardCharsets.US_ASCII).lines()).hasSize(200_000).endsWith(
          "199999", "200000");
    }
  }

  @Test
  void endsAReadWhenAnotherThreadClosesIt() throws Exception {
    try (ExecutorService reader = Executors.newSingleThreadExecutor()) {
      Pty pty = Pty.open();
      Future<Integer> read = reader.submit(() -> pty.output().read());
      Thread.sleep(200);
      assertThat(read.isDone()).isFalse();
      pty.close();
      assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo(-1);
    }
  }

  @Test
  void killsAProcessThatDoesNotWantTo() throws Exception {
    Process process = new ProcessBuilder("/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
        .start();
    assertThat(process.getInputStream().read()).isEqualTo('r');
    assertThat(Signal.TERM.sendTo(process.pid())).isTrue();
    assertThat(process.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(Signal.KILL.sendTo(process.pid())).isTrue();
    assertThat(process.waitFor()).isEqualTo(137);
    assertThat(Signal.KILL.sendTo(process.pid())).isFalse();
  }

  @Test
  void killsAWholeGroup() throws Exception {
    Process leader = new ProcessBuilder("setsid", "/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait").start();
    while (leader.descendants().count() < 2) {
      Thread.sleep(10);
    }
    List<ProcessHandle> children = leader.descendants().toList();
    assertThat(Signal.KILL.sendToGroup(leader.pid())).isTrue();
    assertThat(leader.waitFor()).isEqualTo(137);
    for (ProcessHandle child : children) {
      child.onExit().get(5, TimeUnit.SECONDS);
    }
  }
}
