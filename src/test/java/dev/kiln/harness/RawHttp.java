package dev.kiln.harness;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** HTTP over a bare socket, for what java.net.http would normalise or refuse to send. */
public final class RawHttp {

  private RawHttp() {}

  /** @param headers by lower-case name; of a repeated one, the last */
  public record Response(int status, Map<String, String> headers, String body) {}

  /** Sends {@code GET target} as it stands: one byte per char. */
  public static Response get(URI base, String target) throws IOException {
    return send(base, "GET " + target + " HTTP/1.1\r\nHost: " + base.getAuthority() + "\r\nConnection: close\r\n\r\n");
  }

  /** Sends {@code request} as it stands, one byte per char; the server has to close the connection. */
  public static Response send(URI base, String request) throws IOException {
    try (var socket = new Socket(base.getHost(), base.getPort())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return parse(new ByteArrayInputStream(socket.getInputStream().readAllBytes()));
    }
  }

  private static Response parse(InputStream in) throws IOException {
    String status = line(in);
    if (!status.startsWith("HTTP/1.1 "))
      throw new IOException("no HTTP answer: '" + status + "'");
    var headers = new TreeMap<String, String>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    boolean chunked = "chunked".equals(headers.get("transfer-encoding"));
    byte[] body = chunked ? dechunk(in) : in.readAllBytes();
    return new Response(Integer.parseInt(status.substring(9, 12)), headers, new String(body, StandardCharsets.UTF_8));
  }

  private static byte[] dechunk(InputStream in) throws IOException {
    var body = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
      body.write(in.readNBytes(size));
      line(in);
    }
    return body.toByteArray();
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r')
        line.append((char) c);
    }
    return line.toString();
  }
}
