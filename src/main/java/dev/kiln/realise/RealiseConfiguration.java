package dev.kiln.realise;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.Abilities;
import dev.kiln.build.BuildNews;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.Misfits;
import dev.kiln.build.Replicas;
import dev.kiln.build.Wishes;
import dev.kiln.datadir.DataDirectory;
import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.Derivations;

@Configuration(proxyBeanMethods = false)
class RealiseConfiguration {

  private static final int COUNTED = 10_000;

  @Bean
  Lease lease(Replicas replicas, DataDirectory directory, QueueProperties properties, RealiseProperties realise,
      Abilities abilities, FeatureProperties features) {
    return new Lease(replicas, directory, properties.lease(), offers(realise.maxJobs(), abilities, features));
  }

  /** @return what builds may need that run here; empty if none do */
  static Optional<Set<String>> offers(int jobs, Abilities abilities, FeatureProperties features) {
    Set<String> offers = new TreeSet<>(abilities.offered());
    if (!features.caDerivations()) {
      offers.remove(BuildNeeds.featureWord(BuildNeeds.FEATURE_CA));
    }
    return jobs == 0 ? Optional.empty() : Optional.of(offers);
  }

  @Bean
  Interests interests(Wishes wishes, Lease lease, QueueProperties properties) {
    return new Interests(wishes, lease, properties.abandoned(), properties.abandonedGrace());
  }

  @Bean
  Refusals refusals(Misfits misfits, Derivations derivations, Abilities abilities, Resolver resolver,
      BuildRecorder recorder, BuildRunner runner, Lease lease, QueueProperties properties) {
    return new Refusals(misfits, derivations, abilities, resolver, recorder, runner, lease, properties.absence());
  }

  @Bean
  BuildWaiters buildWaiters() {
    return new BuildWaiters();
  }

  @Bean
  BuildRunner buildRunner(BuildJob job, BuildRecorder recorder, LiveBuilds live, BuildWaiters waiters, Lease lease,
      BuildMetrics metrics, RealiseProperties properties) {
    return new BuildRunner(job, recorder, live, waiters, lease, metrics, properties.maxJobs());
  }

  @Bean
  MeterBinder buildGauges(BuildRunner runner, LiveBuilds live) {
    return registry -> {
      Gauge.builder("kiln.builds.running", runner, BuildRunner::runningCount)
          .description("Builds that run on this replica").register(registry);
      Gauge.builder("kiln.builds.jobs", runner, BuildRunner::jobs)
          .description("Builds that may run on this replica at once").register(registry);
      Gauge.builder("kiln.builds.queued", live, builds -> builds.queued(COUNTED))
          .description("Builds that wait for a job on any replica, counted up to " + COUNTED).register(registry);
    };
  }

  @Bean
  BuildQueue buildQueue(LiveBuilds live, BuildWaiters waiters, BuildRunner runner, Interests interests,
      Refusals refusals) {
    return new BuildQueue(live, waiters, runner, interests, refusals);
  }

  @Bean
  QueuePulse queuePulse(LiveBuilds live, BuildWaiters waiters, BuildRunner runner, BuildRecorder recorder,
      Lease lease, Interests interests, Refusals refusals) {
    return new QueuePulse(live, waiters, runner, recorder, lease, interests, refusals);
  }

  /** What a reader waits for must not hold up the server when it stops. */
  @Bean
  QueueLifecycle queueLifecycle(QueuePulse pulse, BuildRunner runner, BuildWaiters waiters, Lease lease, BuildNews news,
      QueueProperties properties, ApplicationEventPublisher events) {
    return new QueueLifecycle(pulse, runner, waiters, lease, properties.listen() ? Optional.of(news) : Optional.empty(),
        properties, events);
  }
}
