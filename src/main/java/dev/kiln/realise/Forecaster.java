package dev.kiln.realise;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

import org.springframework.stereotype.Service;

import dev.kiln.build.BuildTimes;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.realise.Forecast.Estimate;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.RealiseException.UnknownPath;
import dev.kiln.storepath.StorePath;

/** Tells what a read would do, without doing it. */
@Service
public class Forecaster {

  private final Derivations derivations;
  private final Resolver resolver;
  private final Realiser realiser;
  private final BuildTimes times;
  private final int jobs;

  Forecaster(Derivations derivations, Resolver resolver, Realiser realiser, BuildTimes times,
      RealiseProperties properties) {
    this.derivations = derivations;
    this.resolver = resolver;
    this.realiser = realiser;
    this.times = times;
    this.jobs = Math.max(1, properties.maxJobs());
  }

  /** @throws UnknownPath the derivation is not known */
  public Forecast forecast(StorePath derivation) {
    KnownDerivation known = derivations.find(derivation.hash()).filter(found -> found.path().equals(derivation))
        .orElseThrow(() -> new UnknownPath(derivation, List.of("derivations: it is not known")));
    Plan plan = realiser.plan(derivation);
    if (resolver.outputs(known).isPresent()) {
      plan = new Plan(List.of(), new TreeSet<>(), false);
    }
    return new Forecast(plan, estimate(plan.steps()));
  }

  private Optional<Estimate> estimate(List<Step> steps) {
    Map<String, Duration> medians = times.medians(steps.stream().map(Forecaster::name).toList());
    if (medians.isEmpty()) {
      return Optional.empty();
    }
    long[] known = steps.stream().map(step -> medians.get(name(step))).filter(Objects::nonNull)
        .mapToLong(Duration::toMillis).sorted().toArray();
    Duration usual = Duration.ofMillis(known[known.length / 2]);
    long[] millis = steps.stream().mapToLong(step -> medians.getOrDefault(name(step), usual).toMillis()).toArray();
    Schedule schedule = new Schedule(steps, millis);
    return Optional.of(new Estimate(Duration.ofMillis(schedule.elapsed(jobs)),
        Duration.ofMillis(schedule.longestChain()), Duration.ofMillis(Arrays.stream(millis).sum()), jobs,
        known.length));
  }

  private static String name(Step step) {
    return step.derivation().name().value();
  }
}
