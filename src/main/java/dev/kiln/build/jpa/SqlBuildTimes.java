package dev.kiln.build.jpa;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.BuildTimes;

@Repository
class SqlBuildTimes implements BuildTimes {

  private static final String MEDIANS = """
      select given.name, 1000 * percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at))
      from unnest(?::text[]) as given (name)
      cross join lateral (
        select started_at, ended_at from build
        where derivation_name = given.name and state = 'succeeded'
        order by submitted_at desc
        limit 9
      ) recent
      group by given.name""";

  private final JdbcTemplate jdbc;

  SqlBuildTimes(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Map<String, Duration> medians(Collection<String> names) {
    Map<String, Duration> medians = new HashMap<>();
    jdbc.query(MEDIANS,
        statement -> statement.setArray(1,
            statement.getConnection().createArrayOf("text", names.stream().distinct().toArray(String[]::new))),
        row -> {
          medians.put(row.getString(1), Duration.ofMillis(Math.max(0, Math.round(row.getDouble(2)))));
        });
    return medians;
  }
}
