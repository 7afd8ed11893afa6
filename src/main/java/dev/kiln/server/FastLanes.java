package dev.kiln.server;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/**
 * Puts the {@link FastLane}s in front of the servlets, and counts what they answer: {@code kiln.lane.requests}, and
 * {@code kiln.lane.requests.active} for those that are under way. What the servlets answer, Spring counts.
 */
@Component
final class FastLanes
    implements
      WebServerFactoryCustomizer<JettyServletWebServerFactory>,
      SmartInitializingSingleton,
      MeterBinder {

  private final ObjectProvider<FastLane> beans;
  private volatile List<FastLane> lanes = List.of();
  private final LongAdder active = new LongAdder();
  private final LongAdder answered = new LongAdder();

  FastLanes(ObjectProvider<FastLane> beans) {
    this.beans = beans;
  }

  @Override
  public void bindTo(MeterRegistry meters) {
    Gauge.builder("kiln.lane.requests.active", active, LongAdder::sum)
        .description("requests that are being answered before the servlets").register(meters);
    FunctionCounter.builder("kiln.lane.requests", answered, LongAdder::sum)
        .description("requests that were answered before the servlets").register(meters);
  }

  @Override
  public void customize(JettyServletWebServerFactory factory) {
    factory.addServerCustomizers(this::install);
  }

  /** The server is made before most beans, and listens after all of them. */
  @Override
  public void afterSingletonsInstantiated() {
    lanes = beans.orderedStream().toList();
  }

  private void install(Server server) {
    server.setHandler(new Lanes(server.getHandler()));
  }

  private final class Lanes extends Handler.Wrapper {

    Lanes(Handler servlets) {
      super(servlets);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      HttpMethod method = HttpMethod.fromString(request.getMethod());
      String path = request.getHttpURI().getPath();
      if (method != null && path != null) {
        Callback done = new WrittenFirst(response, callback);
        for (FastLane lane : lanes) {
          if (lane.takes(method) && answer(lane, path, request, response, done)) {
            return true;
          }
        }
      }
      return super.handle(request, response, callback);
    }

    private boolean answer(FastLane lane, String path, Request request, Response response, Callback callback)
        throws IOException {
      active.increment();
      try {
        boolean answers = lane.answer(path, request, response, callback);
        if (answers) {
          answered.increment();
        }
        return answers;
      } finally {
        active.decrement();
      }
    }
  }

  /**
   * Completes an answer when its end is written, not before, and never by a write of the server's own callback. Else Jetty (12.1.14) may
   * take an answer for complete twice, where another thread writes its end while the handler returns, and begin the next one of the
   * connection twice.
   */
  private static final class WrittenFirst extends Callback.Nested {

    private final Response response;

    WrittenFirst(Response response, Callback callback) {
      super(callback);
      this.response = response;
    }

    @Override
    public void succeeded() {
      if (response.hasLastWrite()) {
        super.succeeded();
      } else {
        response.write(true, null, new Callback.Nested(getCallback()));
      }
    }
  }
}
