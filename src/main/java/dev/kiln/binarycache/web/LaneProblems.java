package dev.kiln.binarycache.web;

import java.net.URI;
import java.nio.ByteBuffer;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Sends from a lane what the controllers would send. */
@Component
class LaneProblems {

  private static final HttpField TYPE = new PreEncodedHttpField(HttpHeader.CONTENT_TYPE,
      MediaType.APPLICATION_PROBLEM_JSON_VALUE);

  private final JsonMapper json;

  LaneProblems(JsonMapper json) {
    this.json = json;
  }

  /** @return whether the client takes a problem as JSON; what else it might want of one, the controllers find out */
  static boolean takesAny(Request request) {
    String accept = request.getHeaders().get(HttpHeader.ACCEPT);
    return accept == null || accept.equals(MediaType.ALL_VALUE);
  }

  void send(ProblemDetail problem, String path, Request request, Response response, Callback callback) {
    problem.setInstance(URI.create(path));
    response.setStatus(problem.getStatus());
    send(request, response, TYPE, ByteBuffer.wrap(json.writeValueAsBytes(problem)), callback);
  }

  /** Sends a whole answer, without its body where only its head is asked for. */
  static void send(Request request, Response response, HttpField type, ByteBuffer body, Callback callback) {
    response.getHeaders().put(type);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    if (HttpMethod.HEAD.is(request.getMethod())) {
      callback.succeeded();
    } else {
      response.write(true, body, callback);
    }
  }
}
