package dev.kiln.build.builtins;

import java.time.Duration;
import java.time.InstantSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.BuildProperties;
import dev.kiln.castore.Castore;
import dev.kiln.compression.Decompressors;

@Configuration(proxyBeanMethods = false)
class BuiltinConfiguration {

  /** In KiB: the dictionary of {@code xz -9}, and a little more. */
  private static final int DECODER_MEMORY = 70_000;
  private static final Duration PATIENCE_FOR_MEMORY = Duration.ofMinutes(10);

  @Bean
  BuildEnvironments buildEnvironments(Castore castore) {
    return new BuildEnvironments(castore, InstantSource.system());
  }

  @Bean
  UnpackChannel unpackChannel(BuildProperties properties, Castore castore) {
    return new UnpackChannel(castore, InstantSource.system(),
        new Decompressors(DECODER_MEMORY, PATIENCE_FOR_MEMORY), properties.limits().output().toBytes());
  }
}
