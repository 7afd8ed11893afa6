package dev.kiln.build;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

import dev.kiln.bytes.ByteString;
import dev.kiln.json.InvalidJson;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonInteger;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;
import dev.kiln.json.JsonReader;

/** A line of a log that is meant for programs: {@code @nix} and a JSON object with an action (Nix: logging.cc, handleJSONLogMessage). */
public sealed interface StructuredLine {

  ByteString PREFIX = ByteString.utf8("@nix ");

  /** The build begins with a phase: {@code setPhase}, or a result of the type that says the same. */
  record PhaseBegins(String phase) implements StructuredLine {}

  /** Something to be shown: {@code msg}, or a result that is a line of a log. */
  record Text(String text) implements StructuredLine {}

  /** How the activities of a Nix go on that the builder runs: {@code start}, {@code stop}, and other results. */
  record Activity() implements StructuredLine {}

  // types of results (Nix: logging.hh)
  int BUILD_LOG_LINE = 101;
  int SET_PHASE = 104;
  int POST_BUILD_LOG_LINE = 107;

  /**
   * Reads a line that begins with {@link #PREFIX}.
   *
   * @param line without its end
   * @return empty if Nix would take it for what it looks like: a line of the log
   */
  static Optional<StructuredLine> parse(ByteString line) {
    Json json;
    try {
      json = JsonReader.read(line.substring(PREFIX.length(), line.length()));
    } catch (InvalidJson _) {
      return Optional.empty();
    }
    if (!(json instanceof JsonObject(var members)) || text(members, "action").isEmpty()) {
      return Optional.empty();
    }
    return switch (text(members, "action").get()) {
      case "setPhase" -> text(members, "phase").map(PhaseBegins::new);
      case "msg" -> text(members, "msg").map(Text::new);
      case "result" -> Optional.of(result(members));
      case "start", "stop" -> Optional.of(new Activity());
      default -> Optional.empty();
    };
  }

  private static StructuredLine result(SortedMap<ByteString, Json> members) {
    Optional<String> field = members.get(ByteString.utf8("fields")) instanceof JsonArray(List<Json> fields)
        && !fields.isEmpty() && fields.getFirst() instanceof JsonString(ByteString first)
            ? Optional.of(first.toString())
            : Optional.empty();
    int type = members.get(ByteString.utf8("type")) instanceof JsonInteger(var number) && number.bitLength() < 32
        ? number.intValue()
        : 0;
    return field.<StructuredLine>flatMap(text -> switch (type) {
      case SET_PHASE -> Optional.of(new PhaseBegins(text));
      case BUILD_LOG_LINE, POST_BUILD_LOG_LINE -> Optional.of(new Text(text));
      default -> Optional.empty();
    }).orElseGet(Activity::new);
  }

  private static Optional<String> text(SortedMap<ByteString, Json> members, String name) {
    return members.get(ByteString.utf8(name)) instanceof JsonString(ByteString value)
        ? Optional.of(value.toString())
        : Optional.empty();
  }
}
