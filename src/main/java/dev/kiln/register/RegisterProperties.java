package dev.kiln.register;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much is taken in by one request.
 *
 * @param maxDerivations of all derivations in a request together
 * @param maxSource of a source, as it is sent
 * @param maxTarEntries of a tar; a NAR has no such limit
 */
@ConfigurationProperties("kiln.register")
public record RegisterProperties(@DefaultValue("32MB") DataSize maxDerivations,
    @DefaultValue("64GB") DataSize maxSource,
    @DefaultValue("250000") int maxTarEntries) {}
