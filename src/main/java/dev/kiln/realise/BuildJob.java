package dev.kiln.realise;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
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
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.storepath.StorePath;

/** Builds one derivation whose inputs are here, and registers what comes of it. */
@Component
class BuildJob implements BuildQueue.Job {

  private static final Logger log = LoggerFactory.getLogger(BuildJob.class);

  private final Builder builder;
  private final BuildLogs logs;
  private final BuildInputs inputs;
  private final BuildRecorder recorder;
  private final Derivations derivations;
  private final Resolver resolver;
  private final TwinRegistrar twins;

  BuildJob(Builder builder, BuildLogs logs, BuildInputs inputs, BuildRecorder recorder, Derivations derivations,
      Resolver resolver, TwinRegistrar twins) {
    this.builder = builder;
    this.logs = logs;
    this.inputs = inputs;
    this.recorder = recorder;
    this.derivations = derivations;
    this.resolver = resolver;
    this.twins = twins;
  }

  @Override
  public Optional<StorePath> run(UUID build, StorePath derivation) {
    recorder.start(build);
    try {
      return run(build, derivations.find(derivation.hash()).orElseThrow());
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

  private Optional<StorePath> run(UUID build, KnownDerivation known) throws IOException, InterruptedException {
    resolver.requireSupported(known);
    // between the plan and now, someone else may have brought the outputs
    if (resolver.outputs(known).isPresent()) {
      recorder.succeed(build, List.of(), List.of(), logs.size(build));
      return Optional.empty();
    }
    Optional<KnownDerivation> resolved = resolver.resolve(known);
    if (resolved.isPresent()) {
      return succeedBy(resolved.get(), build, known);
    }
    SortedMap<String, PathInfo> outputs = build(build, known);
    recorder.succeed(build, outputs.values(), resolver.realised(known, outputs), logs.size(build));
    return Optional.empty();
  }

  /** @return {@code resolved}, if it has to be built first */
  private Optional<StorePath> succeedBy(KnownDerivation resolved, UUID build, KnownDerivation known)
      throws IOException {
    Optional<SortedMap<String, StorePath>> outputs = resolver.outputs(resolved);
    if (outputs.isEmpty()) {
      try (OutputStream out = logs.create(build)) {
        ByteString.utf8("resolved derivation: '" + known.path() + "' -> '" + resolved.path() + "'\n").writeTo(out);
      }
      return Optional.of(resolved.path());
    }
    recorder.succeed(build, List.of(), resolver.realisedByAnother(known, outputs.get()), logs.size(build));
    return Optional.empty();
  }

  private SortedMap<String, PathInfo> build(UUID build, KnownDerivation known)
      throws IOException, InterruptedException {
    Optional<PathInfo> twin = twins.find(known);
    if (twin.isPresent()) {
      // a fixed output is called "out", and is the only one
      return new TreeMap<>(Map.of("out", twin.get()));
    }
    SortedMap<StorePath, PathInfo> closure = inputs.closure(known);
    BuildRequest request = new BuildRequest(known.path(), known.derivation(), closure,
        inputs.exported(known, closure));
    try (OutputStream out = logs.create(build)) {
      return builder.build(request, out).outputs();
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
