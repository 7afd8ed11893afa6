package dev.kiln.derivation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

import static org.assertj.core.api.Assertions.assertThat;

/** Asks the machine's Nix the same questions, in a store of its own. */
class RealNixIT {

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  private Path directory;

  @Test
  void instantiatesDerivationsThatWeReadNameAndVerify() throws Exception {
    Path expression = Files.writeString(directory.resolve("x.nix"),
        """
            let
              d = name: args: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // args);
              fixed = mode: hash: d "f" { outputHashMode = mode; outputHashAlgo = "sha256"; outputHash = hash; url = mode; };
              zeros = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
              text = builtins.toFile "text" "a text";
              a = d "a+b?c=d" { outputs = [ "out" "dev" "lib.1" ]; odd = "quote \\" back \\\\ line\\n tab\\t cr\\r ü $"; };
            in d "top" {
              args = [ "-c" text a.dev ];
              inputs = [ a a."lib.1" (fixed "flat" zeros) (fixed "recursive" zeros) ];
              drv = a.drvPath;
            }
            """);
    run("nix-instantiate", "--store", directory.toString(), expression.toString());
    Map<StorePath, ByteString> files = new HashMap<>();
    try (Stream<Path> paths = Files.list(directory.resolve("nix/store"))) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".drv")).toList()) {
        files.put(StorePath.parseBaseName(path.getFileName().toString()), ByteString.owning(Files.readAllBytes(path)));
      }
    }
    Map<StorePath, DerivationHash> known = new HashMap<>();
    while (known.size() < files.size()) {
      int before = known.size();
      files.forEach((path, aterm) -> {
        DerivationFile file = DerivationFile.read(path, aterm);
        if (known.keySet().containsAll(file.derivation().inputDerivations().keySet())) {
          known.put(path, file.verify(known::get));
          assertThat(ATermWriter.write(file.derivation())).isEqualTo(aterm);
        }
      });
      assertThat(known).as("each round finds derivations whose inputs are known").hasSizeGreaterThan(before);
    }
    assertThat(known).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void namesFixedOutputsAsWeDo(HashAlgorithm algorithm) throws Exception {
    Path file = Files.writeString(directory.resolve("hello.txt"), "hello");
    for (IngestionMethod method : IngestionMethod.values()) {
      String hash = method == IngestionMethod.FLAT
          ? run("nix-hash", "--flat", "--type", algorithm.nixName(), "--base32", file.toString())
          : run("nix-hash", "--type", algorithm.nixName(), "--base32", file.toString());
      String expected = method == IngestionMethod.FLAT
          ? run("nix-store", "--store", directory.toString(), "--add-fixed", algorithm.nixName(), file.toString())
          : run("nix-store", "--store", directory.toString(), "--add-fixed", "--recursive", algorithm.nixName(),
              file.toString());
      assertThat(StorePaths.fixedOutput(new StorePathName("hello.txt"), method, NixHash.parse(hash, algorithm)))
          .hasToString(expected);
    }
  }

  @Test
  void namesSourcesAsWeDo() throws Exception {
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Files.writeString(tree.resolve("file"), "content");
    NixHash nar = NixHash.parse(run("nix-hash", "--type", "sha256", tree.toString()), HashAlgorithm.SHA256);
    assertThat(StorePaths.source(new StorePathName("tree"), nar, Collections.emptySortedSet(), false))
        .hasToString(run("nix-store", "--store", directory.toString(), "--add", tree.toString()));
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void spellsHashesAsWeDo(HashAlgorithm algorithm) throws Exception {
    byte[] digest = new byte[algorithm.length()];
    new Random(algorithm.length()).nextBytes(digest);
    NixHash hash = new NixHash(algorithm, ByteString.copyOf(digest));
    assertThat(hash.base32()).isEqualTo(run("nix-hash", "--type", algorithm.nixName(), "--to-base32", hash.base16()));
    assertThat(hash.base16()).isEqualTo(run("nix-hash", "--type", algorithm.nixName(), "--to-base16", hash.base32()));
    assertThat(hash.sri())
        .isEqualTo(run("nix", "--extra-experimental-features", "nix-command", "hash", "to-sri", "--type",
            algorithm.nixName(), hash.base16()));
  }

  /** @return what it printed, without the line's end */
  private String run(String... command) throws IOException, InterruptedException {
    Path errors = directory.resolve("errors");
    Process process = new ProcessBuilder(List.of(command)).redirectError(errors.toFile()).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), Files.readString(errors)).isZero();
    return output.strip();
  }
}
