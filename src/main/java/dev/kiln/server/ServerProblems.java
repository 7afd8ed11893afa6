package dev.kiln.server;

import java.util.LinkedHashMap;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Problem details (RFC 9457) for what the server refuses before any controller sees it: malformed HTTP. */
final class ServerProblems extends ErrorHandler {

  private static final JsonMapper JSON = JsonMapper.shared();
  /** What Jetty puts for a target that it could not parse; the target itself is lost by then. */
  private static final String UNPARSED = "/badMessage";
  private static final int LONGEST_QUOTE = 200;

  @Override
  protected void generateResponse(Request request, Response response, int code, @Nullable String message,
      @Nullable Throwable cause, Callback callback) {
    var problem = new LinkedHashMap<String, Object>();
    problem.put("title", HttpStatus.getMessage(code));
    problem.put("status", code);
    // No causes: what went wrong inside is for the log.
    if (code < 500)
      problem.put("detail", detail(request, message));
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/problem+json");
    Content.Sink.write(response, true, JSON.writeValueAsString(problem), callback);
  }

  private static String detail(Request request, @Nullable String message) {
    String target = request.getHttpURI().getPathQuery();
    if (target == null || target.equals(UNPARSED)) {
      return "the request is malformed; its target must not hold %00, '%' without two hexadecimal digits, or '..' that "
          + "climbs above the root";
    }
    return "the request for '" + shortened(target) + "' was refused" + (message == null ? "" : ": " + message);
  }

  private static String shortened(String target) {
    return target.length() <= LONGEST_QUOTE ? target : target.substring(0, LONGEST_QUOTE) + "…";
  }
}
