package dev.kiln.check.jpa;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.check.Check;
import dev.kiln.check.CheckState;
import dev.kiln.check.CheckState.Compared;
import dev.kiln.check.CheckState.Failed;
import dev.kiln.check.CheckState.Lost;
import dev.kiln.check.CheckState.Queued;
import dev.kiln.check.CheckState.Running;
import dev.kiln.check.OutputComparison;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** A row of {@code rebuild_check}. */
@Entity
@Table(name = "rebuild_check")
class CheckRow {

  static final String QUEUED = "queued";
  static final String RUNNING = "running";
  static final String IDENTICAL = "identical";
  static final String DIFFERENT = "different";
  static final String FAILED = "failed";
  static final String LOST = "lost";

  @Id
  UUID id = new UUID(0, 0);
  UUID build = new UUID(0, 0);
  byte[] derivation = {};
  @Column(name = "derivation_name")
  String derivationName = "";
  String state = QUEUED;
  @Column(name = "submitted_at")
  Instant submittedAt = Instant.EPOCH;
  @Column(name = "started_at")
  @Nullable
  Instant startedAt;
  @Column(name = "ended_at")
  @Nullable
  Instant endedAt;
  @Nullable
  String failure;
  @Nullable
  String message;
  @Column(name = "exit_code")
  @Nullable
  Integer exitCode;

  /** @param outputs what it compared, where it ended by that */
  Check toCheck(List<OutputComparison> outputs) {
    return new Check(id, build, new StorePath(StorePathHash.of(derivation), new StorePathName(derivationName)),
        submittedAt, toState(outputs));
  }

  private CheckState toState(List<OutputComparison> outputs) {
    return switch (state) {
      case QUEUED -> new Queued();
      case RUNNING -> new Running(Objects.requireNonNull(startedAt));
      case IDENTICAL, DIFFERENT ->
        new Compared(Objects.requireNonNull(startedAt), Objects.requireNonNull(endedAt), outputs);
      case FAILED -> new Failed(Objects.requireNonNull(startedAt), Objects.requireNonNull(endedAt), toFailure());
      case LOST -> new Lost(Optional.ofNullable(startedAt), Objects.requireNonNull(endedAt));
      default -> throw new IllegalStateException("state '" + state + "'");
    };
  }

  private BuildFailure toFailure() {
    return new BuildFailure(Kind.valueOf(Objects.requireNonNull(failure)), Objects.requireNonNull(message),
        exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode), Optional.empty());
  }
}
