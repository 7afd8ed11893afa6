package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildProperties;
import dev.kiln.posix.Signal;

/**
 * Runs a program in namespaces of its own, by bubblewrap.
 *
 * <p>The way there: {@code busybox unshare} makes a user and a mount namespace in which Kiln's user may mount; a shell mounts
 * the {@link MountTable} there and turns into bubblewrap, which makes the other namespaces, takes every privilege away, and
 * turns its child into the {@link ExecImage} and so into the builder, process 1 of its PID namespace. When that ends, the
 * kernel ends whatever else is left in the namespace before bubblewrap hears of it.
 */
final class Sandbox implements Closeable {

  private static final int FILTER = 7;
  private static final int STATUS = 6;

  private static final long TICK_MILLIS = 50;
  private static final long POLL_MILLIS = 5;
  private static final long MERCY_MILLIS = 500;
  private static final int MAX_COMPLAINT = 8 * 1024;

  private static final Pattern CHILD = Pattern.compile("\"child-pid\"\\s*:\\s*(\\d+)");
  private static final Pattern EXIT = Pattern.compile("\"exit-code\"\\s*:\\s*(\\d+)");

  private final Path bubblewrap;
  private final Path busybox;
  private final Path filter;
  private final long maxFileSize;
  private final BuildProperties.Resources limits;
  private final List<String> covers;

  /**
   * Starts every process. It must be one thread that lives as long as Kiln: {@code --die-with-parent} means the thread that
   * forked, not its process.
   */
  private final ExecutorService starter = Executors
      .newSingleThreadExecutor(Thread.ofPlatform().name("build-starter").daemon().factory());

  /**
   * @param filter a file with the {@link SeccompFilter}
   * @param maxFileSize that a builder may write, in bytes
   * @param limits of which the shell sets those that the kernel holds process by process, or user by user
   */
  Sandbox(Path bubblewrap, Path busybox, Path filter, long maxFileSize, BuildProperties.Resources limits)
      throws IOException {
    this.bubblewrap = bubblewrap;
    this.busybox = busybox;
    this.filter = filter;
    this.maxFileSize = maxFileSize;
    this.limits = limits;
    this.covers = KernelFiles.covers();
  }

