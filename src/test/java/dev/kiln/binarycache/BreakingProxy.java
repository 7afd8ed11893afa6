package dev.kiln.binarycache;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Passes connections on, and breaks each off after so many bytes of answers. */
final class BreakingProxy implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final long limit;
  private final AtomicInteger broken = new AtomicInteger();
  private final AtomicInteger resumed = new AtomicInteger();

  BreakingProxy(int target, long limit) throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.limit = limit;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** @return how many connections were broken off */
  int broken() {
    return broken.get();
  }

  /** @return how many requests asked for a range */
  int resumed() {
    return resumed.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void serve(Socket client) {
    try (client; Socket kiln = new Socket(InetAddress.getLoopbackAddress(), target)) {
      Thread.ofVirtual().start(() -> passRequests(client, kiln));
      InputStream in = kiln.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] buffer = new byte[1 << 14];
      long sent = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        sent += read;
        if (sent > limit) {
          broken.incrementAndGet();
          return;
        }
      }
    } catch (IOException _) {
      // one of the two has gone
    }
  }

  private void passRequests(Socket client, Socket kiln) {
    try {
      byte[] buffer = new byte[1 << 14];
      InputStream in = client.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (new String(buffer, 0, read, StandardCharsets.ISO_8859_1).contains("Range: bytes=")) {
          resumed.incrementAndGet();
        }
        kiln.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException _) {
      // one of the two has gone
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
