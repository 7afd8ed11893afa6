package dev.kiln.check.web;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildFailure;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.check.Check;
import dev.kiln.check.CheckState.Compared;
import dev.kiln.check.CheckState.Failed;
import dev.kiln.check.CheckState.Lost;
import dev.kiln.check.CheckState.Queued;
import dev.kiln.check.CheckState.Running;
import dev.kiln.check.Difference;
import dev.kiln.check.OutputComparison;

/** A check's record, as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record CheckView(UUID id, @Schema(description = "The build whose outputs were built again") String build,
    String derivation,
    @Schema(description = "failed: it could not be built again; lost: Kiln stopped before the check ended", allowableValues = {
        "queued", "running", "identical", "different", "failed", "lost"}) String state,
    Instant submittedAt, @Nullable Instant startedAt, @Nullable Instant endedAt, @Nullable FailureView failure,
    @Schema(description = "What was compared, once it was") @Nullable List<OutputView> outputs) {

  /** Why something could not be built again, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record FailureView(@Schema(example = "BUILDER_FAILED") String kind, String message, @Nullable Integer exitCode) {

    static FailureView of(BuildFailure failure) {
      return new FailureView(failure.kind().name(), failure.message(),
          failure.exitCode().isPresent() ? failure.exitCode().getAsInt() : null);
    }
  }

  /** An output that was compared, as JSON. */
  record OutputView(String output, String path,
      @Schema(description = "Another path only where the content names it") String rebuiltPath, boolean identical,
      @Schema(description = "In the order of the paths' bytes; all of what only one side has is told once, by its topmost directory") List<DifferenceView> differences,
      @Schema(description = "Whether there are more differences than are listed") boolean truncated) {

    static OutputView of(OutputComparison output) {
      return new OutputView(output.output(), output.stored().toString(), output.rebuilt().toString(),
          output.identical(), output.differences().stream().map(DifferenceView::of).toList(), output.truncated());
    }
  }

  /** A difference, as JSON. Names are bytes: {@code path} shows them as UTF-8, {@code encoded} has them exactly. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record DifferenceView(@Schema(description = "Below the output; empty for the output itself") String path,
      @Schema(description = "The path, percent-encoded") String encoded,
      @Schema(allowableValues = {
          "added", "removed", "type", "content", "executable",
          "target"}) List<String> changes,
      @Schema(description = "Absent if it is only in what was built again") @Nullable NodeView stored,
      @Schema(description = "Absent if it is only in what is stored") @Nullable NodeView rebuilt) {

    static DifferenceView of(Difference difference) {
      return new DifferenceView(difference.path().toString(), encode(difference.path()),
          difference.changes().stream().map(change -> change.name().toLowerCase(Locale.ROOT)).toList(),
          node(difference.stored()), node(difference.rebuilt()));
    }

    private static @Nullable NodeView node(Optional<Node> node) {
      return node.map(NodeView::of).orElse(null);
    }
  }

  /** One side of a difference, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record NodeView(@Schema(allowableValues = {
      "directory", "regular", "symlink"}) String type,
      @Schema(description = "Bytes of a file; entries below, at any depth, of a directory") @Nullable Long size,
      @Nullable Boolean executable, @Nullable String target,
      @Schema(description = "BLAKE3 of a file's content or of a directory's canonical encoding, in hexadecimal") @Nullable String digest) {

    static NodeView of(Node node) {
      return switch (node) {
        case Node.DirectoryNode directory ->
          new NodeView("directory", directory.size(), null, null, directory.digest().hex());
        case Node.FileNode file ->
          new NodeView("regular", file.size(), file.executable(), null, file.digest().hex());
        case Node.SymlinkNode link -> new NodeView("symlink", null, null, link.target().toString(), null);
      };
    }
  }

  static CheckView of(Check check) {
    return switch (check.state()) {
      case Queued() -> view(check, "queued", null, null, null, null);
      case Running(Instant started) -> view(check, "running", started, null, null, null);
      case Compared compared -> view(check, compared.identical() ? "identical" : "different", compared.startedAt(),
          compared.endedAt(), null, compared.outputs().stream().map(OutputView::of).toList());
      case Failed(Instant started, Instant ended, BuildFailure failure) ->
        view(check, "failed", started, ended, FailureView.of(failure), null);
      case Lost(var started, Instant ended) -> view(check, "lost", started.orElse(null), ended, null, null);
    };
  }

  private static CheckView view(Check check, String state, @Nullable Instant startedAt, @Nullable Instant endedAt,
      @Nullable FailureView failure, @Nullable List<OutputView> outputs) {
    return new CheckView(check.id(), CheckController.BUILDS + "/" + check.build(), check.derivation().toString(),
        state, check.submittedAt(), startedAt, endedAt, failure, outputs);
  }

  /** RFC 3986: what is not unreserved is encoded, but for the slashes between names. */
  private static String encode(ByteString path) {
    StringBuilder encoded = new StringBuilder();
    for (int i = 0; i < path.length(); i++) {
      int value = path.at(i) & 0xff;
      if (value < 0x80 && (Character.isLetterOrDigit(value) || "/-._~".indexOf(value) >= 0)) {
        encoded.append((char) value);
      } else {
        encoded.append('%').append(Character.toUpperCase(Character.forDigit(value >>> 4, 16)))
            .append(Character.toUpperCase(Character.forDigit(value & 15, 16)));
      }
    }
    return encoded.toString();
  }
}
