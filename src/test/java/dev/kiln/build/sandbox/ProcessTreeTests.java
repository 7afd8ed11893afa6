package dev.kiln.build.sandbox;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What processes use, as the kernel tells it. */
class ProcessTreeTests {

  @Test
  void addsUpAProcessAndAllBelowIt() throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", "sleep 600 & sh -c 'sleep 600 & wait' & wait").start();
    try {
      await().atMost(Duration.ofMinutes(1)).until(() -> ProcessTree.of(shell.pid()).threads() == 4);
      ProcessTree tree = ProcessTree.of(shell.pid());
      assertThat(tree.memory()).isBetween(4 * 4096L, 50_000_000L);
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }

  @Test
  void countsThreadsAndTheirTime() throws Exception {
    ProcessTree self = ProcessTree.of(ProcessHandle.current().pid());
    assertThat(self.threads()).isGreaterThan(5);
    assertThat(self.memory()).isGreaterThan(10_000_000);
    assertThat(self.processorTime()).isGreaterThan(Duration.ofMillis(100));
  }

  @Test
  void isNothingOfWhatIsGone() throws Exception {
    assertThat(ProcessTree.of(1L << 40)).isEqualTo(ProcessTree.NONE);
  }
}
