package dev.kiln.realise;

import java.time.Duration;

import jakarta.validation.constraints.Min;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How builds are shared between the Kilns on one database.
 *
 * @param lease how long a Kiln that says nothing is believed to be alive; others then take up its builds
 * @param poll how often a Kiln asks the database what it was not told: builds of other replicas that ended, or wait for a job
 * @param listen whether replicas tell each other when builds end, by a connection of its own to the database ({@code LISTEN}); without,
 *     they see it when they ask next
 * @param attempts how often a build is begun that ends by a fault of a machine's
 * @param retryDelay before the second attempt; twice as long before each that follows
 * @param failureMemory how long a failed build answers for its derivation; zero: each read builds it anew
 * @param abandoned what becomes of a build when the last one has left who waits for it, unless the request says
 * @param abandonedGrace how long one may come back before such a build is cancelled
 * @param absence how long builds wait for a Kiln that could run them, and whose lease has run out; where there never was one, they fail at
 *     once
 * @param drainTimeout how long builds may go on when Kiln is stopped; those that have not ended then are queued again
 */
@ConfigurationProperties("kiln.build")
@Validated
record QueueProperties(@DefaultValue("15s") @DurationMin(seconds = 1) Duration lease,
    @DefaultValue("1s") @DurationMin(millis = 10) Duration poll, @DefaultValue("true") boolean listen,
    @DefaultValue("3") @Min(1) int attempts, @DefaultValue("5s") @DurationMin(millis = 0) Duration retryDelay,
    @DefaultValue("1h") @DurationMin(seconds = 0) Duration failureMemory,
    @DefaultValue("continue") Abandoned abandoned,
    @DefaultValue("30s") @DurationMin(seconds = 0) Duration abandonedGrace,
    @DefaultValue("1m") @DurationMin(seconds = 0) Duration absence,
    @DefaultValue("10s") @DurationMin(seconds = 0) Duration drainTimeout) {}
