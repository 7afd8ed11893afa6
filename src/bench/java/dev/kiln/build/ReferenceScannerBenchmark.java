package dev.kiln.build;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import dev.kiln.hash.NixBase32;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** 64 MiB, in pieces of 64 KiB, without a match. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ReferenceScannerBenchmark {

  private static final int PIECE = 1 << 16;

  /** Any bytes; only nixbase32 digits, which is the worst that a file without matches can be. */
  @Param({"noise", "digits"})
  public String bytes = "";

  @Param({"300"})
  public int candidates;

  private byte[] input = new byte[0];
  private final List<StorePath> paths = new ArrayList<>();

  @Setup
  public void fill() {
    Random random = new Random(candidates);
    for (int i = 0; i < candidates; i++) {
      byte[] hash = new byte[StorePathHash.LENGTH];
      random.nextBytes(hash);
      paths.add(new StorePath(StorePathHash.of(hash), new StorePathName("n" + i)));
    }
    input = new byte[64 << 20];
    random.nextBytes(input);
    if (bytes.equals("digits")) {
      byte[] digits = NixBase32.DIGITS.getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < input.length; i++) {
        input[i] = digits[input[i] & 31];
      }
    }
  }

  @Benchmark
  public SortedSet<StorePath> scan() {
    ReferenceScanner scanner = new ReferenceScanner(paths);
    for (int at = 0; at < input.length; at += PIECE) {
      scanner.write(input, at, PIECE);
    }
    return scanner.found();
  }
}
