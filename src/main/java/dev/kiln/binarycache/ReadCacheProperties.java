package dev.kiln.binarycache;

import java.time.Duration;

import org.hibernate.validator.constraints.time.DurationMax;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * What is kept in memory to be sent again. 0 keeps nothing.
 *
 * @param narinfoMemory for narinfos, about 1 KB each
 * @param narMemory for small NARs
 * @param narPlanMemory for what other NARs are made of, about 30 bytes for each file
 * @param maxStale how long an answer may be kept: what another Kiln on the same database changes, a new signature or a deleted path,
 *     is seen after that. What this one changes is seen at once
 */
@Validated
@ConfigurationProperties("kiln.cache")
public record ReadCacheProperties(@DefaultValue("8MB") DataSize narinfoMemory, @DefaultValue("16MB") DataSize narMemory,
    @DefaultValue("16MB") DataSize narPlanMemory, @DefaultValue("5s") @DurationMax(hours = 1) Duration maxStale) {}
