package dev.kiln.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's Nix, single-user, with a store and a home of its own that are gone when the JVM is. */
public final class NixClient {

  /** @param out and err as UTF-8 */
  public record Result(int exit, String out, String err) {

    /** @return {@code out}, if the program ended well */
    public String ok() {
      if (exit != 0)
        throw new AssertionError("exit " + exit + ":\n" + err);
      return out;
    }
  }

  private final Path home = TemporaryDirectories.create("kiln-nix-");

  /** @param settings lines of nix.conf */
  public NixClient(String... settings) throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(home.resolve("conf/nix.conf"),
        "experimental-features = nix-command\nbuild-users-group =\nsandbox = false\nsubstituters =\n"
            + String.join("\n", settings) + "\n");
  }

  /** @return the root of the store: paths are in {@code nix/store} below it */
  public Path root() {
    return home.resolve("root");
  }

  /** Runs a command of Nix's; the store is this client's, unless {@code command} says another. */
  public Result run(String... command) throws IOException {
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    var builder = new ProcessBuilder(List.of(command)).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("NIX_CONF_DIR", home.resolve("conf").toString());
    builder.environment().put("NIX_REMOTE", root().toString());
    Process process = builder.start();
    try {
      if (!process.waitFor(3, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError(List.of(command) + " did not end:\n" + Files.readString(err));
      }
      return new Result(process.exitValue(), new String(Files.readAllBytes(out), StandardCharsets.UTF_8),
          new String(Files.readAllBytes(err), StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
