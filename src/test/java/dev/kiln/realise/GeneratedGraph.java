package dev.kiln.realise;

import java.util.List;

import org.springframework.jdbc.core.JdbcTemplate;

import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.harness.Recipes;
import dev.kiln.storepath.StorePath;

/**
 * A graph of derivations that are rows only, below one that is whole. Each needs the one before it in its lane, and others of the lanes
 * before: it is as deep as it has lanes' lengths, and as wide as it has lanes.
 */
final class GeneratedGraph {

  private static final String KEY = "substring(sha256(convert_to('%s' || %s, 'UTF8')) for 20)";
  private static final String DERIVATION = KEY.formatted("derivation ", "%s");
  private static final String OUTPUT = KEY.formatted("output ", "%s");

  private final JdbcTemplate jdbc;
  private final int size;

  GeneratedGraph(JdbcTemplate jdbc, int size) {
    this.jdbc = jdbc;
    this.size = size;
  }

  /**
   * @param lanes how many derivations there are that need none of each other
   * @param inputs of each, beside the one before it in its lane
   * @return the one that needs all
   */
  StorePath insert(Derivations derivations, int lanes, int inputs) {
    jdbc.update("insert into derivation (hash, name, aterm, modulo, registered_at) select " + DERIVATION.formatted("i")
        + ", 'd-' || i || '.drv', '', '', now() from generate_series(1, ?) i", size);
    jdbc.update("insert into derivation_output (derivation, name, path, path_name) select " + DERIVATION.formatted("i")
        + ", 'out', " + OUTPUT.formatted("i") + ", 'd-' || i from generate_series(1, ?) i", size);
    // the same each time: a random graph that is not random
    jdbc.update(
        "update derivation set inputs = edges.inputs, input_outputs = array_fill('out'::text, array[cardinality(edges.inputs)]) "
            + "from (select i, array_agg(distinct " + DERIVATION.formatted("input")
            + ") as inputs from (select i, i - ? as input from "
            + "generate_series(? + 1, ?) i union select i, 1 + abs(hashint8(i * 1000 + k)::bigint) % (i - 1) from "
            + "generate_series(2, ?) i, generate_series(1, ?) k) edge group by i) edges where derivation.hash = "
            + DERIVATION.formatted("edges.i"),
        lanes, lanes, size, size, inputs);
    KnownDerivation root = new Recipes().script("root", "echo > $out");
    derivations.register(List.of(root));
    jdbc.update("update derivation set inputs = (select array_agg(" + DERIVATION.formatted("i")
        + ") from generate_series(? - ? + 1, ?) i), input_outputs = array_fill('out'::text, array[?]) where hash = ?",
        size, lanes,
        size, lanes, root.path().hash().toByteArray());
    jdbc.execute("analyze");
    return root.path();
  }

  /** Registers the output of the derivation of this number, and of every {@code step}th. */
  void bring(int number, int step) {
    jdbc.update("""
        insert into path_info (hash, name, root_type, root_target, nar_sha256, nar_size, registered_at)
        select %s, 'd-' || i, 'symlink', 'x', sha256('x'), 8, now() from generate_series(?, ?, ?) i"""
        .formatted(OUTPUT.formatted("i")), number, size, step);
  }

  /** Records a build that took so long. */
  void built(int number, int millis) {
    jdbc.update(
        """
            insert into build (id, derivation, derivation_name, state, submitted_at, started_at, ended_at)
            select gen_random_uuid(), %s, 'd-' || i || '.drv', 'succeeded', now(), now() - make_interval(secs => ? / 1000.0), now()
            from generate_series(?, ?) i"""
            .formatted(DERIVATION.formatted("i")),
        millis, number, number);
  }
}
