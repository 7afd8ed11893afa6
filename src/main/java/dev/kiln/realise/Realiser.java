package dev.kiln.realise;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.springframework.stereotype.Service;

import dev.kiln.build.Priority;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realisation.OutputId;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.RealiseException.Overtaken;
import dev.kiln.realise.RealiseException.StillBuilding;
import dev.kiln.realise.RealiseException.UnknownOutput;
import dev.kiln.realise.RealiseException.UnknownPath;
import dev.kiln.storepath.StorePath;

/** Makes a path be here: finds it, or builds the derivation that produces it, with all that it needs. */
@Service
public class Realiser {

  /** Of looking at what is missing and submitting it, where others build the same meanwhile. */
  private static final int ATTEMPTS = 20;

  private final PathInfos pathInfos;
  private final Derivations derivations;
  private final DerivationPaths derivationPaths;
  private final Planner planner;
  private final TwinRegistrar twins;
  private final BuildQueue queue;
  private final Resolver resolver;

  Realiser(PathInfos pathInfos, Derivations derivations, DerivationPaths derivationPaths, Planner planner,
      TwinRegistrar twins, BuildQueue queue, Resolver resolver) {
    this.resolver = resolver;
    this.pathInfos = pathInfos;
    this.derivations = derivations;
    this.derivationPaths = derivationPaths;
    this.planner = planner;
    this.twins = twins;
    this.queue = queue;
  }

  /**
   * Finds {@code path}, or sees to it that it is being built. Does not wait for a build.
   *
   * @throws RealiseException it is not here, and cannot be built
   */
  public Realisation realise(StorePath path) throws IOException {
    return realise(path, Priority.NORMAL);
  }

  /** @param urgency if the reader does not say otherwise */
  private Realisation realise(StorePath path, Priority urgency) throws IOException {
    Optional<PathInfo> info = pathInfos.find(path.hash());
    if (info.isPresent()) {
      return new Here(requireName(path, info.get()));
    }
    if (path.isDerivation() && derivations.find(path.hash()).filter(known -> known.path().equals(path)).isPresent()) {
      return new Here(derivationPaths.materialise(path));
    }
    List<StorePath> producers = derivations.producersOf(path);
    if (producers.isEmpty()) {
      throw new UnknownPath(path, List.of("store: it is not here", "derivations: no known one has it as an output"));
    }
    return repeat(path, () -> {
      Optional<Building> building = queue.find(producers, urgency);
      return building.isPresent() ? building : begin(path, producers, urgency);
    });
  }

  /** What a look at builds, then at what is here, and then a submission that finds it all changed comes to. */
  private interface Attempt {
    /** @return empty if what it saw is out of date */
    Optional<? extends Realisation> make();
  }

  private static Realisation repeat(StorePath wanted, Attempt attempt) {
    for (int i = 0; i < ATTEMPTS; i++) {
      Optional<? extends Realisation> realisation = attempt.make();
      if (realisation.isPresent()) {
        return realisation.get();
      }
    }
    throw new Overtaken(wanted);
  }

  /**
   * Waits until {@code path} is here.
   *
   * @param until when to give up waiting; the build goes on
   * @throws StillBuilding it is not here by then
   * @throws RealiseException it is not here, and will not be
   */
  public PathInfo await(StorePath path, Instant until) throws IOException, InterruptedException {
    return switch (realise(path, urgency(until))) {
      case Here(PathInfo info) -> info;
      case Building building -> {
        await(building, until);
        yield pathInfos.find(path.hash()).orElseThrow(
            () -> new IllegalStateException("'" + path + "' was built, but is not registered"));
      }
    };
  }

  /**
   * Finds an output whose path need not be known beforehand, or sees to it that it is being built. Does not wait for a build.
   *
   * @throws RealiseException it is not here, and cannot be built
   */
  public Realisation realise(StorePath derivation, String output) throws IOException {
    return realise(derivation, output, Priority.NORMAL);
  }

  private Realisation realise(StorePath derivation, String output, Priority urgency) throws IOException {
    KnownDerivation known = derivations.find(derivation.hash()).filter(found -> found.path().equals(derivation))
        .orElseThrow(() -> new UnknownPath(derivation, List.of("derivations: it is not known")));
    if (!known.derivation().outputs().containsKey(output)) {
      throw new UnknownOutput(derivation, output, new TreeSet<>(known.derivation().outputs().keySet()));
    }
    Optional<StorePath> stated = known.derivation().outputPath(output);
    if (stated.isPresent()) {
      return realise(stated.get(), urgency);
    }
    OutputId id = new OutputId(known.outputHash(), output);
    return repeat(derivation, () -> {
      Optional<PathInfo> info = find(id);
      return info.isPresent() ? info.map(Here::new) : submit(derivation, urgency);
    });
  }

