package dev.kiln.binarycache.web;

import java.io.IOException;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCacheException.UnknownRealisation;
import dev.kiln.binarycache.CachedRealisations;
import dev.kiln.binarycache.OnDemand;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.realise.Realisation;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;

/** Which paths outputs came to have, for clients with ca-derivations (Nix: binary-cache-store.cc, queryRealisation). */
@RestController
@Tag(name = "Binary cache")
class RealisationController {

  static final String REALISATION = "/realisations/{realisation}.doi";

  /** White space before a JSON value means nothing. */
  private static final Trickle TRICKLE = new Trickle(MediaType.APPLICATION_JSON_VALUE,
      "\n");

  private final CachedRealisations realisations;
  private final OnDemand onDemand;

  RealisationController(CachedRealisations realisations, OnDemand onDemand) {
    this.realisations = realisations;
    this.onDemand = onDemand;
  }

  @GetMapping(REALISATION)
  @Operation(summary = "Tell the path that an output of a derivation came to have")
  @ApiResponse(responseCode = "200", description = "The realisation, with Kiln's signature")
  @ApiResponse(responseCode = "404", description = "It is not known, or not here")
  void realisation(@PathVariable String realisation, HttpMethod method, HttpServletResponse response)
      throws IOException {
    write(realisations.describe(realisations.find(id(realisation))), method, response);
  }

  @GetMapping(BinaryCacheController.ON_DEMAND + REALISATION)
  @Operation(summary = "Tell the path of an output, built where it is not here", description = "HEAD builds nothing. GET sends white space while it waits; where the build fails then, the body is broken off, and the next GET is told why.")
  @ApiResponse(responseCode = "200", description = "The realisation, with Kiln's signature")
  @ApiResponse(responseCode = "404", description = "It is not known, and no known derivation has this output")
  @ApiResponse(responseCode = "424", description = "A build that it needs failed")
  void onDemand(@PathVariable String realisation, HttpMethod method, HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    OutputId id = id(realisation);
    if (method.equals(HttpMethod.HEAD)) {
      onDemand.requireKnown(id);
      response.setContentType(MediaType.APPLICATION_JSON_VALUE);
      return;
    }
    Realisation found = onDemand.realise(id);
    switch (found) {
      case Here _ -> write(realisations.describe(realisations.find(id)), method, response);
      case Building(_, _, var done) ->
        TRICKLE.write(done, () -> realisations.describe(realisations.find(id)), request, response);
    }
  }

  private static void write(byte[] json, HttpMethod method, HttpServletResponse response) throws IOException {
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    response.setContentLength(json.length);
    if (!method.equals(HttpMethod.HEAD)) {
      response.getOutputStream().write(json);
    }
  }

  /** What nobody can have has no answer here either: a client goes on to the next cache. */
  private static OutputId id(String text) {
    try {
      return OutputId.parse(text);
    } catch (InvalidRealisation _) {
      throw new UnknownRealisation(text);
    }
  }
}
