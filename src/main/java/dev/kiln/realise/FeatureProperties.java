package dev.kiln.realise;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What Nix calls experimental features.
 *
 * @param caDerivations whether outputs may have paths that only their builds tell (ca-derivations); if not, they are registered but
 *     not built, and their realisations are neither served nor taken
 */
@ConfigurationProperties("kiln.features")
public record FeatureProperties(@DefaultValue("true") boolean caDerivations) {}
