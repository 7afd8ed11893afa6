package dev.kiln.fuzz;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import com.sun.management.ThreadMXBean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Mutations of true inputs: {@code -Dkiln.fuzz.inputs} for each parser (20,000), or as many as {@code -Dkiln.fuzz.time} (such as
 * PT3M) allows, from {@code -Dkiln.fuzz.seed} (1).
 */
class ParserTests {

  /** What reading may allocate in all, beside that for each byte of input. */
  private static final long ALLOWED = 16L << 20;
  private static final long ALLOWED_PER_BYTE = 1_024;

  /** For one input: a thousand times what any takes, and more than a machine may stand still for. */
  private static final Duration HANG = Duration.ofMinutes(2);

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final long seed = Long.getLong("kiln.fuzz.seed", 1);
  private final long inputs = Integer.getInteger("kiln.fuzz.inputs", 20_000);
  private final Duration time = Duration.parse(System.getProperty("kiln.fuzz.time", "PT0S"));

  /** Set by the thread that reads, before each input. */
  private volatile Reading current = new Reading(ByteBuffer.allocate(0), System.nanoTime());

  /** @param since as {@link System#nanoTime} has it */
  private record Reading(ByteBuffer input, long since) {

    boolean hangs() {
      return System.nanoTime() - since > HANG.toNanos();
    }
  }

  @ParameterizedTest
  @EnumSource
  void takesOrRefusesWhateverItIsGiven(Parser parser) throws Exception {
    List<byte[]> corpus = Corpus.of(parser);
    assertThat(corpus).isNotEmpty();
    FutureTask<Long> all = new FutureTask<>(() -> readAll(parser, corpus));
    // nothing can end a parser that hangs, so nothing must wait for its thread
    Thread reader = Thread.ofPlatform().daemon().name(parser.name()).start(all);
    assertThat(await(all, reader)).isPositive();
  }

  private long await(FutureTask<Long> all, Thread reader) throws Exception {
    while (true) {
      try {
        return all.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException _) {
        Reading reading = current;
        if (reading.hangs()) {
          throw new AssertionError(
              "hangs at " + Arrays.toString(reader.getStackTrace()) + ", " + told(reading.input().array()));
        }
      } catch (ExecutionException e) {
        throw new AssertionError(e.getCause());
      }
    }
  }

  /** @return how many */
  private long readAll(Parser parser, List<byte[]> corpus) {
    // What a parser makes once, and classes that it loads, do not count
    corpus.forEach(parser::accept);
    corpus.forEach(input -> read(parser, input));
    Mutations mutations = new Mutations(seed, corpus);
    long start = System.nanoTime();
    long read = 0;
    while (time.isZero() ? read < inputs : System.nanoTime() - start < time.toNanos()) {
      read(parser, mutations.next());
      read++;
    }
    return read;
  }

  private void read(Parser parser, byte[] input) {
    current = new Reading(ByteBuffer.wrap(input), System.nanoTime());
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      parser.accept(input);
    } catch (RuntimeException | Error e) {
      throw new AssertionError(told(input), e);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    if (allocated > ALLOWED + ALLOWED_PER_BYTE * input.length)
      throw new AssertionError("allocates " + allocated + " bytes, " + told(input));
  }

  private String told(byte[] input) {
    return "seed " + seed + ", input " + HexFormat.of().formatHex(input);
  }
}
