package dev.kiln.derivation;

import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import dev.kiln.bytes.ByteString;

/** A derivation of the size that those of nixpkgs have: 30 inputs, an environment of 5 KiB with some escapes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ATermBenchmark {

  private final byte[] aterm = aterm().getBytes(StandardCharsets.UTF_8);
  private final Derivation derivation = ATermReader.read(aterm);

  @Benchmark
  public Derivation parse() {
    return ATermReader.read(aterm);
  }

  @Benchmark
  public ByteString write() {
    return ATermWriter.write(derivation);
  }

  private static String aterm() {
    SortedMap<String, String> env = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      env.put("variable" + i, "a line of a script \\\"$quoted\\\"\\n".repeat(1 + i % 7));
    }
    env.put("out", path(99, "hello-2.12.1"));
    TreeSet<String> inputs = new TreeSet<>();
    TreeSet<String> variables = new TreeSet<>();
    for (int i = 0; i < 30; i++) {
      inputs.add("(\"" + path(i, "input-" + i + ".drv") + "\",[\"out\"])");
    }
    env.forEach((name, value) -> variables.add("(\"" + name + "\",\"" + value + "\")"));
    return "Derive([(\"out\",\"" + env.get("out") + "\",\"\",\"\")],[" + String.join(",", inputs) + "],[\""
        + path(50, "builder.sh") + "\"],\"x86_64-linux\",\"" + path(51, "bash") + "/bin/bash\",[\"-e\",\""
        + path(50, "builder.sh") + "\"],[" + String.join(",", variables) + "])";
  }

  private static String path(int number, String name) {
    return "/nix/store/%032d-%s".formatted(number, name);
  }
}
