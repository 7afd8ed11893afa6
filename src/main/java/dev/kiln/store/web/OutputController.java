package dev.kiln.store.web;

import java.io.IOException;
import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.realise.Realiser;
import dev.kiln.store.Location;
import dev.kiln.store.SubPath;
import dev.kiln.storepath.StorePath;

/** Outputs by their derivation: of some, only the build tells the path. */
@RestController
@Tag(name = "Derivations")
class OutputController {

  /** An output that is here. */
  record OutputView(@Schema(description = "The derivation's path") String derivation,
      @Schema(description = "The output's name") String output,
      @Schema(description = "The output's path") String path,
      @Schema(description = "Where the output can be read") String url) {}

  private final Realiser realiser;
  private final Patience patience;

  OutputController(Realiser realiser, Patience patience) {
    this.realiser = realiser;
    this.patience = patience;
  }

  @GetMapping("/api/v1/derivations/{drv}/outputs/{output}")
  @Operation(summary = "Find an output of a derivation, built where it is not here", description = """
      The way to outputs whose paths only their builds tell (floating content-addressed ones, and those that need them). Waits as a
      read of /store does.""")
  @ApiResponse(responseCode = "200", description = "The output's path", content = @Content(schema = @Schema(implementation = OutputView.class)))
  @ApiResponse(responseCode = "202", description = "It is being built: see Location", content = @Content)
  @ApiResponse(responseCode = "307", description = "Where the output can be read, if redirect was asked for", content = @Content)
  @ApiResponse(responseCode = "404", description = "The derivation is not known, or has no such output")
  @ApiResponse(responseCode = "424", description = "A build that it needs failed: see log; or sources that it needs are missing")
  @ApiResponse(responseCode = "501", description = "This Kiln cannot build what it needs")
  @ApiResponse(responseCode = "503", description = "It is still being built, or Kiln is stopping: ask again later")
  @ApiResponse(responseCode = "504", description = "A build that it needs took too long")
  ResponseEntity<?> output(@Parameter(description = "<hash>-<name>.drv") @PathVariable String drv,
      @Parameter(description = "The output's name: out, dev and so on") @PathVariable String output,
      @Parameter(description = "Whether to be sent to the output itself") @RequestParam(defaultValue = "false") boolean redirect,
      @Parameter(description = "respond-async, or wait=<seconds> (RFC 7240): how long to wait for a build; abandon=cancel or abandon=continue: what becomes of it when nobody waits any more; priority=interactive, normal or background", schema = @Schema(type = "string")) @RequestHeader(name = "Prefer", required = false) @Nullable List<String> prefer)
      throws IOException, InterruptedException {
    StorePath derivation = StorePath.parseBaseName(drv);
    return patience.read(prefer, until -> {
      StorePath path = realiser.await(derivation, output, until).path();
      String url = StoreController.PREFIX + StoreUrl.render(new Location(path, SubPath.ROOT));
      return redirect
          ? ResponseEntity.status(HttpStatus.TEMPORARY_REDIRECT).header(HttpHeaders.LOCATION, url).build()
          : ResponseEntity.ok(new OutputView(derivation.toString(), output, path.toString(), url));
    });
  }
}
