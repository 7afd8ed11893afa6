package dev.kiln.server;

import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/**
 * Reads what clients send in larger pieces than Jetty's 8 KiB: each is a system call, and wakes the thread that takes the body.
 */
@Component
final class ReadBuffers implements WebServerFactoryCustomizer<JettyServletWebServerFactory> {

  /** The largest that the server pools, in bytes. A connection has one only while there is something to read. */
  private static final int SIZE = 64 << 10;

  @Override
  public void customize(JettyServletWebServerFactory factory) {
    factory.addServerCustomizers(ReadBuffers::customize);
  }

  private static void customize(Server server) {
    for (Connector connector : server.getConnectors()) {
      connector.getConnectionFactories().stream().filter(AbstractConnectionFactory.class::isInstance)
          .map(AbstractConnectionFactory.class::cast).forEach(protocol -> protocol.setInputBufferSize(SIZE));
    }
  }
}
