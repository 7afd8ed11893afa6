package dev.kiln.build.fs;

import java.time.Clock;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.BuildLogs;
import dev.kiln.datadir.SharedDirectory;

@Configuration(proxyBeanMethods = false)
class BuildLogsConfiguration {

  @Bean
  BuildLogs buildLogs(SharedDirectory sharedDirectory, Clock clock) {
    return new FsBuildLogs(sharedDirectory.resolve("logs"), clock);
  }
}
