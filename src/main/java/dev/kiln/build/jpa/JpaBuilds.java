package dev.kiln.build.jpa;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.Build;
import dev.kiln.build.Builds;

@Repository
class JpaBuilds implements Builds {

  private final BuildRows rows;

  JpaBuilds(BuildRows rows) {
    this.rows = rows;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Build> find(UUID id) {
    return rows.findById(id).map(BuildRow::toBuild);
  }

  @Override
  @Transactional(readOnly = true)
  public List<Build> list(Filter filter, int offset, int limit) {
    return rows.list(filter.derivation().map(path -> path.hash().toByteArray()).orElse(null),
        filter.state().orElse(null), offset, limit).stream().map(BuildRow::toBuild).toList();
  }
}
