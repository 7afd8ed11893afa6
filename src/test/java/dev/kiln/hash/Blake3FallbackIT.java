package dev.kiln.hash;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** JVMs that have no vectors, or would be slower with them. */
class Blake3FallbackIT {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      -Xshare:auto | BLAKE3 goes without vectors: Java was started without --add-modules jdk.incubator.vector
      --add-modules=jdk.incubator.vector -XX:TieredStopAtLevel=1 | BLAKE3 goes without vectors: Java was started without its second compiler
      """)
  void hashesWithScalarCodeAndSaysSoOnce(String options, String line) throws Exception {
    String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options.split(" ")));
    command.addAll(List.of("-cp", classPath, HashZeros.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(printed).containsOnlyOnce(line).containsOnlyOnce("BLAKE3 goes").doesNotContain("Exception", "Error")
        .containsOnlyOnce(new HashZeros(Blake3VectorLanes::new).digest().hex());
  }

  /** A program that prints the digest of 8 MiB of zeros. */
  record HashZeros(Blake3Lanes.Source source) {

    public static void main(String[] arguments) {
      System.out.println(new HashZeros(Blake3Trial::winner).digest());
    }

    Blake3Digest digest() {
      Blake3 blake3 = new Blake3(source);
      byte[] piece = new byte[1 << 16];
      for (int i = 0; i < 128; i++) {
        blake3.update(piece, 0, piece.length);
      }
      return blake3.digest();
    }
  }
}
