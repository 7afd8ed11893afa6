package dev.kiln;

import java.time.Clock;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;

/** Starts Kiln: a Nix store over HTTP that builds what you read. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class KilnApplication {

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  public static void main(String[] args) {
    SpringApplication.run(KilnApplication.class, args);
  }
}
