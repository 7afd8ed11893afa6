package dev.kiln.server;

import java.io.IOException;

import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers requests before the servlets do, which take several times as long, where the answer is at hand. Every bean of this
 * type is asked, in order. An answer is the one that the controllers would give, to the byte: they are asked the same whenever
 * a target is spelled in another way.
 */
public interface FastLane {

  /** @return whether {@link #answer} is to be asked for requests of this method */
  default boolean takes(HttpMethod method) {
    return method == HttpMethod.GET || method == HttpMethod.HEAD;
  }

  /**
   * Answers, or declines. Runs on a virtual thread and may block.
   *
   * @param path of the request, as it was sent, without its query
   * @return whether it answers, and completes {@code callback}; if not, it has touched neither {@code response} nor
   *     {@code callback}
   * @throws IOException why the answer cannot be completed: the client is told if nothing was sent yet; if something was, its
   *     connection is closed, so that it never takes the rest for whole
   */
  boolean answer(String path, Request request, Response response, Callback callback) throws IOException;
}
