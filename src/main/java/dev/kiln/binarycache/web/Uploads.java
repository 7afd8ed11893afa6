package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.NarInfo;
import dev.kiln.binarycache.NarReceiver;
import dev.kiln.binarycache.PathReceiver;
import dev.kiln.binarycache.UploadBody;
import dev.kiln.binarycache.UploadException;
import dev.kiln.binarycache.UploadException.TooLarge;
import dev.kiln.binarycache.UploadProperties;
import dev.kiln.problem.Problems;
import dev.kiln.storepath.StorePathHash;

/** Takes what clients send, by whichever way the request came. */
@Component
class Uploads {

  private static final Logger log = LoggerFactory.getLogger(Uploads.class);

  /** How much is read from a client, and how long, that is still sending what is refused already. */
  private static final long DRAINED = 1L << 30;
  private static final Duration DRAINING = Duration.ofSeconds(20);

  /** A request with a body. */
  interface Incoming {

    /** @return in bytes; negative where the client does not tell */
    long length();

    /** @return whether the client waits to be told before it sends the body ({@code Expect: 100-continue}) */
    boolean asksFirst();

    /** Tells a client that waits to send. */
    InputStream body() throws IOException;
  }

  /** Reads a body. */
  interface Receiver<T> {
    T receive(UploadBody body) throws IOException;
  }

  private final NarReceiver nars;
  private final PathReceiver paths;
  private final UploadProperties properties;

  Uploads(NarReceiver nars, PathReceiver paths, UploadProperties properties) {
    this.nars = nars;
    this.paths = paths;
    this.properties = properties;
  }

  /** @throws UploadException why it is not taken */
  void nar(NarFileName name, Incoming request) throws IOException {
    receive(request, "the NAR's file", properties.maxNarSize().toBytes(), body -> nars.receive(name, body));
  }

  /**
   * Makes a path of a NAR that was sent before.
   *
   * @return whether the path is new
   * @throws UploadException why it is not taken
   */
  boolean narInfo(StorePathHash hash, Incoming request) throws IOException {
    return paths.receive(hash, NarInfo.parse(bounded(request, "the narinfo", NarInfo.MAX_LENGTH)));
  }

  /** Reads a body. A client that is still sending may never see why it was refused: what comes is read, for a while. */
  <T> T receive(Incoming request, String what, long limit, Receiver<T> receiver) throws IOException {
    boolean tooLarge = request.length() > limit;
    if (tooLarge && request.asksFirst()) {
      // to look at the body would tell the client to send it
      throw tooLarge(what, limit);
    }
    UploadBody body = new UploadBody(request.body(), properties);
    boolean received = false;
    try {
      if (tooLarge) {
        throw tooLarge(what, limit);
      }
      T result = receiver.receive(body);
      received = true;
      return result;
    } finally {
      if (!received) {
        body.drain(DRAINING, DRAINED);
      }
    }
  }

  /** @return the whole body */
  byte[] bounded(Incoming request, String what, int limit) throws IOException {
    return receive(request, what, limit, body -> {
      byte[] text;
      try {
        text = body.readNBytes(limit + 1);
      } catch (IOException e) {
        throw new UploadException.BrokenOff(what + " ended early: " + e.getMessage());
      }
      if (text.length > limit) {
        throw tooLarge(what, limit);
      }
      return text;
    });
  }

  private static TooLarge tooLarge(String what, long limit) {
    return new TooLarge(what + " is larger than " + limit + " bytes");
  }

  /** Kiln's own failure. A 500 would make the client send the request again without its body. */
  static ProblemDetail failed(Exception e) {
    log.error("an upload failed", e);
    return Problems.problem(HttpStatus.NOT_IMPLEMENTED, "internal", "Kiln could not keep it; its log says why");
  }
}
