package dev.kiln.build.web;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.TreeMap;

import dev.kiln.build.StructuredLine;
import dev.kiln.build.web.LogLines.Piece;
import dev.kiln.bytes.ByteString;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.JsonWriter;

/**
 * Writes a log as server-sent events (HTML: 9.2). Whole lines that are there together are one event of many data lines; its id is the
 * position behind the last of them.
 */
final class LogEvents {

  /** Of an event of many lines, in bytes, about. */
  private static final int BATCH = 1 << 14;
  private static final int BUFFER = 1 << 14;

  private final BufferedOutputStream out;
  private final int attempt;
  /** What lines are in the event that is being written. */
  private int batched;
  private long batchEnd;

  /** @param attempt whose log it is: ids of other attempts than the first begin with it */
  LogEvents(OutputStream out, int attempt) {
    this.out = new BufferedOutputStream(out, BUFFER);
    this.attempt = attempt;
  }

  void add(Piece piece) throws IOException {
    Optional<StructuredLine> structured = piece.begins() && piece.ends()
        && piece.bytes().startsWith(StructuredLine.PREFIX)
            ? StructuredLine.parse(piece.bytes())
            : Optional.empty();
    if (structured.isPresent()) {
      add(structured.get(), piece);
    } else if (piece.ends()) {
      line(piece.bytes().toString(), piece.end());
    } else {
      event("part", piece.bytes().toString(), piece.end());
    }
  }

  private void add(StructuredLine line, Piece piece) throws IOException {
    switch (line) {
      case StructuredLine.PhaseBegins(String phase) ->
        event("phase", json("phase", Json.string(phase), "end", Json.integer(piece.end())), piece.end());
      case StructuredLine.Text(String text) -> {
        for (String each : text.split("\\R", -1)) {
          line(each, piece.end());
        }
      }
      case StructuredLine.Activity() -> event("activity",
          piece.bytes().substring(StructuredLine.PREFIX.length(), piece.bytes().length()).toString(), piece.end());
    }
  }

  private void line(String text, long end) throws IOException {
    data(text);
    batched += text.length() + 1;
    batchEnd = end;
    if (batched >= BATCH) {
      endBatch();
    }
  }

  private void endBatch() throws IOException {
    if (batched > 0) {
      batched = 0;
      id(batchEnd);
      write("\n");
    }
  }

  private void event(String type, String data, long end) throws IOException {
    endBatch();
    write("event: " + type + "\n");
    data(data);
    id(end);
    write("\n");
  }

  private void id(long position) throws IOException {
    write("id: " + new LogPosition(attempt, position) + "\n");
  }

  /** Bytes that are no UTF-8 are U+FFFD by now; what else would end a line of the event's is none in a log, either. */
  private void data(String line) throws IOException {
    write("data: " + line.replace('\r', '\uFFFD').replace('\n', '\uFFFD') + "\n");
  }

  /** Says that what came before was another attempt's. */
  void restart() throws IOException {
    event("restart", json("attempt", Json.integer(attempt), "begin", Json.integer(0)), 0);
  }

  /** @param state of the build, as its record names it */
  void end(String state, long size) throws IOException {
    endBatch();
    write("event: end\ndata: " + json("state", Json.string(state), "size", Json.integer(size)) + "\nid: "
        + LogPosition.END + "\n\n");
  }

  /** Tells who is in between, and the client, that this goes on; and finds out whether there is a client. */
  void keepAlive() throws IOException {
    write(":\n\n");
  }

  /** Says how soon to come back, in milliseconds. */
  void retry(int millis) throws IOException {
    write("retry: " + millis + "\n\n");
  }

  void flush() throws IOException {
    endBatch();
    out.flush();
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String json(String name, Json value, String other, Json otherValue) {
    TreeMap<ByteString, Json> members = new TreeMap<>();
    members.put(ByteString.utf8(name), value);
    members.put(ByteString.utf8(other), otherValue);
    return JsonWriter.write(new JsonObject(members)).toString();
  }
}
