package dev.kiln;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.TemporaryDirectories;

import static org.assertj.core.api.Assertions.assertThat;

/** Kiln dies in the middle of a build. */
class KilledBuildIT {

  private Path data;

  @BeforeEach
  void makeData() {
    data = TemporaryDirectories.create("kiln-data-");
  }

  @Test
  void leavesNothingHalfDoneAndTakesTheBuildUpAgainWhenItStarts() throws Exception {
    String killed;
    try (var kiln = KilnProcess.start(data); var client = new KilnClient(kiln.baseUri())) {
      GoldenFiles.importBusybox(client);
      GoldenFiles.register(client, GoldenFiles.SLEEP);
      killed = client.get("/store/" + GoldenFiles.SLEEP_OUT, "Prefer", "respond-async").headers()
          .firstValue("Location").orElseThrow();
      while (!client.get(killed + "/log").body().startsWith("start"))
        Thread.sleep(20);
      assertThat(processesOfBuilds()).isNotEmpty();
      kiln.kill9();
    }
    try (var kiln = KilnProcess.start(data); var client = new KilnClient(kiln.baseUri())) {
      assertThat(client.get("/store/" + GoldenFiles.SLEEP_OUT).body()).isEqualTo("slept\n");
      assertThat(processesOfBuilds()).isEmpty();
      // what is built is told before it is cleaned up after
      for (int look = 0; look < 100 && !leftOfBuilds().isEmpty(); look++) {
        Thread.sleep(20);
      }
      assertThat(leftOfBuilds()).isEmpty();
      assertThat(client.json(killed).get("state").asString()).isEqualTo("succeeded");
      assertThat(states(client.json("/api/v1/builds"))).containsExactly("succeeded");
      assertThat(client.get("/api/v1/paths/" + GoldenFiles.SLEEP_OUT).statusCode()).isEqualTo(200);
    }
  }

  private static List<String> states(JsonNode builds) {
    var states = new ArrayList<String>();
    builds.forEach(build -> states.add(build.get("state").asString()));
    return states;
  }

  /** @return the processes that see the directory of a build among their mounts */
  private List<Path> processesOfBuilds() throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes.filter(process -> process.getFileName().toString().matches("[0-9]+")).filter(process -> {
        try {
          String mounts = new String(Files.readAllBytes(process.resolve("mountinfo")), StandardCharsets.UTF_8);
          return mounts.contains(data.getFileName() + "/builds/");
        } catch (IOException _) {
          // It is gone
          return false;
        }
      }).toList();
    }
  }

  private List<String> leftOfBuilds() throws IOException {
    try (Stream<Path> all = Files.list(data.resolve("builds"))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> !List.of("root", "network-root", "seccomp").contains(name)).toList();
    }
  }
}
