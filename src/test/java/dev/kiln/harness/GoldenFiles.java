package dev.kiln.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Golden derivations, and the source that all of them are built from, for a Kiln anywhere. */
public final class GoldenFiles {

  /** A derivation of nothing but busybox, and its output, whose content is {@code hello}. */
  public static final String TRIVIAL = "dlb5kz7y5rrcyyb1mfqwvd5hxqgmppk8-trivial.drv";
  public static final String TRIVIAL_OUT = "fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial";

  /** Prints {@code start}, sleeps five seconds, and prints {@code end}; its output's content is {@code slept}. */
  public static final String SLEEP = "x61i940kxqcxw96yg7qszgidl5mxga4y-sleep-5.drv";
  public static final String SLEEP_OUT = "xb93jff7hj6l34h33n7ckwyjrjybvs7k-sleep-5";

  private static final String BUSYBOX = "/nix/store/9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb";

  /**
   * An output with the environment of a build with structured attributes. Nix 2.8 tells where their files are outside of its
   * sandbox, which is no use inside; newer Nix, and Kiln, tell where they are inside.
   */
  public static final String STRUCTURED_OUT = "yv15rjh7hakidgrf5na20x9y0cp5cygk-structured";

  private GoldenFiles() {}

  /** @return the NAR of {@link #STRUCTURED_OUT} as newer Nix makes it */
  public static byte[] structuredNar() {
    try (InputStream in = Objects
        .requireNonNull(GoldenFiles.class.getResourceAsStream("/golden/nar/" + STRUCTURED_OUT + ".nar"))) {
      String nar = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      int begin = nar.indexOf("HOME=/homeless-shelter\n");
      int end = nar.indexOf("TMPDIR=/build\n") + "TMPDIR=/build\n".length();
      String env = nar.substring(begin, end).replace("/tmp/nix-build-structured.drv-0/", "/build/");
      String rest = nar.substring(end + (begin - end & 7));
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, env.length());
      return (nar.substring(0, begin - 8) + new String(length.array(), StandardCharsets.ISO_8859_1) + env
          + "\0".repeat(-env.length() & 7) + rest).getBytes(StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Imports a directory that holds Debian's busybox. */
  public static void importBusybox(KilnClient kiln) throws IOException {
    Path bb = TemporaryDirectories.create("kiln-bb-");
    Files.copy(Path.of("/bin/busybox"), bb.resolve("busybox"));
    byte[] tar = Programs.run("tar", "--create", "--directory", bb.toString(), ".");
    HttpResponse<String> response = kiln.put("/api/v1/sources/bb", KilnClient.TAR, tar);
    if (response.statusCode() != 201 || !kiln.parse(response.body()).get("path").asString().equals(BUSYBOX))
      throw new AssertionError(response.statusCode() + ": " + response.body());
  }

  /** Registers one derivation that needs no other. */
  public static void register(KilnClient kiln, String derivation) throws IOException {
    try (InputStream in = Objects.requireNonNull(GoldenFiles.class.getResourceAsStream("/golden/drv/" + derivation))) {
      HttpResponse<String> response = kiln.put("/api/v1/derivations/" + derivation, "text/x-nix-derivation",
          in.readAllBytes());
      if (response.statusCode() / 100 != 2)
        throw new AssertionError(response.statusCode() + ": " + response.body());
    }
  }
}
