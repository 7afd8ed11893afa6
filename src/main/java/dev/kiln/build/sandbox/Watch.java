package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;

/** Looks after the limits of one running build. */
final class Watch implements Closeable {

  private static final long LOOK_AT_DISK_NANOS = 1_000_000_000L;

  private final BuildProperties.Limits limits;
  private final BuildDirectory directory;
  private final BuildLog log;
  private final ResourceWatch resources;
  private final long start = System.nanoTime();
  private long nextDiskNanos = start + LOOK_AT_DISK_NANOS;

  Watch(BuildProperties.Limits limits, BuildDirectory directory, BuildLog log, ResourceWatch resources) {
    this.limits = limits;
    this.directory = directory;
    this.log = log;
    this.resources = resources;
  }

  ResourceWatch resources() {
    return resources;
  }

  @Override
  public void close() {
    resources.close();
  }

  /**
   * @param builder the first process of the sandbox, if it is known
   * @throws BuildException if the build must be ended now
   */
  void check(OptionalLong builder) throws IOException {
    resources.check(builder);
    long now = System.nanoTime();
    Duration run = Duration.ofNanos(now - start);
    if (run.compareTo(limits.time()) > 0) {
      throw new BuildException.TimedOut("kiln.build.limits.time", limits.time());
    }
    if (limits.silence().isPositive() && log.silentNanos() > limits.silence().toNanos()) {
      throw new BuildException.TimedOut("without output: kiln.build.limits.silence", limits.silence());
    }
    checkLog();
    if (now - nextDiskNanos > 0) {
      checkDisk();
      // A tree that takes long to look through is looked at less often
      nextDiskNanos = System.nanoTime() + Math.max(LOOK_AT_DISK_NANOS, 4 * (System.nanoTime() - now));
    }
  }

  /** @throws BuildException.LimitExceeded if more was printed than may be */
  void checkLog() {
    if (log.isOverLimit()) {
      throw new BuildException.LimitExceeded("builder was killed after it printed more than " + limits.log().toBytes()
          + " bytes (kiln.build.limits.log)");
    }
  }

  /**
   * @throws BuildException.LimitExceeded if more was written than may be
   * @throws BuildException.MachineFailed if the disk is almost full: whose fault that is, nobody knows
   */
  void checkDisk() throws IOException {
    long used = DiskUse.of(List.of(directory.store(), directory.build(), directory.temporary()));
    if (used > limits.output().toBytes()) {
      throw new BuildException.LimitExceeded("builder was killed after it wrote more than " + limits.output().toBytes()
          + " bytes (kiln.build.limits.output)");
    }
    long free = Files.getFileStore(directory.path()).getUsableSpace();
    if (free < limits.reserve().toBytes()) {
      throw new BuildException.MachineFailed("builder was killed because only " + free
          + " bytes are free on the disk (kiln.build.limits.reserve)", null);
    }
  }
}
