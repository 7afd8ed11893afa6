package dev.kiln.harness;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kiln as a process of its own: for crashes, restarts, memory limits and other users. */
public final class KilnProcess implements AutoCloseable {

  private static final Pattern LISTENS = Pattern.compile("Kiln listens on (http://\\S+),");
  private static final Duration START_LIMIT = Duration.ofMinutes(8);

  private final Process process;
  private final Path log;

  private KilnProcess(Process process, Path log, List<String> sharing) {
    this.process = process;
    this.log = log;
    var _ = process.onExit().thenAccept(ended -> SharedClasses.ended(sharing, ended.exitValue()));
  }

  /** Starts Kiln on {@code dataDirectory} and a free port, and waits until it is healthy. */
  public static KilnProcess start(Path dataDirectory, String... arguments) throws IOException {
    KilnProcess kiln = launch(List.of(), classPath(), Map.of(), dataDirectory, arguments);
    try {
      kiln.awaitHealthy();
      return kiln;
    } catch (AssertionError | IOException e) {
      kiln.close();
      throw e;
    }
  }

  /**
   * Starts Kiln and does not wait.
   *
   * @param wrapper a command that runs the one after it, such as setpriv; or nothing
   * @param program {@code -cp} or {@code -jar} and what follows it
   * @param environment added to that of the tests
   * @param arguments options of the JVM ({@code -X...}, {@code -D...}) and of Kiln ({@code --...}), in any order
   */
  public static KilnProcess launch(List<String> wrapper, List<String> program, Map<String, String> environment,
      Path dataDirectory, String... arguments) throws IOException {
    var command = new ArrayList<>(wrapper);
    // Started often, run shortly.
    command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    List<String> sharing = wrapper.isEmpty() && program.equals(classPath()) ? SharedClasses.options() : List.of();
    command.addAll(sharing);
    Arrays.stream(arguments).filter(argument -> !argument.startsWith("--")).forEach(command::add);
    command.addAll(program);
    command.addAll(List.of("--kiln.data-dir=" + dataDirectory, "--server.port=0"));
    Arrays.stream(arguments).filter(argument -> argument.startsWith("--")).forEach(command::add);
    Path log = Files.createTempFile(TemporaryDirectories.create("kiln-log-"), "kiln", ".log");
    var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return new KilnProcess(builder.start(), log, sharing);
  }

  /** @return Kiln as this test run sees it, without the tests' own classes */
  public static List<String> classPath() throws IOException {
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.endsWith("test-classes") && !entry.endsWith("test-classes/")) {
        path.add(Files.isDirectory(Path.of(entry)) ? SharedClasses.jarOf(Path.of(entry)).toString() : entry);
      }
    }
    return List.of("-cp", String.join(File.pathSeparator, path), "dev.kiln.KilnApplication");
  }

  /** Waits until it answers that it is healthy. */
  public void awaitHealthy() throws IOException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!log().contains("Kiln listens on ")) {
      if (!process.isAlive())
        throw new AssertionError("Kiln ended with " + process.exitValue() + ":\n" + log());
      if (System.nanoTime() - deadline > 0)
        throw new AssertionError("Kiln did not start:\n" + log());
      pause();
    }
    int status = status("/actuator/health");
    if (status != 200)
      throw new AssertionError("Kiln's health is " + status + ":\n" + log());
  }

  private int status(String target) throws IOException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(baseUri().resolve(target)).build(),
          HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** @return where it listens: scheme, host and port */
  public URI baseUri() throws IOException {
    Matcher matcher = LISTENS.matcher(log());
    if (!matcher.find())
      throw new IllegalStateException("Kiln does not listen yet:\n" + log());
    return URI.create(matcher.group(1));
  }

  /** @return all that it wrote so far */
  public String log() throws IOException {
    return Files.readString(log);
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** Kills it as a loss of power would, as far as the process is concerned. */
  public void kill9() throws IOException {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Takes its processor away, as a machine does that sleeps. */
  public void suspend() throws IOException {
    Programs.run("kill", "-STOP", Long.toString(process.pid()));
  }

  public void resume() throws IOException {
    Programs.run("kill", "-CONT", Long.toString(process.pid()));
  }

  /** Stops it in good order (SIGTERM). @return the exit status */
  public int stop() throws IOException {
    process.destroy();
    return awaitEnd();
  }

  /** @return the exit status */
  public int awaitEnd() throws IOException {
    try {
      if (process.waitFor(2, TimeUnit.MINUTES))
        return process.exitValue();
      process.destroyForcibly();
      throw new AssertionError("Kiln did not end:\n" + log());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive())
      stop();
  }
}
