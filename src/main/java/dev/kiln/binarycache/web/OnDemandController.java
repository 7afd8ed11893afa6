package dev.kiln.binarycache.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpMethod;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import dev.kiln.binarycache.BinaryCache;
import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.binarycache.OnDemand;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.realise.Realisation;
import dev.kiln.realise.Realisation.Building;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.storepath.StorePathHash;

/** Narinfos that are built. Lines with a key that it does not know keep a client waiting. */
@RestController
@Tag(name = "Binary cache")
class OnDemandController {

  private static final Trickle TRICKLE = new Trickle(NarInfoResponse.CONTENT_TYPE,
      "X-Kiln-Wait: building\n");

  private final OnDemand onDemand;
  private final BinaryCache cache;

  OnDemandController(OnDemand onDemand, BinaryCache cache) {
    this.onDemand = onDemand;
    this.cache = cache;
  }

  @GetMapping(BinaryCacheController.ON_DEMAND + "/" + BinaryCacheController.HASH + ".narinfo")
  @Operation(summary = "Describe a path, built where it is not here", description = "HEAD builds nothing. GET sends a line a second while it waits; where the build fails then, the body is broken off, and the next GET is told why. A client that hangs up leaves its build as one of /store does.")
  @ApiResponse(responseCode = "200", description = "The narinfo, with Kiln's signature")
  @ApiResponse(responseCode = "404", description = "The path is not here, and no known derivation produces it")
  @ApiResponse(responseCode = "424", description = "A build that it needs failed")
  void narInfo(@PathVariable String hash, HttpMethod method, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    StorePathHash wanted = StorePathHash.parse(hash);
    if (method.equals(HttpMethod.HEAD)) {
      if (!onDemand.knows(wanted)) {
        throw new UnknownHash(wanted);
      }
      response.setContentType(NarInfoResponse.CONTENT_TYPE);
      return;
    }
    Realisation realisation = onDemand.realise(wanted);
    switch (realisation) {
      case Here(PathInfo info) -> NarInfoResponse.write(cache.describe(info), response);
      case Building(_, _, var done) -> TRICKLE.write(done,
          () -> cache.describe(cache.find(wanted)).render().getBytes(StandardCharsets.UTF_8), request, response);
    }
  }
}
