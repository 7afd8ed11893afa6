package dev.kiln.check.jpa;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.build.BuildFailure;
import dev.kiln.check.Check;
import dev.kiln.check.Checks;
import dev.kiln.check.OutputComparison;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

@Repository
class JpaChecks implements Checks {

  private final CheckRows rows;
  private final Comparisons comparisons;

  JpaChecks(CheckRows rows, Comparisons comparisons) {
    this.rows = rows;
    this.comparisons = comparisons;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Check> find(UUID id) {
    return rows.findById(id).map(this::check);
  }

  @Override
  @Transactional(readOnly = true)
  public List<Check> ofBuild(UUID build, int limit) {
    return rows.ofBuild(build, limit).stream().map(this::check).toList();
  }

  @Override
  @Transactional(readOnly = true)
  public List<Check> ofPath(StorePath path, int limit) {
    return rows.ofPath(path.hash().toByteArray(), path.name().value(), limit).stream().map(this::check).toList();
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Check> live(StorePathHash derivation) {
    return rows.live(derivation.toByteArray()).map(this::check);
  }

  @Override
  @Transactional
  public boolean submit(Check check, UUID replica) {
    rows.loseAbandoned(check.submittedAt());
    return rows.submit(check.id(), check.build(), check.derivation().hash().toByteArray(),
        check.derivation().name().value(), replica, check.submittedAt()) == 1;
  }

  @Override
  @Transactional
  public void start(UUID id, Instant at) {
    rows.start(id, at);
  }

  /** What was compared is there if, and only if, the state says so. */
  @Override
  @Transactional
  public void compared(UUID id, Instant at, List<OutputComparison> outputs) {
    boolean identical = outputs.stream().allMatch(OutputComparison::identical);
    if (rows.compared(id, at, identical ? CheckRow.IDENTICAL : CheckRow.DIFFERENT) == 1) {
      comparisons.insert(id, outputs);
    }
  }

  /** PostgreSQL's text takes every character but NUL. */
  @Override
  @Transactional
  public void fail(UUID id, Instant at, BuildFailure failure) {
    Integer exitCode = failure.exitCode().isPresent() ? failure.exitCode().getAsInt() : null;
    rows.fail(id, at, failure.kind().name(), failure.message().replace('\0', '\uFFFD'), exitCode);
  }

  @Override
  @Transactional
  public int loseAbandoned(Instant at) {
    return rows.loseAbandoned(at);
  }

  private Check check(CheckRow row) {
    return row.toCheck(comparisons.find(row.id));
  }
}
