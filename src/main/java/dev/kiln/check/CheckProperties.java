package dev.kiln.check;

import java.time.Duration;

import jakarta.validation.constraints.Min;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How what is here is built again.
 *
 * @param maxJobs checks that run at the same time, beside the builds that readers wait for
 * @param maxWait the longest that a request waits for its check before it is told where to look for it
 * @param maxDifferences of one output, that are kept
 */
@ConfigurationProperties("kiln.check")
@Validated
public record CheckProperties(@DefaultValue("1") @Min(1) int maxJobs,
    @DefaultValue("30m") @DurationMin(seconds = 1) Duration maxWait,
    @DefaultValue("1000") @Min(1) int maxDifferences) {}
