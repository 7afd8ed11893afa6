package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.ResourceUse;

/**
 * Looks after the memory and the processes of one running build. Its cgroup does it by itself where it has the controllers. Else
 * the processes are added up now and then: RLIMIT_AS and RLIMIT_DATA would count what programs only reserve, which can be any
 * amount (Go, Java, Haskell, address sanitizers), and only process by process; RLIMIT_NPROC does not bind root.
 */
final class ResourceWatch implements Closeable {

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MAX_LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  /** Looking takes this part of a processor's time, and more only if it takes very long. */
  private static final long SHARE = 20;

  private final BuildProperties.Resources limits;
  private final long memory;
  private final @Nullable BuildCgroup cgroup;
  private long nextNanos = System.nanoTime() + LOOK_NANOS;
  private ProcessTree peak = ProcessTree.NONE;

  /** @param memory in bytes */
  ResourceWatch(BuildProperties.Resources limits, long memory, Optional<BuildCgroup> cgroup) {
    this.limits = limits;
    this.memory = memory;
    this.cgroup = cgroup.orElse(null);
  }

  /** @return where the first process of the sandbox must write its id */
  Optional<Path> joining() {
    return Optional.ofNullable(cgroup).map(BuildCgroup::processes);
  }

  /**
   * @param builder the first process of the sandbox, if it is known
   * @throws BuildException.LimitExceeded if the build must be ended now
   */
  void check(OptionalLong builder) throws IOException {
    // A fork bomb grows faster than all of its processes can be looked at
    if (cgroup != null && !cgroup.limitsProcesses() && cgroup.size() > limits.processes()) {
      throw outOfProcesses();
    }
    long now = System.nanoTime();
    if (builder.isEmpty() || now - nextNanos < 0) {
      return;
    }
    if (cgroup == null || !cgroup.limitsMemory() || !cgroup.limitsProcesses()) {
      ProcessTree tree = ProcessTree.of(builder.getAsLong());
      peak = new ProcessTree(Math.max(peak.threads(), tree.threads()), Math.max(peak.memory(), tree.memory()),
          tree.processorTime().compareTo(peak.processorTime()) > 0 ? tree.processorTime() : peak.processorTime());
      if (peak.memory() > memory) {
        throw outOfMemory();
      }
      // RLIMIT_NPROC, where it binds, lets them be as many, but not more
      if (peak.threads() >= limits.processes()) {
        throw outOfProcesses();
      }
    }
    long took = System.nanoTime() - now;
    nextNanos = now + Math.clamp(SHARE * took, LOOK_NANOS, MAX_LOOK_NANOS);
  }

  /**
   * Says whether it was a limit that ended the build. To be asked when all its processes are gone.
   *
   * @param failed whether it ended otherwise than well: it may have got along with fewer processes, but not with less memory
   */
  void judge(boolean failed) throws IOException {
    if (cgroup != null && cgroup.ranOutOfMemory()) {
      throw outOfMemory();
    }
    if (cgroup != null && failed && cgroup.ranOutOfProcesses()) {
      throw outOfProcesses();
    }
  }

  private BuildException outOfMemory() {
    return new BuildException.LimitExceeded("builder was killed after its processes used more than " + memory
        + " bytes of memory together (kiln.build.resources.memory)");
  }

  private BuildException outOfProcesses() {
    return new BuildException.LimitExceeded("builder was ended because it started " + limits.processes()
        + " processes and threads (kiln.build.resources.processes)");
  }

  /** Ends every process of the sandbox, if that can be done at a blow. */
  void kill() throws IOException {
    if (cgroup != null) {
      cgroup.kill();
    }
  }

  /** To be asked when all processes are gone. */
  ResourceUse use() throws IOException {
    ResourceUse seen = peak.equals(ProcessTree.NONE)
        ? ResourceUse.UNKNOWN
        : new ResourceUse(Optional.of(peak.processorTime()), OptionalLong.of(peak.memory()));
    if (cgroup == null) {
      return seen;
    }
    ResourceUse counted = cgroup.use();
    return new ResourceUse(counted.processorTime().or(seen::processorTime),
        counted.peakMemory().isPresent() ? counted.peakMemory() : seen.peakMemory());
  }

  @Override
  public void close() {
    if (cgroup != null) {
      cgroup.close();
    }
  }
}
