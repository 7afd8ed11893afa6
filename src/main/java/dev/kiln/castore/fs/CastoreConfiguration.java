package dev.kiln.castore.fs;

import java.io.IOException;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Directories;
import dev.kiln.castore.PackIndex;
import dev.kiln.datadir.DataDirectory;
import dev.kiln.datadir.SharedDirectory;

@Configuration(proxyBeanMethods = false)
class CastoreConfiguration {

  @Bean
  PackedBlobs blobs(SharedDirectory sharedDirectory, PackIndex index) throws IOException {
    return new PackedBlobs(sharedDirectory.path(), new FsBlobs(sharedDirectory.path()), index);
  }

  @Bean(initMethod = "start")
  LooseBlobs looseBlobs(SharedDirectory sharedDirectory, PackedBlobs blobs) {
    return new LooseBlobs(sharedDirectory.path(), blobs);
  }

  @Bean
  Castore castore(PackedBlobs blobs, Directories directories) {
    return new Castore(blobs, directories);
  }

  /** @param maxTrees how many inputs of builds stay laid out on disk although no build uses them */
  @Bean
  FsCheckouts checkouts(Castore castore, PackedBlobs blobs, DataDirectory dataDirectory,
      @Value("${kiln.castore.max-checkouts:2000}") int maxTrees) throws IOException {
    return new FsCheckouts(castore, blobs::path, dataDirectory.resolve("checkouts"), maxTrees);
  }
}
