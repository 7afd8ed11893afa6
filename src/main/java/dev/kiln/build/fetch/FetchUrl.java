package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builtin;
import dev.kiln.pathinfo.PathInfo;

/** {@code builtin:fetchurl}: a file, or the tree of a NAR, by its URL and its hash (Nix: builtins/fetchurl.cc). */
final class FetchUrl implements Builtin {

  private static final Logger log = LoggerFactory.getLogger(FetchUrl.class);

  private static final Duration PROGRESS = Duration.ofSeconds(10);
  /** Before the second attempt, and doubled before each other, with jitter (Nix: filetransfer.cc). */
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration MAX_PAUSE = Duration.ofMinutes(1);

  private final FetchProperties properties;
  private final Downloader downloader;
  private final Intake intake;
  private final Download.Room room;

  FetchUrl(FetchProperties properties, Downloader downloader, Intake intake, Download.Room room) {
    this.properties = properties;
    this.downloader = downloader;
    this.intake = intake;
    this.room = room;
  }

  @Override
  public String name() {
    return "fetchurl";
  }

  @Override
  public BuildResult build(BuildRequest request, OutputStream out) throws InterruptedException {
    if (!properties.enabled()) {
      throw new BuildException.CannotBuildHere(
          "downloads are disabled (kiln.fetch.enabled), but '" + request.derivationPath() + "' is one");
    }
    Progress progress = new Progress(out, PROGRESS);
    try (Watchdog watchdog = Watchdog.start(properties.limits().time())) {
      try {
        PathInfo fetched = fetch(request, progress, watchdog);
        return new BuildResult(new TreeMap<>(Map.of("out", fetched)));
      } catch (FetchFailed e) {
        watchdog.check();
        progress.say("error: " + e.getMessage());
        throw new BuildException.BuilderFailed(1);
      }
    } catch (ClosedByInterruptException e) {
      // A channel says an interruption so, and leaves the thread's flag set
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException("build of '" + request.derivationPath() + "'");
      interrupted.initCause(e);
      throw interrupted;
    } catch (IOException e) {
      throw new BuildException.MachineFailed("'" + request.derivationPath() + "' could not be kept: " + e.getMessage(),
          e);
    }
  }

  private PathInfo fetch(BuildRequest request, Progress progress, Watchdog watchdog)
      throws IOException, InterruptedException {
    Wanted wanted = Wanted.of(request.derivation());
    for (Url mirror : wanted.hashed(properties.hashedMirrors())) {
      try {
        return attempt(request, wanted, mirror, progress, watchdog);
      } catch (FetchFailed e) {
        watchdog.check();
        log.debug("{} is not on a mirror", wanted.output().path(), e);
      }
    }
    for (int attempt = 1;; attempt++) {
      try {
        return attempt(request, wanted, wanted.url(), progress, watchdog);
      } catch (FetchFailed e) {
        watchdog.check();
        if (!e.isPassing() || attempt >= properties.limits().attempts()) {
          throw e;
        }
        Duration pause = pause(attempt);
        progress.say("warning: " + e.getMessage() + "; retrying in " + pause.toMillis() + " ms");
        watchdog.pause(pause);
      }
    }
  }

  private PathInfo attempt(BuildRequest request, Wanted wanted, Url url, Progress progress, Watchdog watchdog)
      throws IOException, InterruptedException {
    Download.Source source = downloader.open(url, watchdog);
    try (Download download = new Download(source, properties.limits().size().toBytes(), room, progress)) {
      return intake.take(request, wanted, download);
    }
  }

  private static Duration pause(int attempt) {
    double millis = PAUSE.toMillis() * Math.pow(2, attempt - 1.0) * ThreadLocalRandom.current().nextDouble(1, 1.5);
    // a double that is too large becomes the largest long
    return Duration.ofMillis(Math.min((long) millis, MAX_PAUSE.toMillis()));
  }
}
