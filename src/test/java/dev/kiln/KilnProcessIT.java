package dev.kiln;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.kiln.harness.DebianPostgres;
import dev.kiln.harness.GoldenFiles;
import dev.kiln.harness.KilnClient;
import dev.kiln.harness.KilnProcess;
import dev.kiln.harness.NixClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class KilnProcessIT {

  @TempDir
  Path data;

  @Test
  void startsFromNothingUnderTheCLocaleAndStopsInGoodOrder() throws IOException {
    var kiln = KilnProcess.launch(List.of(), KilnProcess.classPath(), Map.of("LANG", "C", "LC_ALL", "C"), data);
    try (kiln) {
      kiln.awaitHealthy();
      assertThat(kiln.log()).contains("keeps its data in " + data.toRealPath(), "its own PostgreSQL 18");
      kiln.stop();
    }
    assertThat(kiln.log()).doesNotContain(" ERROR ");
    assertThat(serversOn(data)).isEmpty();
  }

  @Test
  void killedLeavesNoServerBehindAndStartsAgain() throws IOException {
    try (var kiln = KilnProcess.start(data)) {
      assertThat(serversOn(data)).isNotEmpty();
      kiln.kill9();
    }
    await().atMost(Duration.ofSeconds(20)).until(() -> serversOn(data).isEmpty());
    try (var kiln = KilnProcess.start(data)) {
      assertThat(kiln.handle().isAlive()).isTrue();
    }
  }

  @Test
  void takesOverFromAServerWhoseGuardsWereKilledToo() throws IOException {
    try (var kiln = KilnProcess.start(data)) {
      List<ProcessHandle> guards = kiln.handle().descendants()
          .filter(process -> process.info().command().orElse("").matches(".*/(sh|dash|bash|busybox)")).toList();
      assertThat(guards).isNotEmpty();
      guards.forEach(ProcessHandle::destroyForcibly);
      kiln.kill9();
    }
    assertThat(serversOn(data)).isNotEmpty();
    try (var kiln = KilnProcess.start(data)) {
      assertThat(kiln.log()).contains("that an earlier Kiln left behind");
    }
    assertThat(serversOn(data)).isEmpty();
  }

  @Test
  void refusesADataDirectoryThatAnotherKilnUses() throws IOException {
    try (var first = KilnProcess.start(data)) {
      var second = KilnProcess.launch(List.of(), KilnProcess.classPath(), Map.of(), data);
      assertThat(second.awaitEnd()).isEqualTo(1);
      assertThat(second.log())
          .contains("The data directory " + data.toRealPath() + " is in use by another Kiln (process "
              + first.handle().pid() + ")", "--kiln.data-dir=");
      first.awaitHealthy();
    }
  }

  @Test
  void usesTheServerItIsGivenAndStillLocksItsDataDirectory() throws IOException {
    try (var postgres = DebianPostgres.start()) {
      String[] given = {"--spring.datasource.url=" + postgres.jdbcUrl(),
          "--spring.datasource.username=" + postgres.username(), "--spring.datasource.password=" + postgres.password()};
      try (var kiln = KilnProcess.start(data, given)) {
        assertThat(kiln.log()).contains("at " + postgres.jdbcUrl()).doesNotContain(postgres.password());
        assertThat(data.resolve("postgres")).doesNotExist();
        var second = KilnProcess.launch(List.of(), KilnProcess.classPath(), Map.of(), data, given);
        assertThat(second.awaitEnd()).isEqualTo(1);
        assertThat(second.log()).contains("is in use by another Kiln");
        assertTakesAndGivesAPath(kiln);
      }
    }
  }

  private void assertTakesAndGivesAPath(KilnProcess kiln) throws IOException {
    NixClient here = new NixClient();
    NixClient there = new NixClient("require-sigs = false");
    Path file = Files.writeString(data.resolve("pushed"), "pushed\n");
    String path = here.run("nix-store", "--add", file.toString()).ok().strip();
    here.run("nix", "copy", "--to", kiln.baseUri().toString(), path).ok();
    there.run("nix", "copy", "--from", kiln.baseUri().toString(), "--to", there.root().toString(), path).ok();
    assertThat(there.root().resolve(path.substring(1))).hasContent("pushed");
  }

  /** From the packaged jar: the class path of a test run may lie where only this user may look. */
  @Test
  void runsAndBuildsAsAnOrdinaryUser() throws IOException {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path jar = Files.copy(packaged(), data.resolve("kiln.jar"));
    Path home = Files.createDirectory(data.resolve("home"));
    List<String> wrapper = List.of();
    if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      Files.setAttribute(home, "unix:uid", 65534);
      wrapper = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
    }
    try (var kiln = KilnProcess.launch(wrapper, List.of("-jar", jar.toString()), Map.of(), home.resolve("data"))) {
      kiln.awaitHealthy();
      assertThat(Files.getAttribute(home.resolve("data/postgres/data/PG_VERSION"), "unix:uid")).isNotEqualTo(0);
      try (var client = new KilnClient(kiln.baseUri())) {
        GoldenFiles.importBusybox(client);
        GoldenFiles.register(client, GoldenFiles.TRIVIAL);
        var response = client.get("/store/" + GoldenFiles.TRIVIAL_OUT);
        assertThat(response.body()).isEqualTo("hello\n");
      }
    }
  }

  private static Path packaged() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      return files.filter(file -> file.getFileName().toString().matches("kiln-.*\\.jar")).findFirst()
          .orElseThrow(() -> new AssertionError("package Kiln first: target/kiln-*.jar is missing"));
    }
  }

  /** @return the processes that work in PostgreSQL's data directory below {@code data} */
  private static List<Long> serversOn(Path data) throws IOException {
    Path cluster = data.toRealPath().resolve("postgres/data");
    return ProcessHandle.allProcesses().map(ProcessHandle::pid).filter(pid -> {
      try {
        return Objects.equals(Files.readSymbolicLink(Path.of("/proc", pid.toString(), "cwd")), cluster);
      } catch (IOException _) {
        return false;
      }
    }).toList();
  }
}
