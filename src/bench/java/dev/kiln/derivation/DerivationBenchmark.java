package dev.kiln.derivation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

import dev.kiln.bytes.ByteString;
import dev.kiln.harness.GeneratedClosure;
import dev.kiln.storepath.StorePath;

/**
 * Derivations a second on one core: parsed, their own path computed and compared, their outputs' paths computed and compared, and the hash that stands
 * for them. Of nixpkgs' size, and those that a real Nix made of golden/expr (most of them small; one has 200 inputs, one 230 KB).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class DerivationBenchmark {

  /** How many are gone through, each time. */
  private static final int COUNT = 350;

  @Param({"nixpkgs", "golden"})
  public String kind = "nixpkgs";

  private final List<StorePath> paths = new ArrayList<>();
  private final List<byte[]> aterms = new ArrayList<>();
  private final Map<StorePath, DerivationHash> hashes = new HashMap<>();

  @Setup
  public void generate() {
    List<DerivationFile> files = kind.equals("golden") ? Golden.inputsFirst() : generated();
    long bytes = 0;
    for (DerivationFile file : files.subList(files.size() - COUNT, files.size())) {
      paths.add(file.path());
      aterms.add(file.aterm().toByteArray());
      bytes += file.aterm().length();
    }
    files.forEach(file -> hashes.put(file.path(), DerivationHash.of(file.derivation(), hashes::get)));
    System.out.println(bytes / COUNT + " bytes each");
  }

  private static List<DerivationFile> generated() {
    return new GeneratedClosure(1).next(2_000).stream().map(KnownDerivation::file).toList();
  }

  @Benchmark
  @OperationsPerInvocation(COUNT)
  public void verify(Blackhole sink) {
    for (int i = 0; i < COUNT; i++) {
      DerivationFile file = DerivationFile.read(paths.get(i), ByteString.copyOf(aterms.get(i)));
      sink.consume(KnownDerivation.verified(file, hashes::get));
    }
  }

  @Benchmark
  @OperationsPerInvocation(COUNT)
  public void parse(Blackhole sink) {
    for (int i = 0; i < COUNT; i++) {
      sink.consume(ATermReader.read(aterms.get(i)));
    }
  }
}
