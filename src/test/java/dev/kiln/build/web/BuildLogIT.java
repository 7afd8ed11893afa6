package dev.kiln.build.web;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;

import com.github.luben.zstd.ZstdInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.build.BuildException.BuilderFailed;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builder;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Client;
import dev.kiln.harness.KilnTest;
import dev.kiln.harness.Recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Logs over HTTP, of builds that print what a test says, when it says so. They all fail, which ends them well enough. */
@KilnTest
@Import(BuildLogIT.Printing.class)
class BuildLogIT {

  private static final byte[] END = {};

  /** Prints what it is given for a derivation, until that is {@link #END}. */
  static final class PrintingBuilder implements Builder {

    private final Map<String, BlockingQueue<byte[]>> given = new ConcurrentHashMap<>();

    void give(String name, byte[] bytes) {
      of(name).add(bytes);
    }

    /** Lets builds end whose test has failed. */
    void endAll() {
      given.keySet().forEach(name -> give(name, END));
    }

    private BlockingQueue<byte[]> of(String name) {
      return given.computeIfAbsent(name, _ -> new LinkedBlockingQueue<>());
    }

    @Override
    public BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException {
      try {
        BlockingQueue<byte[]> given = of(request.derivationPath().name().value());
        for (byte[] bytes = given.take(); bytes.length > 0; bytes = given.take()) {
          log.write(bytes);
          log.flush();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      throw new BuilderFailed(7);
    }
  }

  @TestConfiguration(proxyBeanMethods = false)
  static class Printing {
    @Bean
    @Primary
    PrintingBuilder printingBuilder() {
      return new PrintingBuilder();
    }
  }

  /** @param type and id empty where there is none */
  private record Event(String type, String data, String id) {}

  @Autowired
  PrintingBuilder builder;
  @Autowired
  JsonMapper json;
  @LocalServerPort
  int port;

  private final HttpClient http = HttpClient.newHttpClient();
  private Client client = new Client(0);
  /** The derivation that {@link #print} is for. */
  private String building = "";

  @BeforeEach
  void setUp() {
    client = new Client(port);
  }

  @AfterEach
  void endBuilds() {
    builder.endAll();
  }

  /** @return where the build's log is */
  private String begin(String name) {
    KnownDerivation known = new Recipes().script(name, "");
    client.register(known);
    building = known.path().name().value();
    String location = client
        .get("/store/" + Recipes.output(known).baseName(), "Prefer", "respond-async").headers().firstValue("Location")
        .orElseThrow();
    return location + "/log";
  }

  private void print(String text) {
    print(text.getBytes(UTF_8));
  }

  private void print(byte[] bytes) {
    builder.give(building, bytes);
  }

  /** @return where the log of a build is that printed {@code bytes} and failed */
  private String finished(String name, byte[] bytes) throws IOException, InterruptedException {
    String log = begin(name);
    print(bytes);
    print(END);
    events(log, "").forEach(_ -> {});
    return log;
  }

  private HttpResponse<InputStream> open(String target, String... headers) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofInputStream());
  }

  /** @param from empty for the beginning */
  private BufferedReader follow(String log, String from) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = from.isEmpty()
        ? open(log + "?follow=true")
        : open(log + "?follow=true", "Last-Event-ID", from);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  private List<Event> events(String log, String from) throws IOException, InterruptedException {
    List<Event> events = new ArrayList<>();
    try (BufferedReader in = follow(log, from)) {
      for (Event event = next(in); event != null; event = next(in)) {
        events.add(event);
      }
    }
    return events;
  }

