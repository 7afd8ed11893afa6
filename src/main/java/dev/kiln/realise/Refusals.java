package dev.kiln.realise;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.kiln.build.Abilities;
import dev.kiln.build.BuildException;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.Misfits;
import dev.kiln.build.Misfits.Misfit;
import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;

/** Answers for builds that no Kiln on the database can run, instead of waiting for one for ever. */
final class Refusals {

  private static final Logger log = LoggerFactory.getLogger(Refusals.class);

  private final Misfits misfits;
  private final Derivations derivations;
  private final Abilities abilities;
  private final Resolver resolver;
  private final BuildRecorder recorder;
  private final BuildRunner runner;
  private final Lease lease;
  private final Duration absence;

  /** @param absence how long builds wait for a Kiln that could run them and is gone */
  Refusals(Misfits misfits, Derivations derivations, Abilities abilities, Resolver resolver, BuildRecorder recorder,
      BuildRunner runner, Lease lease, Duration absence) {
    this.misfits = misfits;
    this.derivations = derivations;
    this.abilities = abilities;
    this.resolver = resolver;
    this.recorder = recorder;
    this.runner = runner;
    this.lease = lease;
    this.absence = absence;
  }

  /** Fails the builds that nobody can run. */
  void refuse() {
    List<Misfit> found = misfits.find(absence);
    while (!found.isEmpty()) {
      for (Misfit misfit : found) {
        BuildFailure failure = new BuildFailure(Kind.CANNOT_BUILD_HERE, why(misfit), OptionalInt.empty(),
            Optional.empty());
        log.info("build {} is refused: {}", misfit.build(), failure.message());
        runner.tell(recorder.refuse(misfit, failure, !lease.isAlone()));
      }
      found = misfits.find(absence);
    }
  }

  private String why(Misfit misfit) {
    KnownDerivation known = derivations.find(misfit.derivation().hash()).orElseThrow();
    String others = lease.isAlone() ? "" : "; nor can any other Kiln that runs builds on its database";
    String lastSeen = misfit.lastSeen().map(seen -> ". The one that could, " + seen.address()
        + ", is gone: its lease ran out at " + seen.until().truncatedTo(ChronoUnit.SECONDS)).orElse("");
    return refusal(known) + others + lastSeen;
  }

  private String refusal(KnownDerivation known) {
    try {
      resolver.requireSupported(known);
      abilities.requireCanBuild(known.path(), known.derivation());
    } catch (BuildException e) {
      return String.valueOf(e.getMessage());
    }
    Set<String> features = BuildNeeds.of(known.derivation()).map(BuildNeeds::features).map(Set::copyOf)
        .orElse(Set.of());
    return "'" + known.path() + "' needs a Kiln for '" + known.derivation().system() + "' with features "
        + new TreeSet<>(features) + ", and this one runs no builds (kiln.build.max-jobs)";
  }
}
