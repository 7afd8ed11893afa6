package dev.kiln.binarycache;

import java.time.Clock;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** Forgets NARs for which no narinfo came. Any number of replicas may do it at once. */
@Component
class UploadSweep {

  private static final Logger log = LoggerFactory.getLogger(UploadSweep.class);

  private final UploadedNars nars;
  private final UploadProperties properties;
  private final Clock clock;

  UploadSweep(UploadedNars nars, UploadProperties properties, Clock clock) {
    this.nars = nars;
    this.properties = properties;
    this.clock = clock;
  }

  @Scheduled(initialDelay = 10, fixedDelay = 60, timeUnit = TimeUnit.MINUTES)
  void sweep() {
    int forgotten = nars.forgetUnused(clock.instant().minus(properties.uploadTtl()));
    if (forgotten > 0) {
      log.info("forgot {} NARs that were sent more than {} ago and never became a path", forgotten,
          properties.uploadTtl());
    }
  }
}
