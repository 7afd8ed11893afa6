package dev.kiln.server;

import java.util.EnumSet;

import org.eclipse.jetty.ee11.servlet.ServletHandler;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/**
 * Lets odd request targets through to the controllers, which read {@code getRequestURI()} raw. Names in a store are
 * bytes: {@code %2F}, {@code %FF} and {@code ..} are for the reader of a store path to judge, and to explain, not for
 * the server to refuse or to fold. What Jetty refuses all the same ({@code %00}, a lone {@code %}, dots that climb above
 * the root) is answered by {@link ServerProblems}.
 */
@Component
final class RawRequestTargets implements WebServerFactoryCustomizer<JettyServletWebServerFactory> {

  private static final UriCompliance AS_SENT = new UriCompliance("KILN",
      EnumSet.complementOf(EnumSet.of(Violation.BAD_PERCENT_ENCODING, Violation.UTF16_ENCODINGS, Violation.USER_INFO,
          Violation.FRAGMENT)));

  @Override
  public void customize(JettyServletWebServerFactory factory) {
    factory.addServerCustomizers(RawRequestTargets::customize);
  }

  private static void customize(Server server) {
    for (Connector connector : server.getConnectors()) {
      connector.getConnectionFactories().stream().filter(HttpConfiguration.ConnectionFactory.class::isInstance)
          .map(HttpConfiguration.ConnectionFactory.class::cast)
          .forEach(http -> http.getHttpConfiguration().setUriCompliance(AS_SENT));
    }
    server.getDescendants(ServletHandler.class).forEach(servlets -> servlets.setDecodeAmbiguousURIs(true));
    server.setErrorHandler(new ServerProblems());
  }
}