  /** @return the next event that has data, as a browser would understand it; null at the end */
  private static @Nullable Event next(BufferedReader in) throws IOException {
    String type = "";
    String id = "";
    List<String> data = new ArrayList<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          return new Event(type, String.join("\n", data), id);
        }
      } else if (line.startsWith("data: ")) {
        data.add(line.substring(6));
      } else if (line.startsWith("event: ")) {
        type = line.substring(7);
      } else if (line.startsWith("id: ")) {
        id = line.substring(4);
      }
    }
    return null;
  }

  @Test
  void isToldWhileItIsPrintedAndToItsEnd() throws Exception {
    String log = begin("live");
    try (BufferedReader in = follow(log, "")) {
      print("one\ntwo\r\n");
      assertThat(next(in)).isEqualTo(new Event("", "one\ntwo", "9"));
      print("@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\n");
      assertThat(next(in)).isEqualTo(new Event("phase", "{\"end\":57,\"phase\":\"buildPhase\"}", "57"));
      print("checking... ");
      assertThat(next(in)).isEqualTo(new Event("part", "checking... ", "69"));
      print("yes\n");
      assertThat(next(in)).isEqualTo(new Event("", "yes", "73"));
      print("bye");
      print(END);
      Event last = next(in);
      assertThat(last).extracting(event -> event == null ? "" : event.data()).isEqualTo("bye");
      assertThat(next(in)).isEqualTo(new Event("end", "{\"size\":76,\"state\":\"failed\"}", "end"));
      assertThat(next(in)).isNull();
    }
    assertThat(client.get(log).body()).isEqualTo(
        "one\ntwo\r\n@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\nchecking... yes\nbye");
    JsonNode phases = json.readTree(client.get(log.replace("/log", "/phases")).body());
    assertThat(phases.size()).isEqualTo(1);
    assertThat(phases.get(0).path("phase").asString()).isEqualTo("buildPhase");
    assertThat(phases.get(0).path("offset").asLong()).isEqualTo(9);
    assertThat(phases.get(0).path("startedAt").asString()).startsWith("20");
  }

  @Test
  void goesOnBehindTheLastEventAndHasAnEnd() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 5_000; i++) {
      text.append("line ").append(i).append(i % 7 == 0 ? "\r\n" : "\n");
      if (i % 500 == 0) {
        text.append("@nix {\"action\":\"setPhase\",\"phase\":\"").append(i).append("\"}\n");
      }
    }
    String log = finished("resumed", text.toString().getBytes(UTF_8));
    List<Event> all = events(log, "");
    assertThat(all).hasSizeGreaterThan(12);
    for (int i = 0; i < all.size() - 1; i++) {
      assertThat(events(log, all.get(i).id())).endsWith(all.getLast()).satisfies(rest -> {
        assertThat(rest.stream().map(Event::data).toList()).last().isEqualTo(all.getLast().data());
      });
      assertThat(lines(events(log, all.get(i).id()))).isEqualTo(lines(all.subList(i + 1, all.size())));
    }
    assertThat(open(log + "?follow=true", "Last-Event-ID", "end").statusCode()).isEqualTo(204);
    for (String nonsense : List.of("x", "-1", "1e3", "99999999999999999999", "2:x")) {
      assertThat(lines(events(log, nonsense))).isEqualTo(lines(all));
    }
    // of an attempt that is not there any more, or a position that never was
    assertThat(events(log, "2:5").getFirst()).isEqualTo(new Event("restart", "{\"attempt\":1,\"begin\":0}", "0"));
    assertThat(events(log, "99999999").getFirst().type()).isEqualTo("restart");
  }

  private static List<String> lines(List<Event> events) {
    return events.stream().flatMap(event -> (event.type() + event.data()).lines()).toList();
  }

  @Test
  void isTextWhateverABuilderPrints() throws Exception {
    List<String> printed = List.of("\u0000\u0001\u001b[31mred\u001b[0m\u0007", "id: 1", "event: end", "data: x",
        "", ": no comment", "\uFEFFbom", "@nix {\"action\":", "@nix [[[[[[[[",
        "@nix {\"action\":\"msg\",\"msg\":\"a\\nevent: end\\r\\n\\nb\",\"level\":0}",
        "@nix {\"action\":\"start\",\"id\":1}", "<script>\u2028\u0085x", "");
    String hostile = String.join("\n", printed);
    byte[] bytes = hostile.getBytes(UTF_8);
    String log = finished("hostile", bytes);
    List<Event> events = events(log, "");
    assertThat(events).extracting(Event::type).containsExactly("", "activity", "", "end");
    assertThat(events.getFirst().data()).isEqualTo(hostile.substring(0, hostile.indexOf("@nix {\"action\":\"msg"))
        + "a\nevent: end\n\nb");
    assertThat(events.get(2).data()).isEqualTo("<script>\u2028\u0085x");
    assertThat(open(log).body().readAllBytes()).isEqualTo(bytes);
  }

  @Test
  void isToldInPiecesWhereItHasNoLines() throws Exception {
    byte[] bytes = new byte[3 << 20];
    Arrays.fill(bytes, (byte) 'x');
    bytes[1_000_000] = (byte) 0xff;
    String log = finished("no-lines", bytes);
    List<Event> events = events(log, "");
    assertThat(events.subList(0, events.size() - 1))
        .allSatisfy(event -> assertThat(event.data().length()).isLessThanOrEqualTo(LogLines.MAX));
    StringBuilder joined = new StringBuilder();
    events.stream().filter(event -> event.type().equals("part")).forEach(event -> joined.append(event.data()));
    assertThat(joined).hasSize(bytes.length).contains("x\uFFFDx");
  }

  @Test
  void isSentInPartAndCompressed() throws Exception {
    byte[] bytes = new byte[300_000];
    new Random(4).nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] &= 0x3f;
    }
    String log = finished("parts", bytes);
    assertThat(open(log).body().readAllBytes()).isEqualTo(bytes);
    HttpResponse<InputStream> part = open(log, "Range", "bytes=65530-131080", "Accept-Encoding", "zstd");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.headers().firstValue("Content-Range")).contains("bytes 65530-131080/300000");
    assertThat(part.body().readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 65_530, 131_081));
    assertThat(open(log, "Range", "bytes=-5").body().readAllBytes())
        .isEqualTo(Arrays.copyOfRange(bytes, bytes.length - 5, bytes.length));
    HttpResponse<InputStream> beyond = open(log, "Range", "bytes=300000-");
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(beyond.headers().firstValue("Content-Range")).contains("bytes */300000");
    for (String whole : List.of("bytes=0-1,5-6", "bytes=b-", "lines=1-2")) {
      assertThat(open(log, "Range", whole).statusCode()).isEqualTo(200);
    }
    HttpResponse<InputStream> compressed = open(log, "Accept-Encoding", "gzip, zstd;q=0.5");
    assertThat(compressed.headers().firstValue("Content-Encoding")).contains("zstd");
    assertThat(compressed.headers().firstValueAsLong("Content-Length").orElseThrow()).isLessThan(250_000);
    try (InputStream decoded = new ZstdInputStream(compressed.body())) {
      assertThat(decoded.readAllBytes()).isEqualTo(bytes);
    }
    assertThat(open(log, "Accept-Encoding", "zstd;q=0").headers().firstValue("Content-Encoding")).isEmpty();
    String derivation = json.readTree(client.get(log.replace("/log", "")).body()).path("derivation").asString();
    assertThat(open("/log/" + derivation.substring(derivation.lastIndexOf('/') + 1)).body().readAllBytes())
        .isEqualTo(bytes);
  }

  @Test
  void isToldToManyAtOnce() throws Exception {
    String log = begin("many");
    byte[] chunk = "a line of the log, like all the others\n".repeat(1_000).getBytes(UTF_8);
    List<Future<Long>> readers = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        readers.add(executor.submit((Callable<Long>) () -> {
          long told = 0;
          try (BufferedReader in = follow(log, "")) {
            for (Event event = next(in); event != null; event = next(in)) {
              told += event.type().isEmpty() ? event.data().length() + 1 : 0;
            }
          }
          return told;
        }));
      }
      for (int i = 0; i < 20; i++) {
        print(chunk);
      }
      print(END);
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isEqualTo(20L * chunk.length);
      }
    }
  }

  @Test
  void isEmptyOfABuildThatPrintedNothing() throws Exception {
    String log = finished("silent", END);
    assertThat(open(log).body().readAllBytes()).isEmpty();
    assertThat(events(log, "")).containsExactly(new Event("end", "{\"size\":0,\"state\":\"failed\"}", "end"));
    assertThat(client.get(log.replace("/log", "/phases")).body()).isEqualTo("[]");
    String unknown = "/api/v1/builds/00000000-0000-0000-0000-000000000000";
    for (String target : List.of("/log", "/log?follow=true", "/phases")) {
      assertThat(client.get(unknown + target).statusCode()).isEqualTo(404);
    }
  }
}
