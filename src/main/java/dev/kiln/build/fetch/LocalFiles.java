package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

import dev.kiln.build.BuildException;

/**
 * What {@code file:} URLs may name.
 *
 * @param directories that hold it, directly or not
 */
record LocalFiles(List<Path> directories) {

  private static final Set<String> HERE = Set.of("", "localhost", "127.0.0.1");

  LocalFiles { directories = directories.stream().map(directory -> directory.toAbsolutePath().normalize()).toList(); }

  /**
   * @throws FetchFailed there is no such file
   * @throws BuildException.CannotBuildHere it may not be read
   */
  Download.Source open(Url url) throws FetchFailed {
    Path path = path(url);
    if (directories.stream().noneMatch(path::startsWith)) {
      throw refused(url);
    }
    try {
      Path real = path.toRealPath();
      if (!isInside(real)) {
        throw refused(url);
      }
      // opening a FIFO would wait for its writer
      if (!Files.isRegularFile(real)) {
        throw unreadable(url);
      }
      InputStream in = Files.newInputStream(real);
      return new Download.Source(url, in, OptionalLong.of(Files.size(real)), "", in);
    } catch (FetchFailed e) {
      throw e;
    } catch (IOException _) {
      throw unreadable(url);
    }
  }

  private boolean isInside(Path real) throws IOException {
    for (Path directory : directories) {
      if (Files.exists(directory) && real.startsWith(directory.toRealPath())) {
        return true;
      }
    }
    return false;
  }

  private static Path path(Url url) throws FetchFailed {
    try {
      if (HERE.contains(url.authority())) {
        String target = url.target().split("\\?", 2)[0];
        return Path.of(URLDecoder.decode(target.replace("+", "%2B"), StandardCharsets.UTF_8)).normalize();
      }
    } catch (InvalidPathException _) {
      // no file has such a name
    }
    throw unreadable(url);
  }

  private static FetchFailed unreadable(Url url) {
    return FetchFailed.forGood(FetchFailed.unable(url, "Couldn't read a file:// file (37)"));
  }

  private static BuildException refused(Url url) {
    return new BuildException.CannotBuildHere(FetchFailed.unable(url,
        "file URLs may only name what kiln.fetch.allow.files allows"));
  }
}
