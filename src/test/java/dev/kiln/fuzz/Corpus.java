package dev.kiln.fuzz;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.kiln.harness.Programs;

/** True inputs of every parser, which others are made of. */
final class Corpus {

  /** In bytes. */
  private static final int LONGEST = 6_000;

  private Corpus() {}

  static List<byte[]> of(Parser parser) throws IOException, URISyntaxException {
    return switch (parser) {
      case ATERM -> files("/golden/drv");
      case NAR -> files("/golden/nar");
      case NAR_INFO -> texts("""
          StorePath: /nix/store/5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4
          URL: nar/1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0.nar.xz
          Compression: xz
          FileHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
          FileSize: 200
          NarHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
          NarSize: 168
          References: 5nzsq4wa968b8xyxfykiajynncrkpr2x-refchain-4 fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial
          Deriver: dlb5kz7y5rrcyyb1mfqwvd5hxqgmppk8-trivial.drv
          Sig: key-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==
          CA: fixed:r:sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
          """);
      case STORE_PATH -> texts("/nix/store/fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial",
          "fixed:r:sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0",
          "text:sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0",
          "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
      case TAR -> List.of(tar("gnu"), tar("pax"), tar("ustar"));
      case REALISATION -> texts("{\"dependentRealisations\":{\"sha256:" + "0a".repeat(32)
          + "!dev\":\"fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial\"},\"id\":\"sha256:" + "0b".repeat(32)
          + "!out\",\"outPath\":\"fb0magjvpcrc85d3wsxwbj14gy9vbg6r-trivial\",\"signatures\":[\"k:" + "A".repeat(86)
          + "==\"]}");
      case JSON -> texts("{\"a\":[1,-2.5e-7,true,null,\"\\u00e9\\ud83d\\ude00\\n\",{}],\"b\":18446744073709551615}",
          "[[[[1e308,0.1,-0.0]]],\"gr\u00fc\u00dfe\"]");
    };
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static List<byte[]> files(String resource) throws IOException, URISyntaxException {
    URI directory = Objects.requireNonNull(Corpus.class.getResource(resource)).toURI();
    List<byte[]> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      for (Path file : files.sorted().toList()) {
        if (Files.size(file) <= LONGEST)
          all.add(Files.readAllBytes(file));
      }
    }
    return all;
  }

  /** @return two blocks of a link with a name that is too long for a header, and one of a file */
  private static byte[] tar(String format) throws IOException {
    Path directory = Files.createTempDirectory("kiln-tar-");
    String name = "n".repeat(format.equals("ustar") ? 90 : 150);
    Files.writeString(directory.resolve("file"), "content");
    Files.createSymbolicLink(directory.resolve(name), Path.of("target"));
    try {
      return Programs.run("tar", "--create", "--format=" + format, "--mtime=@0", "--sort=name", "--directory",
          directory.toString(), "file", name);
    } finally {
      Files.delete(directory.resolve("file"));
      Files.delete(directory.resolve(name));
      Files.delete(directory);
    }
  }
}
