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
import dev.kiln.build.BuildResult;
import dev.kiln.build.Builder;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.JobResult.Built;
import dev.kiln.realise.JobResult.Failed;
import dev.kiln.realise.JobResult.NeedsFirst;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.storepath.StorePath;

/** Builds one derivation whose inputs are here. */
@Component
class BuildJob {

  private static final Logger log = LoggerFactory.getLogger(BuildJob.class);

  private final Builder builder;
  private final BuildLogs logs;
  private final BuildInputs inputs;
  private final Derivations derivations;
  private final Resolver resolver;
  private final TwinRegistrar twins;

  BuildJob(Builder builder, BuildLogs logs, BuildInputs inputs, Derivations derivations, Resolver resolver,
      TwinRegistrar twins) {
    this.builder = builder;
    this.logs = logs;
    this.inputs = inputs;
    this.derivations = derivations;
    this.resolver = resolver;
    this.twins = twins;
  }

  /**
   * Runs a build to its end, and registers nothing.
   *
   * @throws InterruptedException the thread was interrupted, which ends the build
   */
  JobResult run(UUID build, StorePath derivation) throws InterruptedException {
    try {
      return run(build, derivations.find(derivation.hash()).orElseThrow());
    } catch (BuildException e) {
      return new Failed(BuildFailure.of(e));
    } catch (MissingSources e) {
      return new Failed(
          new BuildFailure(Kind.MISSING_INPUT, String.valueOf(e.getMessage()), OptionalInt.empty(), Optional.empty()));
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      log.error("build {} of {}", build, derivation, e);
      return new Failed(BuildFailure.of(new MachineFailed("this Kiln failed: " + e.getMessage(), e)));
    }
  }

  private JobResult run(UUID build, KnownDerivation known) throws IOException, InterruptedException {
    resolver.requireSupported(known);
    // between the plan and now, someone else may have brought the outputs
    if (resolver.outputs(known).isPresent()) {
      return new Built(List.of());
    }
    Optional<KnownDerivation> resolved = resolver.resolve(known);
    if (resolved.isPresent()) {
      return by(resolved.get(), build, known);
    }
    BuildResult result = build(build, known);
    return new Built(result.outputs().values(), resolver.realised(known, result.outputs()), result.measures());
  }

  /** Makes {@code known}'s outputs those of {@code resolved}, which is built in its place. */
  private JobResult by(KnownDerivation resolved, UUID build, KnownDerivation known) throws IOException {
    Optional<SortedMap<String, StorePath>> outputs = resolver.outputs(resolved);
    if (outputs.isPresent()) {
      return new Built(resolver.realisedByAnother(known, outputs.get()));
    }
    try (OutputStream out = logs.create(build)) {
      ByteString.utf8("resolved derivation: '" + known.path() + "' -> '" + resolved.path() + "'\n").writeTo(out);
    }
    return new NeedsFirst(resolved.path());
  }

  private BuildResult build(UUID build, KnownDerivation known) throws IOException, InterruptedException {
    Optional<PathInfo> twin = twins.find(known);
    if (twin.isPresent()) {
      // a fixed output is called "out", and is the only one
      return new BuildResult(new TreeMap<>(Map.of("out", twin.get())));
    }
    SortedMap<StorePath, PathInfo> closure = inputs.closure(known);
    BuildRequest request = new BuildRequest(known.path(), known.derivation(), closure,
        inputs.exported(known, closure));
    try (OutputStream out = logs.create(build)) {
      return builder.build(request, out);
    }
  }
}
