package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Path;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import dev.kiln.datadir.SharedDirectory;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({BinaryCacheProperties.class, ReadCacheProperties.class, SigningProperties.class})
class BinaryCacheConfiguration {

  private static final Logger log = LoggerFactory.getLogger(BinaryCacheConfiguration.class);

  @Bean
  Signer signer(SigningProperties properties, SharedDirectory sharedDirectory) throws IOException {
    Path file = properties.keyFile() == null ? sharedDirectory.resolve("signing-key") : Path.of(properties.keyFile());
    SigningKey key = new SigningKeyFile(file).readOrCreate(properties::generate);
    log.info("Kiln signs with the key {}", key.publicKey());
    return new Signer(key);
  }
}
