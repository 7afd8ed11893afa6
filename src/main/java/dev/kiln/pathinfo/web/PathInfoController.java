package dev.kiln.pathinfo.web;

import java.util.Comparator;
import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.problem.Problems;
import dev.kiln.storepath.StorePath;

/** What is known of the paths that are here. Looks up; builds nothing. */
@RestController
@RequestMapping("/api/v1/paths/{path}")
@Tag(name = "Paths", description = "What is known of the paths that are here")
class PathInfoController {

  /** The path is not here. */
  static final class NotHere extends RuntimeException {
    NotHere(StorePath path) {
      super("'" + path + "' is not here");
    }
  }

  private final PathInfos pathInfos;

  PathInfoController(PathInfos pathInfos) {
    this.pathInfos = pathInfos;
  }

  @GetMapping
  @Operation(summary = "Tell what is known of a path", description = "Only of a path that is here: this builds nothing.")
  @ApiResponse(responseCode = "200", description = "What is known")
  @ApiResponse(responseCode = "404", description = "The path is not here")
  PathInfoView find(@Parameter(description = "<hash>-<name>") @PathVariable String path) {
    return PathInfoView.of(require(path));
  }

  @GetMapping("/closure")
  @Operation(summary = "List a path and all that it refers to, directly or not")
  @ApiResponse(responseCode = "200", description = "Sorted by path")
  @ApiResponse(responseCode = "404", description = "The path is not here")
  List<PathInfoView> closure(@Parameter(description = "<hash>-<name>") @PathVariable String path) {
    return pathInfos.closure(List.of(require(path).path().hash())).stream().sorted(Comparator.comparing(PathInfo::path))
        .map(PathInfoView::of).toList();
  }

  @GetMapping("/referrers")
  @Operation(summary = "List the paths that refer to a path")
  @ApiResponse(responseCode = "200", description = "Sorted")
  @ApiResponse(responseCode = "404", description = "The path is not here")
  List<String> referrers(@Parameter(description = "<hash>-<name>") @PathVariable String path) {
    return pathInfos.referrers(require(path).path().hash()).stream().map(StorePath::toString).toList();
  }

  private PathInfo require(String baseName) {
    StorePath path = StorePath.parseBaseName(baseName);
    return pathInfos.find(path.hash()).filter(info -> info.path().equals(path)).orElseThrow(() -> new NotHere(path));
  }

  @ExceptionHandler
  ProblemDetail on(NotHere e) {
    return Problems.problem(HttpStatus.NOT_FOUND, "not-here", String.valueOf(e.getMessage()),
        "GET /store/<path> builds it, if a derivation that produces it is known");
  }
}
