package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildMeasures;
import dev.kiln.build.BuildProperties;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builder;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Checkouts;
import dev.kiln.derivation.Derivation;
import dev.kiln.pathinfo.PathInfo;

/** Builds in a {@link Sandbox}. */
final class BubblewrapBuilder implements Builder, AutoCloseable {

  private static final ByteString LINUX_32 = ByteString.utf8("i686-linux");

  private final Workshop workshop;
  private final Platform platform;
  private final BuildProperties.Limits limits;
  private final int cores;
  private final Checkouts checkouts;
  private final Outputs outputs;
  private final Remains remains = new Remains();

  /** @param cores told to builders */
  BubblewrapBuilder(Workshop workshop, Platform platform, BuildProperties.Limits limits, int cores, Checkouts checkouts,
      Outputs outputs) {
    this.workshop = workshop;
    this.platform = platform;
    this.limits = limits;
    this.cores = cores;
    this.checkouts = checkouts;
    this.outputs = outputs;
  }

  @Override
  public BuildResult build(BuildRequest request, OutputStream log) throws InterruptedException {
    Attributes attributes = Attributes.of(request.derivationPath(), request.derivation());
    platform.requireCanBuild(request.derivationPath(), request.derivation(), attributes);
    try (Remains.Heap left = remains.heap()) {
      Inputs inputs = left.add(new Inputs(checkouts));
      BuildDirectory directory = left.add(workshop.directory(request.derivationPath().hash().toString()));
      try (BuildLog carried = new BuildLog(log, limits.log().toBytes())) {
        Watch watch = left.add(workshop.watch(directory, carried));
        BuildResult result = build(request, attributes, inputs, directory, carried, watch);
        left.clearLater();
        return result;
      }
    } catch (ClosedByInterruptException e) {
      // A channel says an interruption so, and leaves the thread's flag set
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException("build of '" + request.derivationPath() + "'");
      interrupted.initCause(e);
      throw interrupted;
    } catch (IOException e) {
      throw new BuildException.MachineFailed("'" + request.derivationPath() + "' could not be built: " + e.getMessage(),
          e);
    }
  }

  private BuildResult build(BuildRequest request, Attributes attributes, Inputs inputs, BuildDirectory directory,
      BuildLog log, Watch watch) throws IOException, InterruptedException {
    Derivation derivation = ScratchPaths.of(request).of(request.derivation());
    boolean network = derivation.isFixedOutput();
    BuildEnvironment environment = BuildEnvironment.of(derivation, attributes, new ReferencesGraph(request), cores,
        System.getenv());
    writeFiles(environment, directory);
    MountTable mounts = workshop.mounts(directory, network);
    inputs.show(request.inputClosure().values(), mounts);
    ExecImage image = new ExecImage(workshop.architecture(), derivation.system().equals(LINUX_32), derivation.builder(),
        BuildEnvironment.argv(derivation), environment.variables());
    int exit = workshop.sandbox().run(directory, mounts, image, network, log, watch);
    long ended = System.nanoTime();
    watch.checkLog();
    if (exit != 0) {
      throw new BuildException.BuilderFailed(exit);
    }
    watch.checkDisk();
    SortedMap<String, PathInfo> taken = outputs.take(request, attributes, directory);
    Duration ingest = Duration.ofNanos(System.nanoTime() - ended);
    return new BuildResult(taken, new BuildMeasures(watch.resources().use(), Optional.of(ingest)));
  }

  private static void writeFiles(BuildEnvironment environment, BuildDirectory directory) throws IOException {
    for (Map.Entry<String, ByteString> file : environment.files().entrySet()) {
      Files.write(directory.build().resolve(file.getKey()), file.getValue().toByteArray());
    }
  }

  /** Waits until nothing is left of the builds that have ended. */
  void awaitClean() {
    remains.await();
  }

  /** Ends the builds that run. */
  @Override
  public void close() {
    workshop.sandbox().close();
    remains.close();
  }
}
