package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.kiln.harness.TemporaryDirectories;

/** Debian's Nix with a store of its own in a directory of its own: the machine's store is never touched. */
final class NixClient {

  private static final int LIMIT_SECONDS = 120;

  record Outcome(int status, String out, String err) {
    Outcome ok() {
      if (status != 0) {
        throw new AssertionError("nix ended with " + status + ":\n" + err);
      }
      return this;
    }
  }

  final Path home = TemporaryDirectories.create("kiln-nix-");
  final Path root = home.resolve("root");

  /** Runs {@code nix <arguments>} on the store. */
  Outcome nix(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(
        List.of("nix", "--extra-experimental-features", "nix-command ca-derivations", "--store", root.toString()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  /** Runs an old-style command on the store. */
  Outcome old(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program, "--store", root.toString()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  /** @return the store path */
  String add(Path file) throws IOException {
    return old("nix-store", "--add", file.toString()).ok().out().strip();
  }

  private Outcome run(List<String> command) throws IOException {
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile())
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().put("HOME", home.toString());
    // of its own: what a client remembers of a cache is not made for two that write it at once
    builder.environment().put("XDG_CACHE_HOME", Files.createTempDirectory(home, "cache").toString());
    builder.environment().remove("NIX_REMOTE");
    Process process = builder.start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " does not end:\n" + Files.readString(err));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
