package dev.kiln.realise.web;

import java.time.Duration;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.realise.Forecast;
import dev.kiln.realise.Forecast.Estimate;
import dev.kiln.realise.Forecaster;
import dev.kiln.realise.Plan;
import dev.kiln.realise.Plan.Step;
import dev.kiln.storepath.StorePath;

/** What a read would build. */
@RestController
@Tag(name = "Derivations")
class PlanController {

  /** A plan, as JSON. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PlanView(
      @Schema(description = "Derivations that a read would build, in no particular order; none if the outputs are here") List<String> build,
      @Schema(description = "Paths that a read would fetch from other caches: none yet") List<String> fetch,
      @Schema(description = "Sources that have to be imported before") List<String> missingSources,
      @Schema(description = "Missing if nothing like it was built here before") @Nullable EstimateView estimate) {}

  /** How long a plan may take, as JSON. */
  record EstimateView(
      @Schema(description = "In seconds, with so many jobs that have nothing else to do") double seconds,
      int jobs,
      @Schema(description = "In seconds, of the longest chain of builds, each of which needs the one before") double longestChainSeconds,
      @Schema(description = "In seconds, of all builds together") double workSeconds,
      @Schema(description = "How many of the builds are of names that were built before: their median counts, and for the others, the median of these") int known) {

    static EstimateView of(Estimate estimate) {
      return new EstimateView(seconds(estimate.elapsed()), estimate.jobs(), seconds(estimate.longestChain()),
          seconds(estimate.work()), estimate.known());
    }

    private static double seconds(Duration duration) {
      return duration.toMillis() / 1000.0;
    }
  }

  private final Forecaster forecaster;

  PlanController(Forecaster forecaster) {
    this.forecaster = forecaster;
  }

  @GetMapping("/api/v1/derivations/{drv}/plan")
  @Operation(summary = "Show what a read of a derivation's outputs would build now, and how long that may take", description = "Builds nothing. The estimate is made of what builds of the same names took before.")
  @ApiResponse(responseCode = "200", description = "What is missing")
  @ApiResponse(responseCode = "404", description = "The derivation is not known")
  PlanView plan(
      @Parameter(description = "<hash>-<name>.drv") @PathVariable String drv) {
    Forecast forecast = forecaster.forecast(StorePath.parseBaseName(drv));
    Plan plan = forecast.plan();
    return new PlanView(plan.steps().stream().map(Step::derivation).sorted().map(StorePath::toString).toList(),
        List.of(), plan.missingSources().stream().map(StorePath::toString).toList(),
        forecast.time().map(EstimateView::of).orElse(null));
  }
}
