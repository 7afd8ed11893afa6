package dev.kiln.postgres;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Where Kiln is given no PostgreSQL, the one that {@link EarlyStart} has begun to start is waited for by those who need it. Beans are
 * destroyed in reverse: the pool, PostgreSQL, then the lock.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(PostgresConfiguration.NoDatabaseGiven.class)
class PostgresConfiguration {

  /** @param properties what it was started with, now checked */
  @Bean
  EmbeddedPostgres embeddedPostgres(StartingPostgres starting, PostgresProperties properties) {
    return starting.await();
  }

  @Bean
  JdbcConnectionDetails embeddedPostgresConnection(EmbeddedPostgres postgres) {
    return new JdbcConnectionDetails() {
      @Override
      public String getJdbcUrl() {
        return postgres.jdbcUrl();
      }

      @Override
      public String getUsername() {
        return postgres.username();
      }

      @Override
      public String getPassword() {
        return "";
      }
    };
  }

  static boolean isNeeded(Environment environment) {
    return environment.getProperty("spring.datasource.url", "").isBlank();
  }

  static final class NoDatabaseGiven extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return isNeeded(context.getEnvironment()) ? ConditionOutcome.match("spring.datasource.url is not set")
          : ConditionOutcome.noMatch("spring.datasource.url is set");
    }
  }
}
