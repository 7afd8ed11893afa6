package dev.kiln.realisation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.kiln.harness.KilnClient;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.harness.TemporaryDirectories;

import static org.assertj.core.api.Assertions.assertThat;

/** A store of the machine's Nix, with ca-derivations on and derivations in it. */
final class CaStore {

  private static final String EXPRESSION = """
      let
        bb = builtins.path { path = ./bb; name = "bb"; };
        sh = name: attrs: script: derivation ({
          inherit name; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-e" "-c" script ];
        } // attrs);
        ca = name: attrs: sh name ({ __contentAddressed = true; } // attrs);
        hashed = algorithm: attrs: ca algorithm ({ outputHashAlgo = algorithm; } // attrs);
        flatly = name: attrs: ca name ({ outputHashMode = "flat"; outputHashAlgo = "sha256"; } // attrs);
        each = builtins.toString [ 0 1 2 3 4 5 6 7 8 9 "a" "b" "c" "d" "f" "g" "h" "i" "j" "k" "l" "m" "n" "p" "q" "r" "s" "v" "w" "x" "y" "z" ];
      in rec {
        %s
      }
      """;

  final NixClient nix;
  private final Path expression;

  /**
   * @param cases attributes of a recursive set, with {@code sh}, {@code ca}, {@code hashed} and {@code flatly} to make derivations
   * @param settings lines of nix.conf
   */
  CaStore(String cases, String... settings) throws IOException {
    nix = new NixClient(Stream.concat(Stream.of("experimental-features = nix-command ca-derivations", "sandbox = true"),
        Stream.of(settings)).toArray(String[]::new));
    Path directory = TemporaryDirectories.create("kiln-ca-");
    Files.copy(Path.of("/bin/busybox"), Files.createDirectory(directory.resolve("bb")).resolve("busybox"));
    expression = Files.writeString(directory.resolve("x.nix"), EXPRESSION.formatted(cases));
  }

  /** @return the derivations' paths by attribute */
  Map<String, String> instantiate(List<String> attributes) throws IOException {
    List<String> command = new ArrayList<>(List.of("nix-instantiate", expression.toString()));
    attributes.forEach(attribute -> command.addAll(List.of("-A", attribute)));
    List<String> lines = lines(command);
    assertThat(lines).hasSameSizeAs(attributes);
    Map<String, String> derivations = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      derivations.put(attributes.get(i), lines.get(i).replaceAll("!.*", ""));
    }
    return derivations;
  }

  /** Registers derivations, with all that they need, in one tar, and sources by their NARs. */
  void register(KilnClient kiln, Iterable<String> derivations) throws IOException {
    List<String> query = new ArrayList<>(List.of("nix-store", "--query", "--requisites"));
    derivations.forEach(query::add);
    List<String> closure = lines(query);
    List<String> tar = new ArrayList<>(List.of("tar", "--create", "--directory", physical("/nix/store/").toString()));
    closure.stream().filter(path -> path.endsWith(".drv")).map(CaStore::baseName).forEach(tar::add);
    var registered = kiln.post("/api/v1/derivations", KilnClient.TAR, Programs.run(tar.toArray(String[]::new)));
    assertThat(registered.statusCode()).as(registered.body()).isEqualTo(200);
    for (String source : closure.stream().filter(path -> !path.endsWith(".drv")).toList()) {
      byte[] nar = Programs.run("nix-store", "--dump", physical(source).toString());
      var imported = kiln.put("/api/v1/sources/" + baseName(source).substring(33), KilnClient.NAR, nar);
      assertThat(kiln.parse(imported.body()).get("path").asString()).isEqualTo(source);
    }
  }

  List<String> lines(List<String> command) throws IOException {
    return nix.run(command.toArray(String[]::new)).ok().lines().toList();
  }

  Path physical(String storePath) {
    return Path.of(nix.root() + storePath);
  }

  static String baseName(String storePath) {
    return storePath.substring("/nix/store/".length());
  }
}
