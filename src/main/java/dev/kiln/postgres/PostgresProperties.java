package dev.kiln.postgres;

import java.time.Duration;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * The embedded PostgreSQL; without effect when {@code spring.datasource.url} is set.
 *
 * @param sharedBuffers PostgreSQL's own cache; the page cache of the kernel does the rest
 * @param maxConnections above the size of the connection pool, with room for a look inside
 * @param startTimeout how long a start may take; the recovery after a crash is part of it
 * @param stopTimeout how long Kiln waits at its end for the last checkpoint
 */
@Validated
@ConfigurationProperties("kiln.postgres")
public record PostgresProperties(@DefaultValue("64MB") DataSize sharedBuffers,
    @DefaultValue("100") @Min(10) @Max(10_000) int maxConnections,
    @DefaultValue("5m") @DurationMin(seconds = 1) Duration startTimeout,
    @DefaultValue("1m") @DurationMin(seconds = 1) Duration stopTimeout) {}
