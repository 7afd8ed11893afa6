package dev.kiln.realise;

import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * @param maxJobs builds that run at the same time; as many as there are processors where it is not set; 0: builds that are asked for here are run by other replicas
 * @param reuseFixedOutputs whether a fixed output is taken from another path with the same content where there is one; otherwise it is
 *     built, as Nix would
 */
@ConfigurationProperties("kiln.build")
@Validated
record RealiseProperties(@Min(0) int maxJobs, boolean reuseFixedOutputs) {

  @ConstructorBinding
  RealiseProperties(@Nullable Integer maxJobs, @DefaultValue("true") boolean reuseFixedOutputs) {
    this(maxJobs == null ? Runtime.getRuntime().availableProcessors() : maxJobs.intValue(), reuseFixedOutputs);
  }
}
