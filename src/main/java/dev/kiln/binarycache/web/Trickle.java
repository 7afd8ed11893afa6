package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpHeaders;

import dev.kiln.realise.RealiseException;

/**
 * An answer that waits for a build. A client waits as long as it sees body bytes, up to 300 s without (Nix:
 * stalled-download-timeout): bytes that mean nothing to it keep it waiting.
 */
final class Trickle {

  private static final String HTTP_1_1 = "HTTP/1.1";
  private static final long WAIT_MILLIS = 1_000;

  private final String contentType;
  private final byte[] nothing;

  /** @param nothing what is sent while there is no answer */
  Trickle(String contentType, String nothing) {
    this.contentType = contentType;
    this.nothing = nothing.getBytes(StandardCharsets.US_ASCII);
  }

  /** What is to be answered when the build is done. */
  interface Answer {
    byte[] get() throws IOException;
  }

  /** @throws RealiseException the build failed before anything was sent */
  void write(CompletableFuture<Void> done, Answer answer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    boolean isDone = isDone(done);
    response.setContentType(contentType);
    OutputStream out = response.getOutputStream();
    if (!isDone) {
      if (request.getProtocol().equals(HTTP_1_1)) {
        // also where the connection is to be closed: only with chunks an answer that is broken off looks so
        response.setHeader(HttpHeaders.TRANSFER_ENCODING, "chunked");
      }
      trickle(done, out);
    }
    byte[] text = answer.get();
    if (isDone) {
      response.setContentLength(text.length);
    }
    out.write(text);
  }

  private void trickle(CompletableFuture<Void> done, OutputStream out) throws IOException {
    try {
      do {
        out.write(nothing);
        out.flush();
      } while (!isDone(done));
    } catch (RealiseException e) {
      // the status is sent: only a body without its end can say now that there is nothing
      throw new BrokenOff(e);
    }
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
