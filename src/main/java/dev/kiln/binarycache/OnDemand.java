package dev.kiln.binarycache;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.derivation.Derivations;
import dev.kiln.realise.Realisation;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.realise.RealiseException;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.Realiser;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The cache that builds: what is not here, but is promised by a known derivation. */
@Service
public class OnDemand {

  /** A client that was told of a failure by a broken answer asks again within seconds: it is not to start the build again. */
  private static final Duration FAILURE_REMEMBERED = Duration.ofMinutes(1);
  private static final int FAILURES_REMEMBERED = 1_000;

  private record Failure(RealiseException reason, Instant at) {}

  private final BinaryCache cache;
  private final Derivations derivations;
  private final Realiser realiser;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<StorePathHash, Failure> failures = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<StorePathHash, Failure> eldest) {
      return size() > FAILURES_REMEMBERED;
    }
  };

  OnDemand(BinaryCache cache, Derivations derivations, Realiser realiser, Clock clock) {
    this.cache = cache;
    this.derivations = derivations;
    this.realiser = realiser;
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
      throwRecentFailure(hash);
      try {
        return remembering(hash, realiser.realise(output));
      } catch (MissingSources missing) {
        unknown.addSuppressed(missing);
        throw unknown;
      }
    }
  }

  private Realisation remembering(StorePathHash hash, Realisation realisation) {
    if (realisation instanceof Building(_, _, var done)) {
      var _ = done.whenComplete((_, error) -> remember(hash, error));
    }
    return realisation;
  }

  private void remember(StorePathHash hash, @Nullable Throwable error) {
    lock.lock();
    try {
      if (error instanceof RealiseException reason) {
        failures.put(hash, new Failure(reason, clock.instant()));
      } else {
        failures.remove(hash);
      }
    } finally {
      lock.unlock();
    }
  }

  private void throwRecentFailure(StorePathHash hash) {
    lock.lock();
    try {
      Optional<Failure> failure = Optional.ofNullable(failures.get(hash));
      if (failure.isPresent() && failure.get().at().plus(FAILURE_REMEMBERED).isAfter(clock.instant())) {
        throw failure.get().reason();
      }
    } finally {
      lock.unlock();
    }
  }
}
