package dev.kiln.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.http.HttpServletRequest;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

import dev.kiln.http.Connections;

/**
 * Sees that clients hang up while Jetty does not look: it reads nothing from a connection whose request is being answered. A selector
 * of its own waits until there is something to read: the end of the stream, if no byte is there. Nothing is read, so Jetty finds its
 * connection as it left it. Of a connection by TLS, the bytes that say its end hide that; then nobody is told.
 */
@Component
final class ConnectionWatch implements Connections, DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(ConnectionWatch.class);

  /** How often a registration is tried that a closed one of the same connection is in the way of. */
  private static final int TRIES = 1_000;
  private static final Watch NONE = () -> {
  };

  private final Selector selector;
  private final Thread thread;

  ConnectionWatch() {
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread = Thread.ofPlatform().name("connection-watch").daemon().start(this::select);
  }

  @Override
  public Watch watch(HttpServletRequest request, Runnable gone) {
    return channel(request).map(channel -> watch(channel, gone)).orElse(NONE);
  }

  private static Optional<SocketChannel> channel(HttpServletRequest request) {
    ServletContextRequest core = ServletContextRequest.getServletContextRequest(request);
    return core != null
        && core.getConnectionMetaData().getConnection().getEndPoint().getTransport() instanceof SocketChannel channel
            ? Optional.of(channel)
            : Optional.empty();
  }

  private Watch watch(SocketChannel channel, Runnable gone) {
    try {
      SelectionKey key = register(channel, gone);
      selector.wakeup();
      return () -> {
        key.cancel();
        // until it has seen that, the selector keeps the descriptor of a connection that is closed
        selector.wakeup();
      };
    } catch (ClosedChannelException _) {
      Thread.startVirtualThread(gone);
      return NONE;
    } catch (ClosedSelectorException _) {
      return NONE;
    }
  }

  private SelectionKey register(SocketChannel channel, Runnable gone) throws ClosedChannelException {
    for (int attempt = 1;; attempt++) {
      try {
        return channel.register(selector, SelectionKey.OP_READ, gone);
      } catch (CancelledKeyException e) {
        // of the request before; the selector forgets it as soon as it is woken
        if (attempt == TRIES) {
          throw e;
        }
        selector.wakeup();
        pause();
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(1);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void select() {
    while (selector.isOpen()) {
      try {
        selector.select(ConnectionWatch::look);
      } catch (ClosedSelectorException _) {
        return;
      } catch (IOException e) {
        log.error("connections are not looked after any more", e);
        return;
      }
    }
  }

  private static void look(SelectionKey key) {
    try {
      boolean ended = !(key.channel() instanceof SocketChannel channel) || isAtEnd(channel);
      // bytes before the answer are those of the next request: what comes behind them cannot be seen
      key.cancel();
      if (ended && key.attachment() instanceof Runnable gone) {
        Thread.startVirtualThread(gone);
      }
    } catch (CancelledKeyException _) {
      // it is looked after no more
    }
  }

  private static boolean isAtEnd(SocketChannel channel) {
    try {
      return channel.socket().getInputStream().available() == 0;
    } catch (IOException _) {
      return true;
    }
  }

  @Override
  public void destroy() throws IOException, InterruptedException {
    selector.close();
    thread.join();
  }
}
