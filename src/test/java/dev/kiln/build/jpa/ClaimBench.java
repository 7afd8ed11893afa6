package dev.kiln.build.jpa;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.TestPropertySource;

import dev.kiln.build.LiveBuilds;
import dev.kiln.harness.KilnTest;

import static org.assertj.core.api.Assertions.assertThat;

/** How fast builds are claimed of 50,000 that are queued, for one requester and for a hundred. Run it by name. */
@KilnTest
@TestPropertySource(properties = {"kiln.build.max-jobs=0", "kiln.build.poll=1h", "kiln.build.lease=1h"})
class ClaimBench {

  private static final int QUEUED = 50_000;
  private static final int CLAIMS = 1_000;

  @Autowired
  LiveBuilds live;

  @Autowired
  JdbcTemplate jdbc;

  @Test
  void claims() {
    boolean lanes = hasColumn("build", "lane");
    UUID replica = UUID.randomUUID();
    jdbc.update("truncate build, derivation, replica cascade");
    jdbc.update("insert into replica (id, address, lease_until) values (?, 'x', now() + interval '1 hour')", replica);
    if (hasColumn("replica", "offers")) {
      jdbc.update("update replica set offers = '{x86_64-linux}'");
    }
    jdbc.update("""
        insert into derivation (hash, name, aterm, modulo, registered_at)
        select substring(sha256(convert_to('claim ' || i, 'UTF8')) for 20), 'claim-' || i || '.drv', '', '', now()
        from generate_series(1, ?) i""", QUEUED);
    for (int requesters : lanes ? new int[]{1, 100} : new int[]{1}) {
      jdbc.update("truncate build cascade");
      jdbc.update("""
          insert into build (id, derivation, derivation_name, state, height%s)
          select gen_random_uuid(), hash, name, 'queued', (random() * 50)::integer%s
          from (select hash, name, row_number() over () as n from derivation) as numbered"""
          .formatted(lanes ? ", lane, needs" : "", lanes ? ", n % " + requesters + ", 'x86_64-linux'" : ""));
      jdbc.execute("analyze");
      measure(requesters, replica);
    }
  }

  private void measure(int requesters, UUID replica) {
    long[] micros = new long[CLAIMS];
    for (int round = 0; round < 3; round++) {
      long begin = System.nanoTime();
      for (int i = 0; i < CLAIMS; i++) {
        long claim = System.nanoTime();
        assertThat(live.claim(replica, List.of())).isPresent();
        micros[i] = (System.nanoTime() - claim) / 1_000;
        // as many run as may run at once
        jdbc.update("update build set state = 'succeeded', ended_at = now() where state = 'running'");
      }
      long total = (System.nanoTime() - begin) / 1_000_000;
      Arrays.sort(micros);
      System.out.printf("%d requesters: claim median %d us, 99%% %d us; with its end, %d a second%n", requesters,
          micros[CLAIMS / 2], micros[CLAIMS * 99 / 100], CLAIMS * 1_000L / total);
    }
  }

  private boolean hasColumn(String table, String column) {
    Integer count = jdbc.queryForObject(
        "select count(*) from information_schema.columns where table_name = ? and column_name = ?", Integer.class,
        table,
        column);
    return count != null && count > 0;
  }
}
