package dev.kiln.postgres;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;

import dev.kiln.datadir.DataDirectory;

/** Starts PostgreSQL where Kiln is given none. Beans are destroyed in reverse: the pool, PostgreSQL, then the lock. */
@Configuration(proxyBeanMethods = false)
@Conditional(PostgresConfiguration.NoDatabaseGiven.class)
class PostgresConfiguration {

  @Bean
  EmbeddedPostgres embeddedPostgres(DataDirectory dataDirectory, PostgresProperties properties) {
    return EmbeddedPostgres.start(dataDirectory.resolve("postgres"), properties);
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

  static final class NoDatabaseGiven extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
      String url = context.getEnvironment().getProperty("spring.datasource.url", "");
      return url.isBlank() ? ConditionOutcome.match("spring.datasource.url is not set")
          : ConditionOutcome.noMatch("spring.datasource.url is set");
    }
  }
}
