package dev.kiln.build.fs;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.build.BuildLogs;
import dev.kiln.datadir.DataDirectory;

@Configuration(proxyBeanMethods = false)
class BuildLogsConfiguration {

  @Bean
  BuildLogs buildLogs(DataDirectory dataDirectory) {
    return new FsBuildLogs(dataDirectory.resolve("logs"));
  }
}
