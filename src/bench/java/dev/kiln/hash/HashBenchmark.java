package dev.kiln.hash;

import java.security.MessageDigest;
import java.util.Random;
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

/** One input after the other, each at once. The vectors come into play from 8 KiB on. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class HashBenchmark {

  @Param({"1024", "65536", "1048576"})
  public int size;

  private byte[] input = new byte[0];
  private final Blake3 scalar = new Blake3(Blake3Lanes.Source.NONE);
  private final Blake3 vector = new Blake3(Blake3VectorLanes::new);
  private final MessageDigest sha256 = HashAlgorithm.SHA256.newDigest();

  @Setup
  public void fill() {
    input = new byte[size];
    new Random(size).nextBytes(input);
  }

  @Benchmark
  public Blake3Digest blake3() {
    return Blake3.of(input);
  }

  @Benchmark
  public Blake3Digest blake3Scalar() {
    scalar.update(input, 0, size);
    return scalar.digest();
  }

  @Benchmark
  public Blake3Digest blake3Vector() {
    vector.update(input, 0, size);
    return vector.digest();
  }

  @Benchmark
  public byte[] sha256() {
    return sha256.digest(input);
  }
}
