package dev.kiln.realise;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.stereotype.Component;

import dev.kiln.realise.BuildRecorder.Recorded;
import dev.kiln.realise.RealiseException.BuildCancelled;

/** Counts how builds end, by the replica that ends them. */
@Component
class BuildMetrics {

  private final Counter succeeded;
  private final Counter failed;
  private final Counter cancelled;

  BuildMetrics(MeterRegistry registry) {
    this.succeeded = counter(registry, "succeeded");
    this.failed = counter(registry, "failed");
    this.cancelled = counter(registry, "cancelled");
  }

  private static Counter counter(MeterRegistry registry, String state) {
    return Counter.builder("kiln.builds.ended").description("Builds that have ended").tag("state", state)
        .register(registry);
  }

  void cancelled(int builds) {
    cancelled.increment(builds);
  }

  void ended(Recorded recorded) {
    Counter counter = recorded.reason().isEmpty()
        ? succeeded
        : recorded.reason().get() instanceof BuildCancelled ? cancelled : failed;
    counter.increment(recorded.ended().size());
  }
}
