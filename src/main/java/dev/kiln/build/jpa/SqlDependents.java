package dev.kiln.build.jpa;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.build.BuildFailure.Kind;

/** Ends builds with the one that they wait for, within the caller's transaction. */
@Component
class SqlDependents {

  private static final String END = """
      with recursive dependent (id) as (
        select build from build_input where input = ?
        union
        select build_input.build from dependent join build_input on build_input.input = dependent.id),
      given as (
        select build.id from build join dependent using (id) where build.state in %s order by build.id for update of build)
      update build set state = ?, ended_at = now(), failure = ?, message = ?, failed_input = ?
      from given where build.id = given.id
      returning build.id"""
      .formatted(BuildSql.LIVE);

  private final JdbcTemplate jdbc;

  SqlDependents(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /** @return {@code root}, which has failed, and all that wait for it, directly or not */
  List<UUID> fail(UUID root, String message) {
    return end(root, BuildRow.FAILED, Kind.INPUT_FAILED.name(), message);
  }

  /** @return {@code root}, which was cancelled, and all that wait for it, directly or not */
  List<UUID> cancel(UUID root, String message) {
    return end(root, BuildRow.CANCELLED, null, message);
  }

  /** Once more as long as there are any: of those that are submitted to wait for one that waits, the first round need not know. */
  private List<UUID> end(UUID root, String state, @Nullable String failure, String message) {
    List<UUID> ended = new ArrayList<>(List.of(root));
    List<UUID> round;
    do {
      round = jdbc.query(END, (row, _) -> BuildSql.id(row, 1), root, state, failure, message, root);
      ended.addAll(round);
    } while (!round.isEmpty());
    return ended;
  }
}
