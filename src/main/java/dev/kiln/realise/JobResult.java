package dev.kiln.realise;

import java.util.Collection;
import java.util.List;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildMeasures;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.storepath.StorePath;

/** What came of running a build. Nothing of it is on record yet. */
sealed interface JobResult {

  /** The outputs' content is durable; they are to be registered together. */
  record Built(Collection<PathInfo> outputs, List<RealisedOutput> realised,
      BuildMeasures measures) implements JobResult {

    /** Nothing was run. */
    Built(List<RealisedOutput> realised) {
      this(List.of(), realised, BuildMeasures.NONE);
    }
  }

  /** A derivation without input derivations has to be built first; then the build is to be run again. */
  record NeedsFirst(StorePath derivation) implements JobResult {}

  record Failed(BuildFailure failure) implements JobResult {}
}
