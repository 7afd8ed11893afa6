package dev.kiln.build.sandbox;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.posix.Signal;

/** Ends what still runs in the directory of a build whose Kiln, or whose bubblewrap, is gone. */
final class Leftovers {

  private static final Logger log = LoggerFactory.getLogger(Leftovers.class);
  private static final int LOOKS = 500;
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private Leftovers() {}

  /**
   * Kills every process in whose mounts {@code build}, whose name is like no other, is to be seen, and waits until they are
   * gone.
   */
  static void end(Path build) throws IOException {
    for (int look = 0; look < LOOKS; look++) {
      List<Long> found = processes(BuildDirectory.nameOf(build));
      if (found.isEmpty()) {
        return;
      }
      for (long pid : found) {
        Signal.KILL.sendTo(pid);
      }
      LockSupport.parkNanos(WAIT_NANOS);
    }
    log.error("processes {} of the build in {} do not end", processes(BuildDirectory.nameOf(build)), build);
  }

  private static List<Long> processes(String build) throws IOException {
    List<Long> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : all) {
        if (mounts(process).contains("/" + build + "/store ")) {
          found.add(Long.parseLong(BuildDirectory.nameOf(process)));
        }
      }
    }
    return found;
  }

  /** @return nothing for a process that is gone, or that is somebody else's; see proc_pid_mountinfo(5) */
  private static String mounts(Path process) {
    try (InputStream in = new FileInputStream(process.resolve("mountinfo").toFile())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException _) {
      return "";
    }
  }
}
