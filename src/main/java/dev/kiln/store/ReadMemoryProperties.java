package dev.kiln.store;

import java.time.Duration;

import org.hibernate.validator.constraints.time.DurationMax;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * What is kept in memory of files that were read, to be sent again. 0 keeps nothing.
 *
 * @param pathMemory of the heap, for where paths lead, about 1.5 KB each
 * @param fileMemory of the heap, for small files
 * @param mappedMemory for larger files: pages of the file system's cache, which the kernel takes back when it needs them
 * @param maxStale how long it is believed that a path is here: what another Kiln on the same database deletes is seen after that
 */
@Validated
@ConfigurationProperties("kiln.store")
public record ReadMemoryProperties(@DefaultValue("8MB") DataSize pathMemory, @DefaultValue("16MB") DataSize fileMemory,
    @DefaultValue("128MB") DataSize mappedMemory, @DefaultValue("5s") @DurationMax(hours = 1) Duration maxStale) {}
