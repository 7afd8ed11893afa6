package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpHeaders;
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
import dev.kiln.realise.RealiseException;
import dev.kiln.storepath.StorePathHash;

/**
 * Narinfos that are built. A client waits as long as it sees body bytes, up to 300 s without (Nix:
 * stalled-download-timeout): lines with a key that it does not know keep it waiting.
 */
@RestController
@Tag(name = "Binary cache")
class OnDemandController {

  private static final byte[] WAIT = "X-Kiln-Wait: building\n".getBytes(StandardCharsets.US_ASCII);
  private static final String HTTP_1_1 = "HTTP/1.1";
  private static final long WAIT_MILLIS = 1_000;

  private final OnDemand onDemand;
  private final BinaryCache cache;

  OnDemandController(OnDemand onDemand, BinaryCache cache) {
    this.onDemand = onDemand;
    this.cache = cache;
  }

  @GetMapping(BinaryCacheController.ON_DEMAND + "/" + BinaryCacheController.HASH + ".narinfo")
  @Operation(summary = "Describe a path, built where it is not here", description = "HEAD builds nothing. GET sends a line a second while it waits; where the build fails then, the body is broken off, and the next GET is told why.")
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
      case Building(_, _, var done) -> {
        if (isDone(done)) {
          NarInfoResponse.write(cache.describe(cache.find(wanted)), response);
        } else {
          if (request.getProtocol().equals(HTTP_1_1)) {
            // also where the connection is to be closed: only with chunks an answer that is broken off looks so
            response.setHeader(HttpHeaders.TRANSFER_ENCODING, "chunked");
          }
          trickle(done, wanted, response);
        }
      }
    }
  }

  private void trickle(CompletableFuture<Void> done, StorePathHash wanted, HttpServletResponse response)
      throws IOException {
    response.setContentType(NarInfoResponse.CONTENT_TYPE);
    OutputStream out = response.getOutputStream();
    try {
      do {
        out.write(WAIT);
        out.flush();
      } while (!isDone(done));
    } catch (RealiseException e) {
      // the status is sent: only a body without its end can say now that there is nothing
      throw new BrokenOff(e);
    }
    out.write(cache.describe(cache.find(wanted)).render().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Waits a moment.
   *
   * @throws RealiseException the build failed
   */
  private static boolean isDone(CompletableFuture<Void> done) throws IOException {
    try {
      done.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RealiseException reason ? reason : new IllegalStateException(e.getCause());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Kiln is stopping");
    }
  }

  /** Ends an answer without its end. The reason is told, but is not the cause: it would be taken for what is to be answered. */
  static final class BrokenOff extends IOException {
    BrokenOff(RealiseException reason) {
      super("the build failed after the answer had begun: " + reason.getMessage());
    }
  }
}
