package dev.kiln.datadir.jpa;

import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.datadir.ContentOwner;

@Repository
class SqlContentOwner implements ContentOwner {

  private final JdbcTemplate jdbc;

  SqlContentOwner(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<String> known() {
    return jdbc.query("select id from shared_directory", (row, _) -> row.getString(1)).stream().findFirst();
  }

  @Override
  @Transactional
  public String claim(String id) {
    jdbc.update("insert into shared_directory (id) values (?) on conflict do nothing", id);
    return known().orElseThrow();
  }
}
