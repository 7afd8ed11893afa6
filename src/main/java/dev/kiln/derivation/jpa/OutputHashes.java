package dev.kiln.derivation.jpa;

import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.derivation.Derivations;
import dev.kiln.storepath.StorePathHash;

/** Gives the derivations that were registered before output hashes were kept theirs, once, before anyone asks for them. */
@Component
class OutputHashes implements InitializingBean {

  private static final Logger log = LoggerFactory.getLogger(OutputHashes.class);

  private static final String WITHOUT = "select hash from derivation where output_hash is null limit 1000";
  private static final String UPDATE = "update derivation set output_hash = ? where hash = ?";

  private final JdbcTemplate jdbc;
  private final Derivations derivations;

  OutputHashes(JdbcTemplate jdbc, Derivations derivations) {
    this.jdbc = jdbc;
    this.derivations = derivations;
  }

  @Override
  public void afterPropertiesSet() {
    int done = 0;
    for (List<byte[]> page = page(); !page.isEmpty(); page = page()) {
      jdbc.batchUpdate(UPDATE, page.stream().map(hash -> new Object[]{
          derivations.find(StorePathHash.of(hash)).orElseThrow().outputHash().value().toByteArray(), hash}).toList());
      done += page.size();
    }
    if (done > 0) {
      log.info("{} derivations have output hashes now", done);
    }
  }

  private List<byte[]> page() {
    return jdbc.query(WITHOUT, (row, _) -> row.getBytes(1));
  }
}
