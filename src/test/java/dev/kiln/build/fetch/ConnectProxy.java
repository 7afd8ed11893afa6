package dev.kiln.build.fetch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that makes tunnels to ports of the loopback interface, whatever host is asked for. */
final class ConnectProxy implements AutoCloseable {

  final List<String> requests = new CopyOnWriteArrayList<>();
  private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getByAddress(new byte[]{127, 0, 0, 1}));

  ConnectProxy() throws IOException {
    Thread.ofVirtual().start(() -> {
      while (!socket.isClosed()) {
        try {
          Socket client = socket.accept();
          Thread.ofVirtual().start(() -> serve(client));
        } catch (IOException _) {
          return;
        }
      }
    });
  }

  private void serve(Socket client) {
    try (client) {
      // The client waits for the answer before it says more: nothing beyond the request is buffered
      BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      String request = in.readLine();
      requests.add(request);
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        requests.add(line);
      }
      int port = Integer.parseInt(request.replaceAll("CONNECT [^ ]*:(\\d+) .*", "$1"));
      try (Socket server = new Socket(socket.getInetAddress(), port)) {
        client.getOutputStream().write("HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        Thread back = Thread.ofVirtual().start(() -> copy(server, client));
        copy(client, server);
        back.join();
      }
    } catch (IOException | InterruptedException _) {
      // the tunnel is broken, as some tests mean it to be
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException _) {
      // one side has gone
    }
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
