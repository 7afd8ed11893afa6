package dev.kiln.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Runs real programs, which must be there and must succeed. */
public final class Programs {

  private Programs() {}

  /** @return what it wrote to its standard output */
  public static byte[] run(String... command) throws IOException {
    return run(Map.of(), command);
  }

  /** @param environment added to that of the tests */
  public static byte[] run(Map<String, String> environment, String... command) throws IOException {
    Path errors = Files.createTempFile("kiln-errors-", ".log");
    try {
      var builder = new ProcessBuilder(command).redirectError(errors.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      int status = process.waitFor();
      if (status != 0)
        throw new AssertionError(
            String.join(" ", command) + " ended with " + status + ":\n" + Files.readString(errors));
      return output;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      Files.delete(errors);
    }
  }
}
