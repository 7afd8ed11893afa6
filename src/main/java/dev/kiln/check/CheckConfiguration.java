package dev.kiln.check;

import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.Builds;
import dev.kiln.realise.Rebuilds;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CheckProperties.class)
class CheckConfiguration {

  private static final Logger log = LoggerFactory.getLogger(CheckConfiguration.class);

  /** Threads of their own: no reader's build waits for a check. */
  @Bean(destroyMethod = "", defaultCandidate = false)
  ExecutorService checkExecutor(CheckProperties properties) {
    return Executors.newFixedThreadPool(properties.maxJobs(), Thread.ofPlatform().name("check-", 1).factory());
  }

  @Bean
  Checker checker(Builds builds, Rebuilds rebuilds, Checks checks, CheckJob job,
      @Qualifier("checkExecutor") ExecutorService checkExecutor,
      Clock clock) {
    return new Checker(builds, rebuilds, checks, job, checkExecutor, clock);
  }

  @Bean
  CheckLifecycle checkLifecycle(Checker checker,
      @Qualifier("checkExecutor") ExecutorService checkExecutor) {
    return new CheckLifecycle(checker, checkExecutor);
  }

  @Bean
  InitializingBean lostChecks(Checks checks, Clock clock) {
    return () -> {
      int lost = checks.loseAbandoned(clock.instant());
      if (lost > 0) {
        log.warn("{} checks were not ended by the Kilns that began them", lost);
      }
    };
  }
}
