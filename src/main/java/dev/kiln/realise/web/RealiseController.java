package dev.kiln.realise.web;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

import dev.kiln.realise.Reader;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.realise.RealiseException;
import dev.kiln.realise.Realiser;
import dev.kiln.storepath.StorePath;

/** Makes many paths be here, and tells of each as soon as it is known. */
@RestController
@Tag(name = "Builds")
class RealiseController {

  private static final int MAX_PATHS = 10_000;

  /** What to make be here, as JSON. */
  record RealiseRequest(
      @Schema(description = "Store paths, whole or by their base names", example = "[\"00000000000000000000000000000000-x\"]") @NotEmpty @Size(max = MAX_PATHS) List<@NotNull String> paths,
      @Schema(description = "Whether to go on with the others when one fails. Builds that have begun go on as after a client that hangs up") boolean keepGoing) {}

  /** A line of the answer, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Progress(String path,
      @Schema(allowableValues = {"building", "here", "failed", "skipped"}) String state,
      @Schema(description = "Where its build can be watched") @Nullable String build,
      @Schema(description = "Why it failed: what a read of it would be answered with") @Nullable ProblemDetail problem) {}

  /** What there is to tell, or that nobody is there to be told. */
  private sealed interface News {
    /** @param failure empty if the path is here */
    record Finished(StorePath path, Optional<RealiseException> failure) implements News {}

    record ReaderLeft() implements News {}
  }

  private final Realiser realiser;
  private final RealiseAdvice advice;
  private final JsonMapper json;

  RealiseController(Realiser realiser, RealiseAdvice advice, JsonMapper json) {
    this.realiser = realiser;
    this.advice = advice;
    this.json = json;
  }

  @PostMapping(path = "/api/v1/realise", consumes = MediaType.APPLICATION_JSON_VALUE, produces = MediaType.APPLICATION_NDJSON_VALUE)
  @Operation(summary = "Make many paths be here", description = """
      Answers with a line of JSON whenever there is news of a path: that it is being built, and that it is here, failed, or was skipped
      because another failed. The answer ends when all is said. Its builds are less urgent than those that a read of /store waits for,
      unless the Prefer header says otherwise: priority=interactive, normal or background. When the client hangs up, they go on or are
      cancelled as kiln.build.abandoned says, or Prefer: abandon=continue or abandon=cancel.""")
  @ApiResponse(responseCode = "200", description = "A line for each event", content = @Content(mediaType = MediaType.APPLICATION_NDJSON_VALUE, schema = @Schema(implementation = Progress.class)))
  @ApiResponse(responseCode = "400", description = "A path is malformed, or there are none, or too many")
  void realise(@Valid @RequestBody RealiseRequest request, HttpServletResponse response) throws IOException {
    List<StorePath> paths = request.paths().stream().map(RealiseController::parse).distinct().toList();
    response.setContentType(MediaType.APPLICATION_NDJSON_VALUE);
    BlockingQueue<News> finished = new LinkedBlockingQueue<>();
    var _ = Reader.current().left().thenRun(() -> finished.add(new News.ReaderLeft()));
    Set<StorePath> open = new LinkedHashSet<>(paths);
    boolean going = true;
    for (StorePath path : paths) {
      if (going) {
        begin(path, finished, response);
        // what is known already is told already
        going = tell(drain(finished), open, request.keepGoing(), response);
      }
    }
    while (going && !open.isEmpty()) {
      going = tell(List.of(take(finished)), open, request.keepGoing(), response);
    }
    for (StorePath path : open) {
      write(new Progress(path.toString(), "skipped", null, null), response);
    }
  }

  private static StorePath parse(String path) {
    return path.startsWith("/") ? StorePath.parse(path) : StorePath.parseBaseName(path);
  }

  private void begin(StorePath path, BlockingQueue<News> finished, HttpServletResponse response)
      throws IOException {
    try {
      switch (realiser.realise(path)) {
        case Here _ -> finished.add(new News.Finished(path, Optional.empty()));
        case Building building -> {
          write(new Progress(path.toString(), "building", BuildControlController.PATH + "/" + building.build(), null),
              response);
          var _ = building.done().whenComplete((_, error) -> finished.add(new News.Finished(path, failure(error))));
        }
      }
    } catch (RealiseException e) {
      finished.add(new News.Finished(path, Optional.of(e)));
    }
  }

  private static Optional<RealiseException> failure(@Nullable Throwable error) {
    return switch (error) {
      case null -> Optional.empty();
      case RealiseException reason -> Optional.of(reason);
      default -> throw new IllegalStateException(error);
    };
  }

  private static List<News> drain(BlockingQueue<News> finished) {
    List<News> all = new ArrayList<>();
    finished.drainTo(all);
    return all;
  }

  private static News take(BlockingQueue<News> finished) throws IOException {
    try {
      return finished.take();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Kiln is stopping");
    }
  }

  /** @return whether to go on */
  private boolean tell(List<News> all, Set<StorePath> open, boolean keepGoing, HttpServletResponse response)
      throws IOException {
    boolean failed = false;
    for (News news : all) {
      switch (news) {
        case News.ReaderLeft _ -> throw new EOFException("the client has gone");
        case News.Finished(StorePath path, Optional<RealiseException> failure) -> {
          open.remove(path);
          failed |= failure.isPresent();
          write(failure.isPresent()
              ? new Progress(path.toString(), "failed", null, advice.on(failure.get()).getBody())
              : new Progress(path.toString(), "here", null, null), response);
        }
      }
    }
    return keepGoing || !failed;
  }

  private void write(Progress progress, HttpServletResponse response) throws IOException {
    response.getOutputStream().write(json.writeValueAsBytes(progress));
    response.getOutputStream().write('\n');
    response.flushBuffer();
  }
}
