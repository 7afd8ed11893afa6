package dev.kiln.harness;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/** What is true of the builds in a database at any time, between transactions. Each finds the rows that break a rule. */
public final class BuildInvariants {

  private static final List<String> BROKEN = List.of(
      """
          select derivation from build where state in ('waiting', 'queued', 'running') group by derivation having count(*) > 1""",
      // a build waits for as many as it says, and for none that has ended
      """
          select build.id from build where state in ('waiting', 'queued', 'running') and waits_for <> (
            select count(*) from build_input join build input on input.id = build_input.input
            where build_input.build = build.id and input.state in ('waiting', 'queued', 'running'))""",
      // what failed or was cancelled took with it all that waited for it
      """
          select build.id from build join build_input on build_input.build = build.id
          join build input on input.id = build_input.input
          where build.state in ('waiting', 'queued', 'running') and input.state in ('failed', 'cancelled', 'lost')""",
      // the root of a failure is one that failed, or was cancelled, by itself
      """
          select build.id from build join build root on root.id = build.failed_input
          where root.state <> build.state or root.failed_input is not null and root.state <> 'failed'""",
      "select id from build where state = 'failed' and failure = 'INPUT_FAILED' and failed_input is null",
      "select id from build where ended_at < started_at or started_at < submitted_at",
      // no promise without its references
      """
          select referrer from path_reference
          where not exists (select from path_info where path_info.hash = path_reference.reference)""");

  private BuildInvariants() {}

  public static void check(JdbcTemplate jdbc) {
    BROKEN.forEach(broken -> assertThat(jdbc.queryForList(broken)).as(broken).isEmpty());
  }

  /** To be true when nobody builds any more, whatever has happened before. */
  public static void checkNothingIsLive(JdbcTemplate jdbc) {
    check(jdbc);
    assertThat(jdbc.queryForList("select * from build where state in ('waiting', 'queued', 'running')")).isEmpty();
  }
}
