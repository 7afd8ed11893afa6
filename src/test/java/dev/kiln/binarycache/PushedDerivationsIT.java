package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Programs;
import dev.kiln.storepath.StorePath;

import static org.assertj.core.api.Assertions.assertThat;

/** Derivations that come as store paths: as good as registered ones. */
@KilnTest
// what it truncates is gone at once
@TestPropertySource(properties = "kiln.cache.max-stale=0s")
class PushedDerivationsIT {

  private static final List<String> OF_DERIVATIONS = List.of("derivation", "derivation_output", "derivation_input",
      "derivation_source");
  private static final List<String> OF_PATHS = List.of("path_info", "path_reference");

  @LocalServerPort
  int port;
  @Autowired
  JdbcTemplate jdbc;
  @TempDir
  Path files;

  private Client client = new Client(0);
  private NixClient nix;
  private Path expression;
  private String content;

  @BeforeEach
  void write() throws IOException {
    client = new Client(port);
    nix = new NixClient();
    content = "content " + System.nanoTime();
    Path source = Files.writeString(files.resolve("source"), content + "\n");
    expression = Files.writeString(files.resolve("greeting.nix"), """
        let
          run = name: script: derivation {
            inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ];
          };
          leaf = run "leaf" "read x < ${%s}; echo $x > $out";
        in run "top?id=1" "read x < ${leaf}; echo top of $x > $out"
        """.formatted(source));
  }

  private String instantiate(String... store) throws IOException {
    return nix.run(java.util.stream.Stream.concat(java.util.stream.Stream.of("nix-instantiate", expression.toString()),
        java.util.stream.Stream.of(store)).toArray(String[]::new)).ok().strip();
  }

  private String read(String derivation) throws IOException {
    String output = nix.run("nix-store", "--query", "--outputs", derivation).ok().strip();
    return client.get("/store/" + StorePath.parse(output).baseName().replace("?", "%3F")).body();
  }

  @Test
  void areBuiltWhenAnOutputIsRead() throws IOException {
    String derivation = instantiate();
    nix.run("nix", "copy", "--derivation", "--to", client.base().toString(), derivation).ok();
    assertThat(read(derivation)).isEqualTo("top of " + content + "\n");
  }

  @Test
  void areBuiltWhenTheEvaluatorWroteThemHere() throws IOException {
    String derivation = instantiate("--store", client.base().toString());
    assertThat(instantiate()).isEqualTo(derivation);
    assertThat(read(derivation)).isEqualTo("top of " + content + "\n");
  }

  @Test
  void leaveTheStateThatRegistrationLeaves() throws IOException {
    jdbc.update("truncate build, derivation, path_info, uploaded_nar cascade");
    String derivation = instantiate();
    nix.run("nix", "copy", "--derivation", "--to", client.base().toString(), derivation).ok();
    Map<String, List<Map<String, Object>>> pushed = rows(OF_DERIVATIONS);
    assertThat(pushed.get("derivation")).hasSize(2);
    // a registered derivation becomes a path when it is read as one
    String narInfo = "/" + StorePath.parse(derivation).hash() + ".narinfo";
    assertThat(client.get(narInfo).statusCode()).isEqualTo(200);
    Map<String, List<Map<String, Object>>> pushedPaths = rows(OF_PATHS);
    assertThat(pushedPaths.get("path_info")).hasSize(3);

    jdbc.update("truncate build, derivation, path_info, uploaded_nar cascade");
    register(derivation);
    assertThat(rows(OF_DERIVATIONS)).isEqualTo(pushed);
    assertThat(client.get(narInfo).statusCode()).isEqualTo(200);
    assertThat(rows(OF_PATHS)).isEqualTo(pushedPaths);
  }

  private void register(String derivation) throws IOException {
    Path tar = Files.createDirectory(files.resolve("tar"));
    for (String path : nix.run("nix-store", "--query", "--requisites", derivation).ok().lines().toList()) {
      Path real = nix.root().resolve(path.substring(1));
      if (path.endsWith(".drv")) {
        Files.copy(real, tar.resolve(real.getFileName().toString()));
      } else {
        assertThat(client.send("PUT", "/api/v1/sources/source", Files.readAllBytes(real), "Content-Type",
            "application/octet-stream").statusCode()).isEqualTo(201);
      }
    }
    byte[] body = Programs.run("tar", "--create", "--directory", tar.toString(), ".");
    assertThat(client.send("POST", "/api/v1/derivations", body, "Content-Type", "application/x-tar").body())
        .contains("\"registered\":2");
  }

  /** All but the times. */
  private Map<String, List<Map<String, Object>>> rows(List<String> tables) {
    Map<String, List<Map<String, Object>>> rows = new TreeMap<>();
    for (String table : tables) {
      rows.put(table, jdbc.queryForList("select to_jsonb(t) - 'registered_at' as row from " + table
          + " t order by (to_jsonb(t) - 'registered_at')::text").stream()
          .map(row -> Map.<String, Object>of("row", String.valueOf(row.get("row")))).toList());
    }
    return rows;
  }
}
