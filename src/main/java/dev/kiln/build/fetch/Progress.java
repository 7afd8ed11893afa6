package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;

/** Tells in a build log how a download goes. */
final class Progress {

  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

  private final OutputStream log;
  private final Duration interval;
  private long lastNanos;
  private OptionalLong size = OptionalLong.empty();

  /** @param interval between two lines while bytes come */
  Progress(OutputStream log, Duration interval) {
    this.log = log;
    this.interval = interval;
  }

  void say(String line) throws IOException {
    log.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    log.flush();
  }

  /** @param bytes to come, if that is known */
  void begin(Url url, OptionalLong bytes) throws IOException {
    size = bytes;
    lastNanos = System.nanoTime();
    say("downloading '" + url + "'" + (bytes.isPresent() ? " (" + text(bytes.getAsLong()) + ")" : ""));
  }

  /** @param count of all bytes so far */
  void at(long count) throws IOException {
    long now = System.nanoTime();
    if (now - lastNanos >= interval.toNanos()) {
      lastNanos = now;
      boolean known = size.isPresent() && size.getAsLong() > 0;
      say(known
          ? String.format(Locale.ROOT, "%3d%%  %s of %s", (int) (100.0 * count / size.getAsLong()), text(count),
              text(size.getAsLong()))
          : "      " + text(count));
    }
  }

  void end(long count) throws IOException {
    say("downloaded " + text(count));
  }

  private static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " bytes";
    }
    double amount = bytes / 1024.0;
    int unit = 0;
    while (amount >= 1024 && unit < UNITS.length - 1) {
      amount /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
  }
}
