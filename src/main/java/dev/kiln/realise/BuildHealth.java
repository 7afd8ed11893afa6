package dev.kiln.realise;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.stereotype.Component;

import dev.kiln.build.LiveBuilds;

/** Whether this Kiln takes part in building: without its lease, nothing that it builds would count. */
@Component("builds")
class BuildHealth extends AbstractHealthIndicator {

  private static final int COUNTED = 1_000;

  private final Lease lease;
  private final BuildRunner runner;
  private final LiveBuilds live;

  BuildHealth(Lease lease, BuildRunner runner, LiveBuilds live) {
    super("the build queue cannot be looked at");
    this.lease = lease;
    this.runner = runner;
    this.live = live;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    builder.status(lease.isHeld() ? "UP" : "DOWN")
        .withDetail("replica", lease.replica())
        .withDetail("leaseHeld", lease.isHeld())
        .withDetail("draining", runner.isDraining())
        .withDetail("jobs", runner.jobs())
        .withDetail("running", runner.runningCount())
        .withDetail("queued", live.queued(COUNTED));
  }
}
