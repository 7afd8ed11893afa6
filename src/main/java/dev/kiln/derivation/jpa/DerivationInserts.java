package dev.kiln.derivation.jpa;

import java.sql.Timestamp;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.derivation.BuildNeeds;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.jdbc.BulkInsert;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Inserts derivations with their outputs and inputs. */
@Component
class DerivationInserts {

  private record Output(StorePath derivation, String name, @Nullable StorePath path, @Nullable String ca) {}

  private record Input(StorePath derivation, StorePath input, String output) {}

  private record Source(StorePath derivation, StorePath source) {}

  private static final BulkInsert<Output> OUTPUTS = BulkInsert.<Output>into("derivation_output")
      .column("derivation", "bytea", output -> output.derivation().hash().toByteArray())
      .column("name", "text", Output::name)
      .column("path", "bytea", output -> output.path() == null ? null : output.path().hash().toByteArray())
      .column("path_name", "text", output -> output.path() == null ? null : output.path().name().value())
      .column("ca", "text", Output::ca);

  private static final BulkInsert<Input> INPUTS = BulkInsert.<Input>into("derivation_input")
      .column("derivation", "bytea", input -> input.derivation().hash().toByteArray())
      .column("input", "bytea", input -> input.input().hash().toByteArray())
      .column("output", "text", Input::output);

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

  /** @return how many were new */
  int insert(Collection<KnownDerivation> derivations) {
    List<KnownDerivation> sorted = derivations.stream().sorted(Comparator.comparing(KnownDerivation::path)).toList();
    Set<StorePathHash> inserted = derivationInsert(Timestamp.from(clock.instant()))
        .insertReturning("hash", jdbc, sorted)
        .stream().map(StorePathHash::of).collect(Collectors.toSet());
    List<KnownDerivation> fresh = sorted.stream().filter(known -> inserted.contains(known.path().hash())).toList();
    OUTPUTS.insert(jdbc, fresh.stream().flatMap(DerivationInserts::outputs).toList());
    INPUTS.insert(jdbc, fresh.stream().flatMap(DerivationInserts::inputs).toList());
    SOURCES.insert(jdbc, fresh.stream().flatMap(DerivationInserts::sources).toList());
    return fresh.size();
  }

  private static BulkInsert<KnownDerivation> derivationInsert(Timestamp now) {
    return BulkInsert.<KnownDerivation>into("derivation")
        .column("hash", "bytea", known -> known.path().hash().toByteArray())
        .column("name", "text", known -> known.path().name().value())
        .column("aterm", "bytea", known -> known.file().aterm().toByteArray())
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

  private static Stream<Input> inputs(KnownDerivation known) {
    return known.derivation().inputDerivations().entrySet().stream().flatMap(
        input -> input.getValue().stream().map(output -> new Input(known.path(), input.getKey(), output)));
  }

  private static Stream<Source> sources(KnownDerivation known) {
    return known.derivation().inputSources().stream().map(source -> new Source(known.path(), source));
  }
}
