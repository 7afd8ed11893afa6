package dev.kiln;

import java.io.Closeable;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.harness.DebianPostgres;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.NixClient;
import dev.kiln.harness.Recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Kilns that share a database and a directory. */
class SharedDirectoryIT {

  /** More than are indexed before a push is acknowledged. */
  private static final int SMALL_FILES = 2_000;

  @TempDir
  static Path dir;

  private static DebianPostgres postgres;
  private static KilnProcess b;

  @BeforeAll
  static void startTheOneThatLives() throws IOException {
    postgres = DebianPostgres.start();
    b = start("b");
  }

  @AfterAll
  static void stop() throws IOException {
    b.close();
    postgres.close();
  }

  private static KilnProcess start(String name) throws IOException {
    return KilnProcess.start(dir.resolve(name), arguments(dir.resolve("shared")));
  }

  private static void close(Closeable each) {
    try {
      each.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KilnProcess startAnother() {
    try {
      return start("a");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] arguments(Path shared) {
    return new String[]{"--spring.datasource.url=" + postgres.jdbcUrl(),
        "--spring.datasource.username=" + postgres.username(), "--spring.datasource.password=" + postgres.password(),
        "--kiln.shared-dir=" + shared};
  }

  private final NixClient here = new NixClient();

  SharedDirectoryIT() throws IOException {}

  @Test
  void whatOneAcknowledgedAnotherGivesAtOnceAlsoWhenTheFirstIsKilledRightThen() throws IOException {
    String path = tree("tree");
    NixClient reader = new NixClient("trusted-public-keys = " + publicKey(b));
    try (KilnProcess a = start("a")) {
      assertThat(publicKey(a)).isEqualTo(publicKey(b));
      here.run("nix", "copy", "--to", a.baseUri().toString(), path).ok();
      a.kill9();
    }
    reader.run("nix", "copy", "--from", b.baseUri().toString(), "--to", reader.root().toString(), path).ok();
    assertThat(reader.root().resolve(path.substring(1))).satisfies(copy -> assertSameTree(copy, dir.resolve("tree")));
    try (KilnClient client = new KilnClient(b.baseUri())) {
      String base = "/store/" + Path.of(path).getFileName();
      assertThat(client.get(base + "/small-7").body()).isEqualTo("7");
      assertThat(client.open(base + "/large").body().readAllBytes())
          .isEqualTo(Files.readAllBytes(dir.resolve("tree/large")));
    }
    assertThat(b.log()).doesNotContain(" ERROR ");
  }

  @Test
  void whatIsBuiltByOneIsReadWithItsLogFromAnother() throws IOException {
    var greeting = new Recipes().script("greeting", "echo building it; echo hello > $out");
    String read = "/store/" + Recipes.output(greeting).baseName();
    try (KilnProcess a = start("a");
        KilnClient first = new KilnClient(a.baseUri());
        KilnClient second = new KilnClient(b.baseUri())) {
      assertThat(first.put("/api/v1/derivations/" + greeting.path().baseName(), "text/x-nix-derivation",
          greeting.file().aterm().toByteArray()).statusCode()).isEqualTo(201);
      assertThat(first.get(read).body()).isEqualTo("hello\n");
      assertThat(second.get(read).body()).isEqualTo("hello\n");
      assertThat(second.get("/log/" + greeting.path().baseName()).body()).contains("building it");
    }
  }

  @Test
  void aNarIsSentToOneAndItsNarinfoToAnother() throws IOException {
    Path cache = dir.resolve("cache");
    String path = here.run("nix-store", "--add", Files.writeString(dir.resolve("one"), "one\n").toString()).ok()
        .strip();
    here.run("nix", "copy", "--to", "file://" + cache + "?compression=none", path).ok();
    String name = path.substring("/nix/store/".length(), "/nix/store/".length() + 32) + ".narinfo";
    String narinfo = Files.readString(cache.resolve(name));
    String url = narinfo.lines().filter(line -> line.startsWith("URL: ")).findFirst().orElseThrow().substring(5);
    try (KilnProcess a = start("a");
        KilnClient first = new KilnClient(a.baseUri());
        KilnClient second = new KilnClient(b.baseUri())) {
      first.put("/" + url, "application/x-nix-nar", Files.readAllBytes(cache.resolve(url)));
      a.kill9();
      assertThat(second.put("/" + name, "text/x-nix-narinfo", Files.readAllBytes(cache.resolve(name))).statusCode())
          .isBetween(200, 204);
      assertThat(second.get("/store/" + Path.of(path).getFileName()).body()).isEqualTo("one\n");
    }
  }

  @Test
  void whatIsOnItsWayInIsLeftAloneByOneThatStarts() throws Exception {
    byte[] half = new byte[3 << 20];
    new Random(5).nextBytes(half);
    PipedOutputStream out = new PipedOutputStream();
    PipedInputStream in = new PipedInputStream(out, 1 << 16);
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI target = b.baseUri().resolve("/api/v1/sources/slow");
      CompletableFuture<HttpResponse<String>> upload = http.sendAsync(
          HttpRequest.newBuilder(target).header("Content-Type", "application/octet-stream")
              .PUT(BodyPublishers.ofInputStream(() -> in)).build(),
          // if it is refused, what is written meanwhile must not wait for ever
          BodyHandlers.ofString()).whenComplete((_, _) -> close(in));
      out.write(half);
      await().atMost(Duration.ofMinutes(1)).until(() -> !temporaries().isEmpty());
      CompletableFuture<KilnProcess> start = CompletableFuture.supplyAsync(SharedDirectoryIT::startAnother);
      while (!start.isDone()) {
        // a client that says nothing for half a minute is given up
        out.write(half, 0, 1_000);
        Thread.sleep(200);
      }
      try (KilnProcess _ = start.get()) {
        assertThat(temporaries()).isNotEmpty();
        out.write(half);
        out.close();
        assertThat(upload.get().statusCode()).as(upload.get().body()).isEqualTo(201);
      }
    }
    assertThat(temporaries()).isEmpty();
  }

  @Test
  void oneWithAnotherSharedDirectoryIsRefused() throws IOException {
    Path elsewhere = dir.resolve("elsewhere");
    KilnProcess stray = KilnProcess.launch(List.of(), KilnProcess.classPath(), Map.of(), dir.resolve("stray"),
        arguments(elsewhere));
    assertThat(stray.awaitEnd()).isEqualTo(1);
    assertThat(stray.log()).contains("is not in the shared directory " + elsewhere.toRealPath(), "kiln.shared-dir",
        Files.readString(dir.resolve("shared/shared-id")).strip());
    assertThat(elsewhere).isEmptyDirectory();
  }

  /** @return a store path of many small files and a large one */
  private String tree(String name) throws IOException {
    Path tree = Files.createDirectory(dir.resolve(name));
    for (int i = 0; i < SMALL_FILES; i++) {
      Files.writeString(tree.resolve("small-" + i), String.valueOf(i));
    }
    byte[] large = new byte[5 << 20];
    new Random(1).nextBytes(large);
    Files.write(tree.resolve("large"), large);
    return here.run("nix-store", "--add", tree.toString()).ok().strip();
  }

  private static String publicKey(KilnProcess kiln) throws IOException {
    try (KilnClient client = new KilnClient(kiln.baseUri())) {
      return client.get("/api/v1/public-key").body().strip();
    }
  }

  private static List<Path> temporaries() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("shared/tmp"))) {
      return files.toList();
    }
  }

  private static void assertSameTree(Path one, Path other) throws IOException {
    try (Stream<Path> files = Files.list(other)) {
      for (Path file : files.toList()) {
        assertThat(one.resolve(file.getFileName())).hasSameBinaryContentAs(file);
      }
    }
  }
}
