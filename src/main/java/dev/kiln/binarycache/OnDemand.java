package dev.kiln.binarycache;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.binarycache.BinaryCacheException.UnknownRealisation;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.derivation.Derivations;
import dev.kiln.realisation.OutputId;
import dev.kiln.realise.FeatureProperties;
import dev.kiln.realise.Realisation;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.realise.RealiseException;
import dev.kiln.realise.RealiseException.BuildCancelled;
import dev.kiln.realise.RealiseException.BuildFailed;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.UnknownOutput;
import dev.kiln.realise.Realiser;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The cache that builds: what is not here, but is promised by a known derivation. */
@Service
public class OnDemand {

  /**
   * A client that was told of a failure by a broken answer asks again within seconds: it is not to start the build again, even if it
   * failed by what is not held against it for long.
   */
  private static final Duration FAILURE_REMEMBERED = Duration.ofMinutes(1);
  private static final int FAILURES_REMEMBERED = 1_000;

  /** @param build whose end it was */
  private record Failure(RealiseException reason, UUID build, Instant at) {}

  private final BinaryCache cache;
  private final CachedRealisations realisations;
  private final Derivations derivations;
  private final Realiser realiser;
  private final Builds builds;
  private final FeatureProperties features;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  /** By what was asked for. */
  private final Map<String, Failure> failures = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Failure> eldest) {
      return size() > FAILURES_REMEMBERED;
    }
  };

  OnDemand(BinaryCache cache, CachedRealisations realisations, Derivations derivations, Realiser realiser,
      Builds builds, FeatureProperties features, Clock clock) {
    this.realisations = realisations;
    this.features = features;
    this.cache = cache;
    this.derivations = derivations;
    this.realiser = realiser;
    this.builds = builds;
    this.clock = clock;
  }

  /** @return whether the path is here, or a known derivation promises it; nothing is built */
  public boolean knows(StorePathHash hash) throws IOException {
    try {
      cache.find(hash);
      return true;
    } catch (UnknownHash _) {
      return derivations.findOutput(hash).isPresent();
    }
  }

  /**
   * Finds a path, or sees to it that it is being built.
   *
   * @throws UnknownHash nothing known has it, or what is known cannot be built for want of sources
   * @throws RealiseException its build failed a moment ago, or cannot begin
   */
  public Realisation realise(StorePathHash hash) throws IOException {
    try {
      return new Here(cache.find(hash));
    } catch (UnknownHash unknown) {
      StorePath output = derivations.findOutput(hash).orElseThrow(() -> unknown);
      throwRecentFailure(hash.toString());
      try {
        return remembering(hash.toString(), realiser.realise(output));
      } catch (MissingSources missing) {
        unknown.addSuppressed(missing);
        throw unknown;
      }
    }
  }

  /**
   * @throws UnknownRealisation the output is neither realised nor that of a known derivation; nothing is built
   */
  public void requireKnown(OutputId id) {
    try {
      realisations.find(id);
    } catch (UnknownRealisation unknown) {
      var _ = derivation(id).orElseThrow(() -> unknown);
    }
  }

  /**
   * Finds an output, or sees to it that it is being built.
   *
   * @throws UnknownRealisation no known derivation has it, or it cannot be built for want of sources
   * @throws RealiseException its build failed a moment ago, or cannot begin
   */
  public Realisation realise(OutputId id) throws IOException {
    try {
      return new Here(cache.find(realisations.find(id).path().hash()));
    } catch (UnknownRealisation unknown) {
      StorePath derivation = derivation(id).orElseThrow(() -> unknown);
      throwRecentFailure(id.toString());
      try {
        return remembering(id.toString(), realiser.realise(derivation, id.output()));
      } catch (MissingSources | UnknownOutput missing) {
        unknown.addSuppressed(missing);
        throw unknown;
      }
    }
  }

  private Optional<StorePath> derivation(OutputId id) {
    return features.caDerivations() ? derivations.findByOutputHash(id.derivation()) : Optional.empty();
  }

  private Realisation remembering(String asked, Realisation realisation) {
    if (realisation instanceof Building(_, _, var done)) {
      var _ = done.whenComplete((_, error) -> remember(asked, error));
    }
    return realisation;
  }

  private void remember(String asked, @Nullable Throwable error) {
    Optional<Failure> failure = switch (error) {
      case BuildFailed failed -> Optional.of(new Failure(failed, failed.build(), clock.instant()));
      case BuildCancelled cancelled -> Optional.of(new Failure(cancelled, cancelled.build(), clock.instant()));
      case null, default -> Optional.empty();
    };
    lock.lock();
    try {
      failure.ifPresentOrElse(it -> failures.put(asked, it), () -> failures.remove(asked));
    } finally {
      lock.unlock();
    }
  }

  /** Unless somebody has it built again since, wherever. */
  private void throwRecentFailure(String asked) {
    Optional<Failure> failure = recent(asked);
    if (failure.isPresent() && isLast(failure.get().build())) {
      throw failure.get().reason();
    }
  }

  private Optional<Failure> recent(String asked) {
    lock.lock();
    try {
      return Optional.ofNullable(failures.get(asked))
          .filter(failure -> failure.at().plus(FAILURE_REMEMBERED).isAfter(clock.instant()));
    } finally {
      lock.unlock();
    }
  }

  /** @return whether there is no later build of the same derivation */
  private boolean isLast(UUID build) {
    return builds.find(build).map(failed -> new Filter(Optional.of(failed.derivation()), Optional.empty()))
        .filter(same -> builds.list(same, 0, 1).getFirst().id().equals(build)).isPresent();
  }
}
