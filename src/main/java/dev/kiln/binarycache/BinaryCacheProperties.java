package dev.kiln.binarycache;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What the cache says of itself.
 *
 * @param compression of the NARs that narinfos name; every form can be fetched, whatever this is
 * @param priority the lower, the sooner clients ask; cache.nixos.org has 40
 */
@ConfigurationProperties("kiln.cache")
@Validated
public record BinaryCacheProperties(@DefaultValue("none") NarForm compression,
    @DefaultValue("30") @Min(0) int priority) {}