  /**
   * Sees to it that all outputs of a derivation are built. Does not wait for it.
   *
   * @return empty if all of them are here
   * @throws RealiseException it cannot be built
   */
  Optional<Building> build(StorePath derivation) {
    KnownDerivation known = derivations.find(derivation.hash()).orElseThrow(
        () -> new UnknownPath(derivation, List.of("derivations: it is not known")));
    for (int i = 0; i < ATTEMPTS; i++) {
      if (resolver.outputs(known).isPresent()) {
        return Optional.empty();
      }
      Optional<Building> building = submit(derivation, Priority.BACKGROUND);
      if (building.isPresent()) {
        return building;
      }
    }
    throw new Overtaken(derivation);
  }

  private Optional<Building> submit(StorePath derivation, Priority urgency) {
    return queue.find(List.of(derivation), urgency).or(() -> {
      Plan plan = plan(derivation);
      if (!plan.missingSources().isEmpty()) {
        throw new MissingSources(derivation, plan.missingSources());
      }
      return queue.submit(plan, derivation, urgency);
    });
  }

  private Optional<PathInfo> find(OutputId id) {
    return resolver.realised(id).flatMap(path -> pathInfos.find(path.hash()));
  }

  /**
   * Waits until an output is here.
   *
   * @param until when to give up waiting; the build goes on
   * @throws StillBuilding it is not here by then
   * @throws RealiseException it is not here, and will not be
   */
  public PathInfo await(StorePath derivation, String output, Instant until) throws IOException, InterruptedException {
    Realisation realisation = realise(derivation, output, urgency(until));
    if (realisation instanceof Building building) {
      await(building, until);
      realisation = realise(derivation, output);
    }
    return switch (realisation) {
      case Here(PathInfo info) -> info;
      case Building _ -> throw new IllegalStateException(
          "output '" + output + "' of '" + derivation + "' was built, but is not registered");
    };
  }

  /** @return what a read of {@code derivation}'s outputs would build now */
  public Plan plan(StorePath derivation) {
    Plan plan = planner.plan(derivation);
    return plan.fetches() && twins.registerFor(derivation) ? planner.plan(derivation) : plan;
  }

  /** Of several producers, which are those of a fixed output, the first will do whose sources are here. */
  private Optional<? extends Realisation> begin(StorePath path, List<StorePath> producers,
      Priority urgency) {
    SortedSet<StorePath> missing = new TreeSet<>();
    for (StorePath producer : producers) {
      Plan plan = plan(producer);
      // it may have come meanwhile, by a build that has ended, or from where the same content was
      Optional<PathInfo> info = pathInfos.find(path.hash());
      if (info.isPresent()) {
        return Optional.of(new Here(requireName(path, info.get())));
      }
      if (plan.missingSources().isEmpty()) {
        return queue.submit(plan, producer, urgency);
      }
      missing.addAll(plan.missingSources());
    }
    throw new MissingSources(path, missing);
  }

  /** Who gives no time to wait does not wait. */
  private static Priority urgency(Instant until) {
    return until.isAfter(Instant.now()) ? Priority.INTERACTIVE : Priority.BACKGROUND;
  }

  /** A reader who was told that a build goes on, and where to watch it, leaves it on its own, unless it said otherwise. */
  public void keep(UUID build) {
    if (!Reader.current().left().isDone()) {
      queue.keep(build);
    }
  }

  /** Ends early, too, when the reader leaves. */
  private static void await(Building building, Instant until) throws InterruptedException {
    CompletableFuture<Void> done = building.done();
    CompletableFuture<?> either = CompletableFuture.anyOf(done, Reader.current().left());
    try {
      either.get(Math.max(0, Duration.between(Instant.now(), until).toMillis()), TimeUnit.MILLISECONDS);
      if (!done.isDone()) {
        throw new StillBuilding(building.build(), building.derivation());
      }
    } catch (TimeoutException _) {
      throw new StillBuilding(building.build(), building.derivation());
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RealiseException reason ? reason : new IllegalStateException(e.getCause());
    }
  }

  /** Two names with one hash are two paths to a reader, but Nix never makes them. */
  private static PathInfo requireName(StorePath path, PathInfo info) {
    if (!info.path().equals(path)) {
      throw new UnknownPath(path, List.of("store: the path with this hash is named '" + info.path().name() + "'"));
    }
    return info;
  }
}
