package dev.kiln.nar;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.castore.Castore;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.Node;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixBase32;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

/** NARs that Nix 2.8 made, with the hashes and sizes that it said. */
class GoldenNarTests {

  @TempDir
  private Path dir;

  @Test
  void everyNarComesBackFromCastoreAsItWas() throws Exception {
    Castore castore = new Castore(new FsBlobs(dir), new InMemoryDirectories());
    NarWriter writer = new NarWriter(castore);
    List<Path> nars = nars();
    assertThat(nars).hasSizeGreaterThan(600);
    List<Node> roots = ingestAll(castore, nars);
    for (int i = 0; i < nars.size(); i++) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(writer.write(roots.get(i), out)).isEqualTo(out.size());
      assertThat(out.toByteArray()).as(nars.get(i).toString()).isEqualTo(Files.readAllBytes(nars.get(i)));
      assertThat(writer.size(roots.get(i))).isEqualTo(out.size());
      ByteArrayOutputStream prepared = new ByteArrayOutputStream();
      writer.prepare(roots.get(i)).write(prepared);
      assertThat(prepared.toByteArray()).isEqualTo(out.toByteArray());
    }
  }

  @Test
  void hashesAndSizesAreThoseOfNix() throws Exception {
    JsonNode paths = JsonMapper.shared().readTree(resource("/golden/golden.json").openStream()).get("paths");
    for (Path nar : nars()) {
      String name = nar.getFileName().toString().replaceFirst("\\.nar$", "");
      JsonNode expected = paths.get("/nix/store/" + name);
      HashingSink hashed = new HashingSink(HashAlgorithm.SHA256.newDigest());
      NarSink tap = new NarSink(hashed);
      try (InputStream in = new BufferedInputStream(Files.newInputStream(nar))) {
        assertThat(new NarReader().read(in, tap)).isEqualTo(tap.size());
      }
      assertThat(tap.size()).as(name).isEqualTo(expected.get("narSize").asLong());
      assertThat("sha256:" + NixBase32.encode(hashed.digest())).as(name)
          .isEqualTo(expected.get("narHash").asString());
    }
  }

  /** One ingest for all, as entries of one directory: a sync for each would take its time. */
  private static List<Node> ingestAll(Castore castore, List<Path> nars) throws IOException {
    try (Ingest ingest = castore.ingest()) {
      ingest.enterDirectory(null);
      for (int i = 0; i < nars.size(); i++) {
        try (InputStream in = Files.newInputStream(nars.get(i))) {
          new NarReader().read(in, new Renamed(ingest, "nar-%04d".formatted(i)));
        }
      }
      ingest.leaveDirectory();
      List<Node> roots = new ArrayList<>();
      castore.directory((Node.DirectoryNode) ingest.sync()).entries().forEach(entry -> roots.add(entry.node()));
      return roots;
    }
  }

  private static List<Path> nars() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(Path.of(resource("/golden/nar").toURI()))) {
      return files.sorted().toList();
    }
  }

  private static URL resource(String name) {
    return requireNonNull(GoldenNarTests.class.getResource(name), name);
  }
}
