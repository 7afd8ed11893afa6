package dev.kiln.server;

import java.util.List;

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

/** Puts the {@link FastLane}s in front of the servlets. */
@Component
final class FastLanes implements WebServerFactoryCustomizer<JettyServletWebServerFactory>, SmartInitializingSingleton {

  private final ObjectProvider<FastLane> beans;
  private volatile List<FastLane> lanes = List.of();

  FastLanes(ObjectProvider<FastLane> beans) {
    this.beans = beans;
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
      if (HttpMethod.GET.is(request.getMethod()) || HttpMethod.HEAD.is(request.getMethod())) {
        String path = request.getHttpURI().getPath();
        for (FastLane lane : lanes) {
          if (path != null && lane.answer(path, request, response, callback)) {
            return true;
          }
        }
      }
      return super.handle(request, response, callback);
    }
  }
}
