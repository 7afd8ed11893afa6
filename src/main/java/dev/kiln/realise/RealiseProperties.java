package dev.kiln.realise;

import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.ConstructorBinding;
import org.springframework.validation.annotation.Validated;

/** @param maxJobs builds that run at the same time; as many as there are processors where it is not set */
@ConfigurationProperties("kiln.build")
@Validated
record RealiseProperties(@Min(1) int maxJobs) {

  @ConstructorBinding
  RealiseProperties(@Nullable Integer maxJobs) {
    this(maxJobs == null ? Runtime.getRuntime().availableProcessors() : maxJobs);
  }
}
