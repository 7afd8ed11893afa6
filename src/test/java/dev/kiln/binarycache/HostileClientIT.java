package dev.kiln.binarycache;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.kiln.harness.RawHttp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Clients that push and are slow, gone, or in each other's way. */
class HostileClientIT extends HostilePushes {

  private static final int SIZE = 1_000_000;

  private static Push large() {
    byte[] random = new byte[SIZE];
    ThreadLocalRandom.current().nextBytes(random);
    return Push.of(Push.nar(new String(random, ISO_8859_1)));
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    return socket;
  }

  private static String head(String target, String... headers) {
    return "PUT " + target + " HTTP/1.1\r\nHost: kiln\r\nConnection: close\r\n" + String.join("\r\n", headers)
        + "\r\n\r\n";
  }

  private static String length(long length) {
    return "Content-Length: " + length;
  }

  private static void write(Socket socket, String head, byte[] body, int length) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(head.getBytes(ISO_8859_1));
    out.write(body, 0, length);
    out.flush();
  }

  /** @return nothing if the server has just closed the connection */
  private static String answer(Socket socket) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[4096];
    try {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        answer.write(buffer, 0, read);
      }
    } catch (SocketException _) {
      // reset: what came before counts
    }
    return answer.toString(ISO_8859_1);
  }

  private static void assertRefusedOrClosed(String answer) {
    assertThat(answer).matches("(?s)(HTTP/1.1 400 .*)?");
  }

  @Test
  void whoEndsBeforeTheStatedLengthLeavesNothing() throws IOException {
    Push push = large();
    try (Socket socket = connect()) {
      write(socket, head(push.narTarget(), length(push.file().length)), push.file(), SIZE / 2);
      socket.shutdownOutput();
      assertRefusedOrClosed(answer(socket));
    }
    assertNothingLeft();
  }

  @Test
  void whoStatesMoreThanTheNarHasLeavesNothing() throws IOException {
    Push push = large();
    try (Socket socket = connect()) {
      write(socket, head(push.narTarget(), length(push.file().length + 1)), push.file(), push.file().length);
      socket.shutdownOutput();
      assertRefusedOrClosed(answer(socket));
    }
    assertNothingLeft();
  }

  @Test
  void whoStatesLessThanTheNarHasLeavesNothing() throws IOException {
    Push push = large();
    try (Socket socket = connect()) {
      write(socket, head(push.narTarget(), length(push.file().length - 8)), push.file(), push.file().length);
      assertThat(answer(socket)).startsWith("HTTP/1.1 422 ").contains("too early");
    }
    assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoIsGoneInTheMiddleLeavesNothing(boolean reset) throws IOException {
    Push push = large();
    for (String target : List.of(push.narTarget(), push.narTarget() + ".xz", push.narInfoTarget(),
        "/log/" + Push.anyPath("x.drv").baseName(), "/nix-cache-info")) {
      try (Socket socket = connect()) {
        write(socket, head(target, length(60_000)), push.file(), 30_000);
        if (reset) {
          socket.setSoLinger(true, 0);
        }
      }
    }
    assertNothingLeft();
    assertInvisible(push);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "-5\r\nabc\r\n", "ffffffffffffffff\r\n", "5\r\nabcdefghijk\r\n0\r\n\r\n",
      "4\r\nab"})
  void whoSendsBrokenChunksLeavesNothing(String chunks) throws IOException {
    for (String target : List.of(Push.fresh().narTarget(), Push.fresh().narInfoTarget(),
        "/log/" + Push.anyPath("x.drv").baseName())) {
      try (Socket socket = connect()) {
        write(socket, head(target, "Transfer-Encoding: chunked"), chunks.getBytes(ISO_8859_1), chunks.length());
        socket.shutdownOutput();
        assertThat(answer(socket)).matches("(?s)(HTTP/1.1 4(00|15|22) .*)?");
      }
    }
    assertNothingLeft();
  }

  @Test
  void whoFallsSilentIsGivenUp() throws IOException {
    Push push = large();
    try (Socket nar = connect(); Socket narInfo = connect(); Socket head = connect()) {
      write(nar, head(push.narTarget(), length(push.file().length)), push.file(), SIZE / 2);
      write(narInfo, head(push.narInfoTarget(), length(1000)), push.narInfoBytes(), 100);
      write(head, "PUT " + push.narTarget() + " HTTP/1.1\r\nHost", new byte[0], 0);
      assertTheyAreSeen();
      assertRefusedOrClosed(answer(nar));
      assertRefusedOrClosed(answer(narInfo));
      assertThat(answer(head)).doesNotContain("HTTP/1.1 2");
      assertNothingLeft();
    }
  }

  /** Else it would prove nothing that nothing is left. */
  private void assertTheyAreSeen() {
    await().untilAsserted(() -> {
      State now = state();
      assertThat(now.requests()).isEqualTo(2);
      assertThat(now.waiting()).hasSize(1);
      assertThat(now.open()).hasSizeGreaterThan(stateBefore().open().size());
    });
  }

  @Test
  void whoTricklesIsGivenUp() throws Exception {
    Push push = large();
    try (Socket socket = connect()) {
      write(socket, head(push.narTarget(), length(push.file().length)), push.file(), 100);
      Thread trickle = Thread.ofVirtual().start(() -> {
        try {
          for (int i = 100; i < SIZE; i++) {
            socket.getOutputStream().write(push.file(), i, 1);
            Thread.sleep(200);
          }
        } catch (IOException | InterruptedException _) {
          // given up
        }
      });
      assertThat(answer(socket)).startsWith("HTTP/1.1 400 ").contains("kiln.cache.min-upload-rate");
      trickle.interrupt();
      trickle.join();
    }
    assertNothingLeft();
  }

  /** Nix sends this with every PUT, and waits a second for the answer. */
  @Test
  void whoAsksFirstIsRefusedBeforeItSendsAnything() throws IOException {
    Push push = Push.fresh();
    long most = 1L << 50;
    for (List<String> each : List.of(List.of(push.narTarget(), "413"), List.of(push.narTarget() + ".xz", "413"),
        List.of(push.narInfoTarget(), "413"), List.of("/nix-cache-info", "413"),
        List.of("/log/" + Push.anyPath("x.drv").baseName(), "413"), List.of("/nar/x.nar", "404"),
        List.of("/on-demand" + push.narTarget(), "405"))) {
      try (Socket socket = connect()) {
        write(socket, head(each.getFirst(), length(most), "Expect: 100-continue"), new byte[0], 0);
        assertThat(answer(socket)).startsWith("HTTP/1.1 " + each.getLast() + " ")
            .contains("application/problem+json");
      }
    }
    assertNothingLeft();
  }

  @Test
  void whoAsksFirstIsToldToGoOn() throws IOException {
    Push push = Push.fresh();
    try (Socket socket = connect()) {
      write(socket, head(push.narTarget(), length(push.file().length), "Expect: 100-continue"), new byte[0], 0);
      byte[] goOn = socket.getInputStream().readNBytes("HTTP/1.1 100 Continue\r\n\r\n".length());
      assertThat(new String(goOn, ISO_8859_1)).startsWith("HTTP/1.1 100 ");
      socket.getOutputStream().write(push.file());
      assertThat(answer(socket)).startsWith("HTTP/1.1 201 ");
    }
  }

  @Test
  void whoSendsMoreThanItStatedIsNotTakenForTwo() throws IOException {
    Push push = Push.fresh();
    String request = head(push.narTarget(), length(push.file().length)) + new String(push.file(), ISO_8859_1)
        + new String(push.file(), ISO_8859_1);
    RawHttp.Response response = RawHttp.send(client.base(), request);
    assertThat(response.status()).isEqualTo(201);
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(201);
  }

  @Test
  void whoSendsTheSameAtOnceSucceedsAsOne() throws IOException {
    Push push = large();
    List<Integer> nars = IntStream.range(0, 8).parallel()
        .mapToObj(_ -> put(push.narTarget(), push.file()).statusCode()).toList();
    assertThat(nars).containsOnly(201);
    List<Integer> narInfos = IntStream.range(0, 8).parallel().mapToObj(_ -> sendNarInfo(push).statusCode()).toList();
    assertThat(narInfos).contains(201).isSubsetOf(200, 201);
    assertThat(state().rows("path_info")).isEqualTo(stateBefore().rows("path_info") + 1);
    assertThat(state().rows("uploaded_nar")).isEqualTo(stateBefore().rows("uploaded_nar") + 1);
    assertThat(state().waiting()).isEmpty();
  }

  @Test
  void whoSendsOtherContentForAPathAtOnceLosesToWhoWasFirst() {
    Push first = Push.fresh();
    List<Push> pushes = IntStream.range(0, 8)
        .mapToObj(i -> i == 0 ? first : Push.of(first.path(), Push.nar(Push.freshText()))).toList();
    pushes.forEach(this::send);
    List<Integer> statuses = pushes.parallelStream().map(this::sendNarInfo).map(HttpResponse::statusCode).toList();
    assertThat(statuses.stream().filter(status -> status == 201)).hasSize(1);
    assertThat(statuses.stream().filter(status -> status == 409)).hasSize(7);
    Push winner = pushes.get(statuses.indexOf(201));
    assertThat(client.get("/nar/" + Push.sha256(winner.file()).base32() + ".nar").statusCode()).isEqualTo(200);
    assertThat(client.get(winner.narInfoTarget()).body()).contains(Push.sha256(winner.file()).prefixedBase32());
  }

  /** One client has sent half of a NAR and is gone; the other one goes on. */
  @Test
  void whoIsGoneTakesNothingFromWhoSendsTheSame() throws IOException {
    Push push = large();
    try (Socket stays = connect()) {
      write(stays, head(push.narTarget(), length(push.file().length)), push.file(), SIZE / 2);
      try (Socket goes = connect()) {
        write(goes, head(push.narTarget(), length(push.file().length)), push.file(), SIZE / 2);
        goes.setSoLinger(true, 0);
      }
      stays.getOutputStream().write(Arrays.copyOfRange(push.file(), SIZE / 2, push.file().length));
      assertThat(answer(stays)).startsWith("HTTP/1.1 201 ");
    }
    assertThat(sendNarInfo(push).statusCode()).isEqualTo(201);
    assertThat(client.get("/nar/" + Push.sha256(push.file()).base32() + ".nar").statusCode()).isEqualTo(200);
  }
}
