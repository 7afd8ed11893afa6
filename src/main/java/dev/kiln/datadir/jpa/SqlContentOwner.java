package dev.kiln.datadir.jpa;

import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.datadir.ContentOwner;

/** Single statements, each its own transaction: this is asked at the start, when Hibernate is not there yet. */
@Repository
class SqlContentOwner implements ContentOwner {

  private final JdbcTemplate jdbc;

  SqlContentOwner(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public Optional<String> known() {
    return jdbc.query("select id from shared_directory", (row, _) -> row.getString(1)).stream().findFirst();
  }

  @Override
  public String claim(String id) {
    jdbc.update("insert into shared_directory (id) values (?) on conflict do nothing", id);
    return known().orElseThrow();
  }
}
