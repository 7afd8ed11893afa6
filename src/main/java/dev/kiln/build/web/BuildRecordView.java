package dev.kiln.build.web;

import java.time.Duration;
import java.time.LocalDate;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildRecord;
import dev.kiln.build.BuildRecords.Day;

/** All that is on record of a build, as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BuildRecordView(@JsonUnwrapped BuildView build,
    @Schema(description = "Who asked first") @Nullable String requestedBy,
    @Schema(description = "Which Kiln runs it, or ran it last") @Nullable UUID replica,
    @Schema(description = "From 1: it is begun anew when its replica dies, or fails it") int attempt,
    @Schema(description = "For its inputs") @Nullable Double waitedSeconds,
    @Schema(description = "For a free job, before the last attempt") @Nullable Double queuedSeconds,
    @Schema(description = "From the begin of the last attempt to its end, or until now") @Nullable Double ranSeconds,
    @Schema(description = "Of these, from the builder's end until its outputs were durable") @Nullable Double ingestSeconds,
    @Schema(description = "Of all processors, used by its processes, as far as it was measured") @Nullable Double processorSeconds,
    @Schema(description = "Of its processes together, in bytes, as far as it was measured") @Nullable Long peakMemory,
    @Schema(description = "Of its outputs that are here, as NARs, in bytes") @Nullable Long outputSize) {

  /** How the builds of one name went on one day, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record DayView(@Schema(description = "UTC, on which they were submitted") LocalDate day, long succeeded, long failed,
      @Schema(description = "Not ended yet, cancelled, or lost") long other,
      @Schema(description = "Of those that succeeded, from begin to end") @Nullable Double medianSeconds,
      @Schema(description = "Of the same") @Nullable Double longestSeconds) {

    static DayView of(Day day) {
      return new DayView(day.day(), day.succeeded(), day.failed(), day.other(), seconds(day.median()),
          seconds(day.longest()));
    }
  }

  static BuildRecordView of(BuildRecord build) {
    return new BuildRecordView(BuildView.of(build.build()), build.requestedBy().orElse(null),
        build.replica().orElse(null), build.attempt(), seconds(build.waited()), seconds(build.queued()),
        seconds(build.ran()), seconds(build.ingest()), seconds(build.use().processorTime()),
        number(build.use().peakMemory()), number(build.outputSize()));
  }

  private static @Nullable Long number(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }

  private static @Nullable Double seconds(Optional<Duration> duration) {
    return duration.map(given -> given.toMillis() / 1000.0).orElse(null);
  }
}
