package dev.kiln.datadir;

import java.nio.file.Path;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DataDirectoryConfiguration {

  /**
   * @param directory a String, not a Path: Spring looks for {@code ./data} on the class path before it asks the file
   *        system
   */
  @Bean
  DataDirectory dataDirectory(@Value("${kiln.data-dir:./data}") String directory) {
    return DataDirectory.open(Path.of(directory));
  }
}
