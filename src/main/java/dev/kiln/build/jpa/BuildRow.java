package dev.kiln.build.jpa;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.Build;
import dev.kiln.build.BuildFailure;
import dev.kiln.build.BuildFailure.Kind;
import dev.kiln.build.BuildState;
import dev.kiln.build.BuildState.Cancelled;
import dev.kiln.build.BuildState.Failed;
import dev.kiln.build.BuildState.Lost;
import dev.kiln.build.BuildState.Queued;
import dev.kiln.build.BuildState.Running;
import dev.kiln.build.BuildState.Succeeded;
import dev.kiln.build.BuildState.Waiting;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** A row of {@code build}. */
@Entity
@Table(name = "build")
class BuildRow {

  static final String WAITING = "waiting";
  static final String QUEUED = "queued";
  static final String RUNNING = "running";
  static final String SUCCEEDED = "succeeded";
  static final String FAILED = "failed";
  static final String CANCELLED = "cancelled";
  static final String LOST = "lost";

  @Id
  UUID id = new UUID(0, 0);
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
  @Column(name = "failed_input")
  @Nullable
  UUID failedInput;
  @Column(name = "log_size")
  long logSize;

  Build toBuild() {
    return new Build(id, new StorePath(StorePathHash.of(derivation),
        new StorePathName(derivationName)), submittedAt, toState(), logSize);
  }

  private BuildState toState() {
    return switch (state) {
      case WAITING -> new Waiting();
      case QUEUED -> new Queued();
      case RUNNING -> new Running(Objects.requireNonNull(startedAt));
      case SUCCEEDED -> new Succeeded(Objects.requireNonNull(startedAt), Objects.requireNonNull(endedAt));
      case FAILED -> new Failed(Optional.ofNullable(startedAt), Objects.requireNonNull(endedAt), toFailure());
      case CANCELLED -> new Cancelled(Optional.ofNullable(startedAt), Objects.requireNonNull(endedAt),
          Objects.requireNonNullElse(message, ""));
      case LOST -> new Lost(Optional.ofNullable(startedAt), Objects.requireNonNull(endedAt));
      default -> throw new IllegalStateException("state '" + state + "'");
    };
  }

  private BuildFailure toFailure() {
    return new BuildFailure(Kind.valueOf(Objects.requireNonNull(failure)), Objects.requireNonNull(message),
        exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode), Optional.ofNullable(failedInput));
  }
}
