package dev.kiln.realise;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

import dev.kiln.build.BuildNews;

/**
 * Joins the Kilns on the database when this one starts, and drains it when it stops: before the server, which waits for its
 * readers, and before the database, which they use.
 */
final class QueueLifecycle implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(QueueLifecycle.class);

  /** For builders to be killed and cleaned up after. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration FAREWELL = Duration.ofSeconds(3);
  private static final int BEATS_IN_A_LEASE = 3;

  private final QueuePulse pulse;
  private final BuildRunner runner;
  private final BuildWaiters waiters;
  private final Lease lease;
  private final Optional<BuildNews> news;
  private final QueueProperties properties;
  private final ApplicationEventPublisher events;
  private @Nullable ScheduledExecutorService clock;
  private @Nullable Thread listener;
  private volatile boolean running;

  /** @param news none where nobody is to listen */
  QueueLifecycle(QueuePulse pulse, BuildRunner runner, BuildWaiters waiters, Lease lease, Optional<BuildNews> news,
      QueueProperties properties, ApplicationEventPublisher events) {
    this.pulse = pulse;
    this.runner = runner;
    this.waiters = waiters;
    this.lease = lease;
    this.news = news;
    this.properties = properties;
    this.events = events;
  }

  @Override
  public void start() {
    try {
      lease.join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    runner.start();
    ScheduledExecutorService pulses = Executors.newScheduledThreadPool(2,
        Thread.ofPlatform().name("build-queue-", 1).daemon().factory());
    long beat = properties.lease().toMillis() / BEATS_IN_A_LEASE;
    var _ = pulses.scheduleWithFixedDelay(pulse::beat, beat, beat, TimeUnit.MILLISECONDS);
    var _ = pulses.scheduleWithFixedDelay(pulse::poll, 0, properties.poll().toMillis(), TimeUnit.MILLISECONDS);
    clock = pulses;
    news.ifPresent(
        heard -> listener = Thread.ofPlatform().name("build-news").daemon().start(() -> heard.listen(pulse::hear)));
    running = true;
  }

  /** Lets builds that run end, up to a limit; the others go back to the queue, for another replica or the next start. */
  @Override
  public void stop() {
    running = false;
    AvailabilityChangeEvent.publish(events, this, ReadinessState.REFUSING_TRAFFIC);
    runner.drain();
    tell(lease::drain);
    try {
      if (!runner.awaitIdle(properties.drainTimeout())) {
        log.info("some builds have not ended: they are queued again");
        runner.abortAll();
        if (!runner.awaitIdle(PATIENCE)) {
          log.warn("builds did not end within {} s", PATIENCE.toSeconds());
        }
        tell(pulse::giveBackAll);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    tell(lease::leave);
    waiters.stop();
    end();
  }

  /** The others would find out by themselves: a database that does not answer is not waited for. */
  private void tell(Runnable news) {
    ScheduledExecutorService pulses = clock;
    if (pulses == null) {
      return;
    }
    try {
      pulses.submit(news).get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      log.warn("other replicas are not told that this Kiln stops: {}", e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void end() {
    if (clock != null) {
      clock.shutdownNow();
    }
    if (listener != null) {
      listener.interrupt();
    }
    try {
      if (clock != null) {
        var _ = clock.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
      if (listener != null) {
        listener.join(PATIENCE);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** The last phase to start is the first to stop. */
  @Override
  public int getPhase() {
    return DEFAULT_PHASE;
  }
}
