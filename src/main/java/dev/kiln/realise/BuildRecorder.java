package dev.kiln.realise;

import java.time.Clock;
import java.util.Collection;
import java.util.UUID;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.Builds;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.realisation.RealisedOutputs;

/** Writes down how builds go. */
@Component
class BuildRecorder {

  private final Builds builds;
  private final PathInfos pathInfos;
  private final RealisedOutputs realisedOutputs;
  private final Clock clock;

  BuildRecorder(Builds builds, PathInfos pathInfos, RealisedOutputs realisedOutputs, Clock clock) {
    this.realisedOutputs = realisedOutputs;
    this.builds = builds;
    this.pathInfos = pathInfos;
    this.clock = clock;
  }

  void start(UUID build) {
    builds.start(build, clock.instant());
  }

  /** Registers the outputs together with the success, so that no crash can tear them apart. */
  @Transactional
  void succeed(UUID build, Collection<PathInfo> outputs, Collection<RealisedOutput> realised, long logSize) {
    pathInfos.register(outputs);
    realised.forEach(realisedOutputs::register);
    builds.succeed(build, clock.instant(), logSize);
  }

  void fail(UUID build, BuildFailure failure, long logSize) {
    builds.fail(build, clock.instant(), failure, logSize);
  }
}
