package dev.kiln.derivation.jpa;

import java.io.ByteArrayOutputStream;
import java.sql.Timestamp;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.VerifiedDerivations;
import dev.kiln.jdbc.BulkInsert;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Inserts derivations with their outputs and inputs. */
@Component
class DerivationInserts {

  private record Output(StorePath derivation, String name, @Nullable StorePath path, @Nullable String ca) {}

  private record Source(StorePath derivation, StorePath source) {}

  /** Derivations that are in memory at once. */
  private static final int BATCH = 500;
  private static final long BATCH_BYTES = 4 << 20;

  private static final String HOLD = """
      select hash from derivation where hash = any(?::bytea[]) order by hash for key share""";

  /** New rows that change what the tables look like to PostgreSQL. */
  private static final int MANY = 1_000;

  private static final BulkInsert<Output> OUTPUTS = BulkInsert.<Output>into("derivation_output")
      .column("derivation", "bytea", output -> output.derivation().hash().toByteArray())
      .column("name", "text", Output::name)
      .column("path", "bytea", output -> output.path() == null ? null : output.path().hash().toByteArray())
      .column("path_name", "text", output -> output.path() == null ? null : output.path().name().value())
      .column("ca", "text", Output::ca);

  private static final BulkInsert<Source> SOURCES = BulkInsert.<Source>into("derivation_source")
      .column("derivation", "bytea", source -> source.derivation().hash().toByteArray())
      .column("source", "bytea", source -> source.source().hash().toByteArray())
      .column("source_name", "text", source -> source.source().name().value());

  private final JdbcTemplate jdbc;
  private final Clock clock;

  DerivationInserts(JdbcTemplate jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /**
   * Inserts them sorted, so that two who insert the same wait for each other instead of dead-locking.
   *
   * @return how many were new
   */
  int insert(VerifiedDerivations derivations) {
    BulkInsert<KnownDerivation> insert = derivationInsert(Timestamp.from(clock.instant()));
    int[] count = {0};
    inBatches(derivations, batch -> {
      requireInputs(batch, derivations.paths());
      Set<StorePathHash> inserted = insert.insertReturning("hash", jdbc, batch).stream().map(StorePathHash::of)
          .collect(Collectors.toSet());
      List<KnownDerivation> fresh = batch.stream().filter(known -> inserted.contains(known.path().hash())).toList();
      OUTPUTS.insert(jdbc, fresh.stream().flatMap(DerivationInserts::outputs).toList());
      SOURCES.insert(jdbc, fresh.stream().flatMap(DerivationInserts::sources).toList());
      count[0] += fresh.size();
    });
    if (count[0] >= MANY) {
      // plans are made right after, and would take the tables for empty
      jdbc.execute("analyze derivation, derivation_output");
    }
    return count[0];
  }

  /** Holds what is needed beside {@code given} until the transaction ends, as a foreign key does. */
  private void requireInputs(List<KnownDerivation> batch, Set<StorePath> given) {
    SortedSet<StorePath> others = new TreeSet<>();
    batch.forEach(known -> others.addAll(known.derivation().inputDerivations().keySet()));
    others.removeIf(given::contains);
    if (others.isEmpty()) {
      return;
    }
    byte[][] hashes = others.stream().map(input -> input.hash().toByteArray()).toArray(byte[][]::new);
    Set<StorePathHash> here = jdbc.query(HOLD,
        statement -> statement.setArray(1, statement.getConnection().createArrayOf("bytea", hashes)),
        (row, _) -> StorePathHash.of(row.getBytes(1))).stream().collect(Collectors.toSet());
    others.removeIf(input -> here.contains(input.hash()));
    if (!others.isEmpty()) {
      throw new DataIntegrityViolationException("input derivation '" + others.first() + "' is not known");
    }
  }

  private static void inBatches(VerifiedDerivations derivations, Consumer<List<KnownDerivation>> insert) {
    List<KnownDerivation> batch = new ArrayList<>();
    long bytes = 0;
    for (StorePath path : derivations.paths()) {
      KnownDerivation known = derivations.read(path);
      batch.add(known);
      bytes += known.file().aterm().length();
      if (batch.size() == BATCH || bytes >= BATCH_BYTES) {
        insert.accept(batch);
        batch.clear();
        bytes = 0;
      }
    }
    if (!batch.isEmpty()) {
      insert.accept(batch);
    }
  }

  private static BulkInsert<KnownDerivation> derivationInsert(Timestamp now) {
    return BulkInsert.<KnownDerivation>into("derivation")
        .column("hash", "bytea", known -> known.path().hash().toByteArray())
        .column("name", "text", known -> known.path().name().value())
        .column("aterm", "bytea", known -> known.file().aterm().toByteArray())
        .column("inputs", "bytea", BulkInsert.hashes("inputs", StorePathHash.LENGTH), DerivationInserts::inputs)
        .column("input_outputs", "text", "string_to_array(input_outputs, ' ')", DerivationInserts::wantedOutputs)
        .column("modulo", "text", known -> known.hash().render())
        .column("output_hash", "bytea", known -> known.outputHash().value().toByteArray())
        .column("needs", "text", known -> BuildNeeds.of(known.derivation()).map(BuildNeeds::render).orElse(null))
        .column("registered_at", "timestamptz", _ -> now);
  }

  private static Stream<Output> outputs(KnownDerivation known) {
    return known.derivation().outputs().entrySet().stream().map(output -> new Output(known.path(), output.getKey(),
        output.getValue().statedPath().orElse(null), contentAddress(output.getValue())));
  }

  private static @Nullable String contentAddress(DerivationOutput output) {
    return output instanceof Fixed fixed ? new ContentAddress.Fixed(fixed.method(), fixed.hash()).render() : null;
  }

  /** @return one hash behind the other, one for each output that is wanted */
  private static byte[] inputs(KnownDerivation known) {
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    known.derivation().inputDerivations()
        .forEach((input, outputs) -> outputs.forEach(_ -> hashes.writeBytes(input.hash().toByteArray())));
    return hashes.toByteArray();
  }

  private static String wantedOutputs(KnownDerivation known) {
    return known.derivation().inputDerivations().values().stream().flatMap(Collection::stream)
        .collect(Collectors.joining(" "));
  }

  private static Stream<Source> sources(KnownDerivation known) {
    return known.derivation().inputSources().stream().map(source -> new Source(known.path(), source));
  }
}
