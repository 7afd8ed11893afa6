package dev.kiln.realise;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.RealiseException.Stopping;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The builds that readers of this replica wait for, wherever they run. */
final class BuildWaiters {

  /** Ends that are remembered for readers who found a build live, and come to wait for it when it has just ended. */
  private static final int ENDS = 1_000;

  private record End(Optional<RealiseException> reason) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<UUID, Building> waiting = new HashMap<>();
  private final Map<StorePathHash, Building> byDerivation = new HashMap<>();
  private final Map<UUID, End> ended = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<UUID, End> eldest) {
      return size() > ENDS;
    }
  };
  private boolean stopped;

  /** @return a build that somebody waits for already */
  Optional<Building> find(Collection<StorePath> derivations) {
    lock.lock();
    try {
      return derivations.stream().flatMap(each -> Optional.ofNullable(byDerivation.get(each.hash())).stream())
          .findFirst();
    } finally {
      lock.unlock();
    }
  }

  Building await(UUID build, StorePath derivation) {
    lock.lock();
    try {
      Building building = waiting.get(build);
      if (building == null) {
        building = new Building(build, derivation, new CompletableFuture<>());
        End end = ended.get(build);
        if (stopped) {
          building.done().completeExceptionally(new Stopping());
        } else if (end != null) {
          complete(building, end.reason());
        } else {
          waiting.put(build, building);
          byDerivation.put(derivation.hash(), building);
        }
      }
      return building;
    } finally {
      lock.unlock();
    }
  }

  /** @return the builds that somebody waits for */
  Set<UUID> awaited() {
    lock.lock();
    try {
      return Set.copyOf(waiting.keySet());
    } finally {
      lock.unlock();
    }
  }

  boolean isAwaited(UUID build) {
    lock.lock();
    try {
      return waiting.containsKey(build);
    } finally {
      lock.unlock();
    }
  }

  /** @param reason why there is no result, where there is none */
  void end(Collection<UUID> builds, Optional<RealiseException> reason) {
    List<Building> done;
    lock.lock();
    try {
      builds.forEach(build -> ended.put(build, new End(reason)));
      done = builds.stream().flatMap(build -> Optional.ofNullable(remove(build)).stream()).toList();
    } finally {
      lock.unlock();
    }
    done.forEach(building -> complete(building, reason));
  }

  /** Called under the lock. */
  private @Nullable Building remove(UUID build) {
    Building building = waiting.remove(build);
    if (building != null) {
      byDerivation.remove(building.derivation().hash(), building);
    }
    return building;
  }

  private static void complete(Building building, Optional<RealiseException> reason) {
    reason.ifPresentOrElse(building.done()::completeExceptionally, () -> building.done().complete(null));
  }

  /** Tells all who wait, and all who come, that Kiln is stopping. */
  void stop() {
    List<Building> all;
    lock.lock();
    try {
      stopped = true;
      all = List.copyOf(waiting.values());
      waiting.clear();
      byDerivation.clear();
    } finally {
      lock.unlock();
    }
    all.forEach(building -> building.done().completeExceptionally(new Stopping()));
  }
}
