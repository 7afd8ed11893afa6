package dev.kiln.binarycache.web;

import java.io.IOException;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.springframework.stereotype.Component;

import dev.kiln.binarycache.BinaryCacheException;
import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.web.NarHeads.Head;
import dev.kiln.server.FastLane;

/** What a client asks before it sends a NAR: {@code HEAD /nar/<hash>.nar…}. */
@Component
class NarHeadLane implements FastLane {

  private final NarHeads heads;
  private final LaneProblems problems;

  NarHeadLane(NarHeads heads, LaneProblems problems) {
    this.heads = heads;
    this.problems = problems;
  }

  @Override
  public boolean takes(HttpMethod method) {
    return method == HttpMethod.HEAD;
  }

  @Override
  public boolean answer(String path, Request request, Response response, Callback callback) throws IOException {
    NarFileName name = UploadLane.nar(path);
    if (name == null || !LaneProblems.takesAny(request)) {
      return false;
    }
    try {
      Head head = heads.find(name);
      head.length().ifPresent(length -> response.getHeaders().put(HttpHeader.CONTENT_LENGTH, length));
      if (head.ranges()) {
        response.getHeaders().put(HttpHeader.ACCEPT_RANGES, "bytes");
      }
      callback.succeeded();
    } catch (BinaryCacheException e) {
      problems.send(BinaryCacheAdvice.on(e), path, request, response, callback);
    }
    return true;
  }
}
