package dev.kiln.register;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How much is taken in by one request.
 *
 * @param maxDerivations of all derivations in a request together
 * @param maxDerivationCount how many derivations there may be: each takes about 1 KB of memory while they are registered
 * @param maxSource of a source, as it is sent
 * @param maxTarEntries of a tar; a NAR has no such limit
 */
@Validated
@ConfigurationProperties("kiln.register")
public record RegisterProperties(@DefaultValue("512MB") DataSize maxDerivations,
    @DefaultValue("100000") @Min(1) int maxDerivationCount,
    @DefaultValue("64GB") DataSize maxSource,
    @DefaultValue("250000") int maxTarEntries) {}
