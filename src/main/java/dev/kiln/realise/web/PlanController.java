package dev.kiln.realise.web;

import java.util.List;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.derivation.Derivations;
import dev.kiln.realise.Plan;
import dev.kiln.realise.Plan.Step;
import dev.kiln.realise.RealiseException.UnknownPath;
import dev.kiln.realise.Realiser;
import dev.kiln.storepath.StorePath;

/** What a read would build. */
@RestController
@Tag(name = "Derivations")
class PlanController {

  /** A plan, as JSON. */
  record PlanView(
      @Schema(description = "Derivations that a read would build, in no particular order") List<String> build,
      @Schema(description = "Sources that have to be imported before") List<String> missingSources) {}

  private final Realiser realiser;
  private final Derivations derivations;

  PlanController(Realiser realiser, Derivations derivations) {
    this.realiser = realiser;
    this.derivations = derivations;
  }

  @GetMapping("/api/v1/derivations/{drv}/plan")
  @Operation(summary = "Show what a read of a derivation's outputs would build now", description = "Builds nothing.")
  @ApiResponse(responseCode = "200", description = "What is missing")
  @ApiResponse(responseCode = "404", description = "The derivation is not known")
  PlanView plan(
      @Parameter(description = "<hash>-<name>.drv") @PathVariable String drv) {
    StorePath derivation = StorePath.parseBaseName(drv);
    if (derivations.known(List.of(derivation.hash())).isEmpty()) {
      throw new UnknownPath(derivation, List.of("derivations: it is not known"));
    }
    Plan plan = realiser.plan(derivation);
    return new PlanView(plan.steps().stream().map(Step::derivation).sorted().map(StorePath::toString).toList(),
        plan.missingSources().stream().map(StorePath::toString).toList());
  }
}
