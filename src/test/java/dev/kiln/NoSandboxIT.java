package dev.kiln;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.TemporaryDirectories;

import static org.assertj.core.api.Assertions.assertThat;

/** A machine without bubblewrap. */
class NoSandboxIT {

  @Test
  void startsAndAnswersWhatNeedsABuildWithTheCommandThatHelps() throws Exception {
    var environment = Map.of("PATH", pathWithoutBubblewrap());
    Path data = TemporaryDirectories.create("kiln-data-");
    try (var kiln = KilnProcess.launch(List.of(), KilnProcess.classPath(), environment, data)) {
      kiln.awaitHealthy();
      assertThat(kiln.log()).contains("This Kiln builds nothing: bubblewrap is not installed");
      try (var client = new KilnClient(kiln.baseUri())) {
        GoldenFiles.importBusybox(client);
        GoldenFiles.register(client, GoldenFiles.TRIVIAL);
        HttpResponse<String> response = client.get("/store/" + GoldenFiles.TRIVIAL_OUT);
        assertThat(response.statusCode()).isEqualTo(501);
        assertThat(client.parse(response.body()).get("detail").asString()).contains("builds are disabled",
            "bubblewrap is not installed", "apt-get install bubblewrap busybox-static");
      }
    }
  }

  private static String pathWithoutBubblewrap() throws IOException {
    Path programs = TemporaryDirectories.create("kiln-path-");
    for (String directory : System.getenv("PATH").split(":", -1)) {
      if (!Files.isDirectory(Path.of(directory)))
        continue;
      try (Stream<Path> all = Files.list(Path.of(directory))) {
        for (Path program : all.filter(each -> !each.endsWith("bwrap")).toList()) {
          Path link = programs.resolve(program.getFileName().toString());
          if (!Files.isSymbolicLink(link))
            Files.createSymbolicLink(link, program);
        }
      }
    }
    return programs.toString();
  }
}
