package dev.kiln.binarycache;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import dev.kiln.harness.Client;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.TemporaryDirectories;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Kiln dies while a client pushes. */
class InterruptedPushIT {

  private final Path data = TemporaryDirectories.create("kiln-data-");

  @Test
  void goesOnWithTheNarsThatWereWholeAndForgetsTheOthers() throws IOException {
    Push whole = Push.fresh();
    Push half = Push.of(Push.nar("half\n".repeat(100_000)));
    List<Path> packs;
    try (KilnProcess kiln = KilnProcess.start(data)) {
      Client client = new Client(kiln.baseUri().getPort());
      assertThat(client.send("PUT", whole.narTarget(), whole.file()).statusCode()).isEqualTo(201);
      packs = files("packs");
      try (Socket socket = new Socket(kiln.baseUri().getHost(), kiln.baseUri().getPort())) {
        socket.getOutputStream().write(("PUT " + half.narTarget() + " HTTP/1.1\r\nHost: kiln\r\nContent-Length: "
            + half.file().length + "\r\n\r\n").getBytes(ISO_8859_1));
        socket.getOutputStream().write(half.file(), 0, half.file().length / 2);
        socket.getOutputStream().flush();
        await().atMost(Duration.ofMinutes(1)).until(() -> !files("tmp").isEmpty());
        kiln.kill9();
      }
    }
    try (KilnProcess kiln = KilnProcess.start(data)) {
      Client client = new Client(kiln.baseUri().getPort());
      assertThat(files("tmp")).isEmpty();
      assertThat(files("packs")).isEqualTo(packs).hasSize(1);
      assertThat(client.send("HEAD", whole.narTarget(), new byte[0]).statusCode()).isEqualTo(200);
      assertThat(client.send("PUT", whole.narInfoTarget(), whole.narInfoBytes()).statusCode()).isEqualTo(201);
      assertThat(client.send("HEAD", half.narTarget(), new byte[0]).statusCode()).isEqualTo(404);
      assertThat(client.send("PUT", half.narInfoTarget(), half.narInfoBytes()).statusCode()).isEqualTo(422);
      assertThat(client.send("PUT", half.narTarget(), half.file()).statusCode()).isEqualTo(201);
      assertThat(client.send("PUT", half.narInfoTarget(), half.narInfoBytes()).statusCode()).isEqualTo(201);
      for (Push push : List.of(whole, half)) {
        assertThat(client.get("/nar/" + Push.sha256(push.file()).base32() + ".nar").body())
            .isEqualTo(new String(push.file(), UTF_8));
      }
    }
  }

  private List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.walk(data.resolve(directory))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
