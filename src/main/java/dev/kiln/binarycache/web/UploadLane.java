package dev.kiln.binarycache.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

import dev.kiln.binarycache.InvalidNarInfo;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadException;
import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.server.FastLane;
import dev.kiln.storepath.StorePathHash;

/** What a push sends for each path: {@code PUT /nar/<hash>.nar…}, then {@code PUT /<hash>.narinfo}. */
@Component
class UploadLane implements FastLane {

  private static final String DIRECTORY = "/nar/";

  private final Uploads uploads;
  private final UploadAdvice advice;
  private final LaneProblems problems;

  UploadLane(Uploads uploads, UploadAdvice advice, LaneProblems problems) {
    this.uploads = uploads;
    this.advice = advice;
    this.problems = problems;
  }

  @Override
  public boolean takes(HttpMethod method) {
    return method == HttpMethod.PUT;
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) {
    StorePathHash hash = NarInfoLane.hash(path);
    NarFileName nar = hash == null ? nar(path) : null;
    if ((hash == null && nar == null) || !LaneProblems.takesAny(request)) {
      return false;
    }
    try {
      boolean fresh = receive(hash, nar, new JettyUpload(request));
      response.setStatus(fresh ? HttpStatus.CREATED_201 : HttpStatus.OK_200);
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 0);
      callback.succeeded();
    } catch (UploadException e) {
      problems.send(advice.on(e), path, request, response, callback);
    } catch (InvalidNarInfo e) {
      problems.send(advice.on(e), path, request, response, callback);
    } catch (IOException | UncheckedIOException | DataAccessException e) {
      problems.send(Uploads.failed(e), path, request, response, callback);
    }
    return true;
  }

  private boolean receive(@Nullable StorePathHash hash, @Nullable NarFileName nar, JettyUpload upload)
      throws IOException {
    if (hash != null) {
      return uploads.narInfo(hash, upload);
    }
    if (nar != null) {
      uploads.nar(nar, upload);
    }
    return true;
  }

  /** @return the NAR that {@code path} is; null if it is none */
  static @Nullable NarFileName nar(String path) {
    try {
      return path.startsWith(DIRECTORY) ? NarFileName.parse(path.substring(DIRECTORY.length())) : null;
    } catch (Malformed _) {
      // the controllers say what is wrong with it
      return null;
    }
  }

  private record JettyUpload(Request request) implements Uploads.Incoming {

    @Override
    public long length() {
      return request.getLength();
    }

    @Override
    public boolean asksFirst() {
      return "100-continue".equalsIgnoreCase(request.getHeaders().get(HttpHeader.EXPECT));
    }

    @Override
    public InputStream body() {
      return Content.Source.asInputStream(request);
    }
  }
}
