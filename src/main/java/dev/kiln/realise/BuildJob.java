package dev.kiln.realise;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildException.MachineFailed;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.Builder;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Builds one derivation whose inputs are here, and registers what comes of it. */
@Component
class BuildJob implements BuildQueue.Job {

  private static final Logger log = LoggerFactory.getLogger(BuildJob.class);

  private final Builder builder;
  private final BuildLogs logs;
  private final BuildInputs inputs;
  private final BuildRecorder recorder;
  private final Derivations derivations;
  private final PathInfos pathInfos;
  private final TwinRegistrar twins;

  BuildJob(Builder builder, BuildLogs logs, BuildInputs inputs, BuildRecorder recorder, Derivations derivations,
      PathInfos pathInfos, TwinRegistrar twins) {
    this.builder = builder;
    this.logs = logs;
    this.inputs = inputs;
    this.recorder = recorder;
    this.derivations = derivations;
    this.pathInfos = pathInfos;
    this.twins = twins;
  }

  @Override
  public void run(UUID build, StorePath derivation) {
    recorder.start(build);
    try {
      KnownDerivation known = derivations.find(derivation.hash()).orElseThrow();
      Collection<PathInfo> outputs = isHere(known) ? List.of() : build(build, known);
      recorder.succeed(build, outputs, logs.size(build));
    } catch (BuildException e) {
      throw failed(build, derivation, BuildFailure.of(e));
    } catch (MissingSources e) {
      throw failed(build, derivation, failure(Kind.MISSING_INPUT, e));
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new Stopping();
      }
      log.error("build {} of {}", build, derivation, e);
      throw failed(build, derivation, BuildFailure.of(new MachineFailed("this Kiln failed: " + e.getMessage(), e)));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new Stopping();
    }
  }

  /** Between the plan and now, someone else may have brought the outputs. */
  private boolean isHere(KnownDerivation known) {
    List<StorePathHash> outputs = known.derivation().outputs().keySet().stream().map(known.derivation()::outputPath)
        .flatMap(Optional::stream).map(StorePath::hash).toList();
    return outputs.size() == known.derivation().outputs().size() && pathInfos.present(outputs).containsAll(outputs);
  }

  private Collection<PathInfo> build(UUID build, KnownDerivation known) throws IOException, InterruptedException {
    Optional<PathInfo> twin = twins.find(known);
    if (twin.isPresent()) {
      return List.of(twin.get());
    }
    SortedMap<StorePath, PathInfo> closure = inputs.closure(known);
    BuildRequest request = new BuildRequest(known.path(), known.derivation(), closure,
        inputs.exported(known, closure));
    try (OutputStream out = logs.create(build)) {
      return builder.build(request, out).outputs().values();
    }
  }

  private static BuildFailure failure(Kind kind, RuntimeException e) {
    return new BuildFailure(kind, String.valueOf(e.getMessage()), OptionalInt.empty(), Optional.empty());
  }

  private BuildFailed failed(UUID build, StorePath derivation, BuildFailure failure) {
    long size = 0;
    try {
      size = logs.size(build);
    } catch (IOException e) {
      log.error("log of build {}", build, e);
    }
    recorder.fail(build, failure, size);
    return new BuildFailed(build, derivation, failure);
  }
}