  /**
   * Returns, or throws, when no process of the sandbox is left.
   *
   * @param network whether the program may use the machine's
   * @param log gets what the program prints
   * @return the exit code, 128 + n for death by signal n
   * @throws BuildException.MachineFailed if the program was not started
   */
  int run(BuildDirectory directory, MountTable mounts, ExecImage image, boolean network, BuildLog log, Watch watch)
      throws IOException, InterruptedException {
    mounts.write();
    writeProgram(image, directory.image());
    Process process = start(joining(watch.resources().joining(), command(directory, mounts, network, log)), directory,
        watch.resources());
    try {
      while (!process.waitFor(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
        watch.check(child(directory));
      }
    } finally {
      end(process, directory, watch.resources());
    }
    OptionalInt exit = exitCode(directory);
    watch.resources().judge(exit.orElse(1) != 0);
    if (exit.isEmpty()) {
      String complaint = new String(process.getInputStream().readNBytes(MAX_COMPLAINT), StandardCharsets.UTF_8).strip();
      throw new BuildException.MachineFailed("the sandbox could not be set up: "
          + (complaint.isEmpty() ? "exit code " + process.exitValue() : complaint), null);
    }
    log.drain();
    return exit.getAsInt();
  }

  /** Ends what still runs, as Kiln does. */
  @Override
  public void close() {
    starter.shutdownNow();
  }

  private static void writeProgram(ExecImage image, Path file) throws IOException {
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      image.write(out);
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-xr-xr-x"));
  }

  /** Only what a process starts after it joined a cgroup is in it, too: so the first does it before anything else. */
  private List<String> joining(Optional<Path> cgroup, List<String> command) {
    if (cgroup.isEmpty()) {
      return command;
    }
    List<String> joining = new ArrayList<>(
        List.of(busybox.toString(), "sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", cgroup.get().toString()));
    joining.addAll(command);
    return joining;
  }

  private List<String> command(BuildDirectory directory, MountTable mounts, boolean network, BuildLog log) {
    List<String> command = new ArrayList<>(List.of(busybox.toString(), "unshare", "-U", "-r", "-m", "--propagation",
        "private", busybox.toString(), "sh", "-c", script(directory, mounts, log), busybox.toString()));
    command.addAll(List.of(bubblewrap.toString(), "--dev-bind", directory.root().toString(), "/", "--remount-ro", "/",
        "--unshare-user", "--uid", "1000", "--gid", "100", "--unshare-pid", "--as-pid-1",
        "--unshare-ipc", "--unshare-cgroup-try", "--unshare-uts", "--hostname", "localhost", "--new-session",
        "--die-with-parent", "--cap-drop",
        "ALL", "--chdir", BuildEnvironment.BUILD_TOP, "--json-status-fd", Integer.toString(STATUS), "--seccomp",
        Integer.toString(FILTER)));
    if (!network) {
      command.add("--unshare-net");
    }
    command.addAll(List.of("--proc", "/proc"));
    command.addAll(covers);
    command.add("/proc/self/fd/" + ExecImage.IMAGE);
    return command;
  }

  /**
   * Begins with the limits that builders inherit (Nix: no core dumps), then mounts, then opens what the rest expects. A limit
   * that is lower already stays so. Processes are counted by user namespace. A builder could, in a cgroup namespace of its
   * own, mount cgroups that Kiln's user may write: bubblewrap makes the only such namespace. If the machine runs out of memory in spite of
   * all, builders are to go first, and neither Kiln nor its database.
   */
  private String script(BuildDirectory directory, MountTable mounts, BuildLog log) {
    StringBuilder script = new StringBuilder("umask 022; ulimit -S -c 0; ulimit -f " + maxFileSize / 512 + "\n");
    script.append("{ ulimit -n ").append(limits.openFiles()).append("; } 2>/dev/null\n");
    script.append("{ ulimit -u ").append(limits.processes()).append("; } 2>/dev/null\n");
    script.append("{ echo 1 >/proc/sys/user/max_cgroup_namespaces; } 2>/dev/null\n");
    script.append("{ echo 800 >/proc/self/oom_score_adj; } 2>/dev/null\n");
    for (Map.Entry<Path, Path> each : mounts.readOnly().entrySet()) {
      String place = quoted(each.getValue());
      // Busybox finds a file system in a name with '#' and a host in one with ':', but neither in a dot
      script.append("(cd ").append(quoted(each.getKey())).append(" && \"$0\" mount -o bind . ").append(place)
          .append(") && ");
      script.append("\"$0\" mount -o remount,bind,ro,nosuid,nodev none ").append(place).append(" || exit\n");
    }
    script.append("\"$0\" mount -a -T ").append(quoted(directory.mountTable())).append(" || exit\n");
    script.append("exec \"$@\" ").append(STATUS).append('>').append(quoted(directory.status()));
    script.append(' ').append(FILTER).append('<').append(quoted(filter));
    script.append(' ').append(ExecImage.LOG).append('>').append(quoted(log.terminal().slave()));
    script.append(' ').append(ExecImage.IMAGE).append('<').append(quoted(directory.image()));
    return script.toString();
  }

  private static String quoted(Path path) {
    return "'" + path.toString().replace("'", "'\\''") + "'";
  }

  private Process start(List<String> command, BuildDirectory directory, ResourceWatch resources)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.path().toFile()).redirectErrorStream(true)
        .redirectInput(Path.of("/dev/null").toFile());
    builder.environment().clear();
    var started = starter.submit(builder::start);
    boolean interrupted = false;
    while (true) {
      try {
        Process process = started.get();
        if (interrupted) {
          end(process, directory, resources);
          throw new InterruptedException();
        }
        return process;
      } catch (InterruptedException e) {
        if (started.isDone()) {
          throw e;
        }
        // Nobody would end what is just being started
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IOException("'" + command.getFirst() + "' could not be started: " + e.getCause(), e);
      }
    }
  }

  /** Waits until all of the sandbox is gone, and sees to it. Does not let itself be interrupted. */
  private static void end(Process process, BuildDirectory directory, ResourceWatch resources) throws IOException {
    // Bubblewrap, killed while it makes its child, could leave it waiting for ever: let it come so far first
    for (long waited = 0; waited < MERCY_MILLIS && child(directory).isEmpty(); waited += POLL_MILLIS) {
      if (waitFor(process, POLL_MILLIS)) {
        return;
      }
    }
    OptionalLong child = child(directory);
    if (process.isAlive()) {
      resources.kill();
    }
    if (process.isAlive() && child.isPresent()) {
      Signal.KILL.sendTo(child.getAsLong());
    }
    if (!waitFor(process, MERCY_MILLIS)) {
      process.destroyForcibly();
      waitFor(process, Long.MAX_VALUE);
      Leftovers.end(directory.path());
    }
  }

  private static boolean waitFor(Process process, long millis) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static OptionalLong child(BuildDirectory directory) throws IOException {
    Matcher child = CHILD.matcher(status(directory));
    return child.find() ? OptionalLong.of(Long.parseLong(child.group(1))) : OptionalLong.empty();
  }

  private static OptionalInt exitCode(BuildDirectory directory) throws IOException {
    Matcher exit = EXIT.matcher(status(directory));
    return exit.find() ? OptionalInt.of(Integer.parseInt(exit.group(1))) : OptionalInt.empty();
  }

  /** @return JSON documents, the last of which may not be complete. Unlike a channel's, this read cannot be interrupted */
  private static String status(BuildDirectory directory) throws IOException {
    try (InputStream in = new FileInputStream(directory.status().toFile())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException _) {
      return "";
    }
  }
}
