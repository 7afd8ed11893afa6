package dev.kiln.harness;

import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/** Gives a Spring context an empty data directory and an empty database. */
final class FreshStore implements ApplicationContextInitializer<ConfigurableApplicationContext> {

  @Override
  public void initialize(ConfigurableApplicationContext context) {
    TemporaryDirectories.outlastSpringContexts();
    TestPropertyValues.of("kiln.data-dir=" + TemporaryDirectories.create("kiln-data-"),
        "spring.datasource.url=" + SharedPostgres.createDatabase(), "spring.datasource.hikari.maximum-pool-size=8",
        "spring.datasource.hikari.minimum-idle=1").applyTo(context);
  }
}
