package dev.kiln.realise;

import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;

import dev.kiln.build.Builds;

@Configuration(proxyBeanMethods = false)
class RealiseConfiguration {

  private static final Logger log = LoggerFactory.getLogger(RealiseConfiguration.class);

  /** Each build has a thread, and each thread a build; what waits for a free one waits in its queue. */
  @Bean(destroyMethod = "shutdownNow")
  ExecutorService buildExecutor(RealiseProperties properties) {
    return Executors.newFixedThreadPool(properties.maxJobs(), Thread.ofPlatform().name("build-", 1).factory());
  }

  @Bean
  BuildQueue buildQueue(Builds builds, BuildJob job, ExecutorService buildExecutor, Clock clock) {
    return new BuildQueue(builds, job, buildExecutor, clock);
  }

  /** First of all that stops: readers that wait for builds would keep the server from stopping. */
  @Bean
  ApplicationListener<ContextClosedEvent> stopBuilds(BuildQueue queue, ExecutorService buildExecutor) {
    return _ -> {
      buildExecutor.shutdownNow();
      queue.stop();
    };
  }

  /** What ran when Kiln was stopped, or killed, did not end: the next read begins it anew. */
  @Bean
  ApplicationRunner lostBuilds(Builds builds, Clock clock) {
    return _ -> {
      int lost = builds.loseLive(clock.instant());
      if (lost > 0) {
        log.warn("{} builds had not ended when Kiln last stopped", lost);
      }
    };
  }
}
