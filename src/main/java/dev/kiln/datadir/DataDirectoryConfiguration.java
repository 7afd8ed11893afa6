package dev.kiln.datadir;

import java.nio.file.Path;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Directories are Strings here, not Paths: Spring looks for {@code ./data} on the class path before it asks the file system. */
@Configuration(proxyBeanMethods = false)
class DataDirectoryConfiguration {

  @Bean
  SharedDirectory sharedDirectory(@Value("${kiln.shared-dir:}") String directory, DataDirectory dataDirectory,
      ContentOwner owner) {
    return SharedDirectory.open(directory.isBlank() ? dataDirectory.path() : Path.of(directory), owner);
  }
}
