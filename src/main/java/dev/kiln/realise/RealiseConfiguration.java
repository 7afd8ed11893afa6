package dev.kiln.realise;

import java.util.Optional;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.BuildNews;
import dev.kiln.build.LiveBuilds;
import dev.kiln.build.Replicas;
import dev.kiln.datadir.DataDirectory;

@Configuration(proxyBeanMethods = false)
class RealiseConfiguration {

  @Bean
  Lease lease(Replicas replicas, DataDirectory directory, QueueProperties properties) {
    return new Lease(replicas, directory, properties.lease());
  }

  @Bean
  BuildWaiters buildWaiters() {
    return new BuildWaiters();
  }

  @Bean
  BuildRunner buildRunner(BuildJob job, BuildRecorder recorder, LiveBuilds live, BuildWaiters waiters, Lease lease,
      RealiseProperties properties) {
    return new BuildRunner(job, recorder, live, waiters, lease, properties.maxJobs());
  }

  @Bean
  BuildQueue buildQueue(LiveBuilds live, BuildWaiters waiters, BuildRunner runner) {
    return new BuildQueue(live, waiters, runner);
  }

  @Bean
  QueuePulse queuePulse(LiveBuilds live, BuildWaiters waiters, BuildRunner runner, BuildRecorder recorder,
      Lease lease) {
    return new QueuePulse(live, waiters, runner, recorder, lease);
  }

  /** What a reader waits for must not hold up the server when it stops. */
  @Bean
  QueueLifecycle queueLifecycle(QueuePulse pulse, BuildRunner runner, BuildWaiters waiters, Lease lease, BuildNews news,
      QueueProperties properties, ApplicationEventPublisher events) {
    return new QueueLifecycle(pulse, runner, waiters, lease, properties.listen() ? Optional.of(news) : Optional.empty(),
        properties, events);
  }
}
