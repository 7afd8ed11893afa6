package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import dev.kiln.build.sandbox.SetupImage.Opened;
import dev.kiln.posix.Signal;
import dev.kiln.storepath.StorePath;

/**
 * Runs a program in namespaces of its own, by bubblewrap.
 *
 * <p>The way there: the {@link SetupImage} makes a user and a mount namespace in which Kiln's user may mount, mounts the
 * {@link MountTable} there and turns into bubblewrap, which makes the other namespaces, takes every privilege away, and
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

  private static final Pattern CORE_LIMIT = Pattern.compile("Max core file size +\\S+ +(\\d+)");

  private final Path bubblewrap;
  private final Path filter;
  private final SetupImage setup;
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
   * @param limits of which those are set that the kernel holds process by process, or user by user
   */
  Sandbox(Architecture architecture, Path bubblewrap, Path filter, long maxFileSize, BuildProperties.Resources limits)
      throws IOException {
    this.bubblewrap = bubblewrap;
    this.filter = filter;
    Path self = Path.of("/proc/self");
    Matcher core = CORE_LIMIT.matcher(Files.readString(self.resolve("limits")));
    this.setup = new SetupImage(architecture, (Integer) Files.getAttribute(self, "unix:uid"),
        (Integer) Files.getAttribute(self, "unix:gid"), maxFileSize, core.find() ? Long.parseLong(core.group(1)) : -1,
        limits);
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
    directory.writeProgram(directory.image(), image.bytes());
    directory.writeProgram(directory.setup(), setup.bytes(watch.resources().joining(), mounts.mounts(),
        List.of(new Opened(STATUS, directory.status(), SetupImage.O_WRONLY | SetupImage.O_CREAT),
            new Opened(FILTER, filter, SetupImage.O_RDONLY),
            new Opened(ExecImage.LOG, log.terminal().slave(), SetupImage.O_WRONLY),
            new Opened(ExecImage.IMAGE, directory.image(), SetupImage.O_RDONLY)),
        command(directory, network)));
    Process process = start(directory, watch.resources());
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

  private List<String> command(BuildDirectory directory, boolean network) {
    List<String> command = new ArrayList<>(
        List.of(bubblewrap.toString(), "--dev-bind", directory.root().toString(), "/", "--unshare-user", "--uid",
            "1000",
            "--gid", "100", "--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-cgroup-try", "--unshare-uts",
            "--hostname", "localhost", "--new-session", "--die-with-parent", "--cap-drop", "ALL", "--chdir",
            BuildEnvironment.BUILD_TOP, "--json-status-fd", Integer.toString(STATUS), "--seccomp",
            Integer.toString(FILTER)));
    if (!network) {
      command.add("--unshare-net");
    }
    command.addAll(List.of("--proc", "/proc"));
    command.addAll(covers);
    // Last, because bubblewrap looks through all mounts for each
    command.addAll(List.of("--bind", directory.store().toString(), StorePath.STORE_DIR, "--remount-ro", "/"));
    command.add("/proc/self/fd/" + ExecImage.IMAGE);
    return command;
  }

  private Process start(BuildDirectory directory, ResourceWatch resources) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(directory.setup().toString()).directory(directory.path().toFile())
        .redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile());
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
        throw new IOException("'" + directory.setup() + "' could not be started: " + e.getCause(), e);
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
