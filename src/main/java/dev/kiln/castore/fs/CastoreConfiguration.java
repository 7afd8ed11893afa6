package dev.kiln.castore.fs;

import java.io.IOException;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directories;
import dev.kiln.datadir.DataDirectory;

@Configuration(proxyBeanMethods = false)
class CastoreConfiguration {

  @Bean
  FsBlobs blobs(DataDirectory dataDirectory) throws IOException {
    return new FsBlobs(dataDirectory.path());
  }

  @Bean
  Castore castore(FsBlobs blobs, Directories directories) {
    return new Castore(blobs, directories);
  }

  /** @param maxTrees how many inputs of builds stay laid out on disk although no build uses them */
  @Bean
  FsCheckouts checkouts(Castore castore, FsBlobs blobs, DataDirectory dataDirectory,
      @Value("${kiln.castore.max-checkouts:2000}") int maxTrees) throws IOException {
    return new FsCheckouts(castore, blobs::path, dataDirectory.resolve("checkouts"), maxTrees);
  }
}
