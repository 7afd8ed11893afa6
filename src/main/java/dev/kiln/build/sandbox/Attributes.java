package dev.kiln.build.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.json.InvalidJson;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonBoolean;
import dev.kiln.json.Json.JsonNull;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;
import dev.kiln.json.JsonReader;
import dev.kiln.storepath.StorePath;

/**
 * What a derivation asks of its build: by environment variables, or by the members of its structured attributes, if it has
 * those (Nix: parsed-derivations.cc).
 */
final class Attributes {

  private static final ByteString STRUCTURED = ByteString.utf8("__json");
  private static final ByteString TRUE = ByteString.utf8("1");

  private final StorePath path;
  private final Derivation derivation;
  private final @Nullable JsonObject structured;

  private Attributes(StorePath path, Derivation derivation, @Nullable JsonObject structured) {
    this.path = path;
    this.derivation = derivation;
    this.structured = structured;
  }

  /** @throws BuildException.BadDerivation if there are structured attributes that are no JSON object */
  static Attributes of(StorePath path, Derivation derivation) {
    ByteString json = derivation.env().get(STRUCTURED);
    if (json == null) {
      return new Attributes(path, derivation, null);
    }
    String refusal = "cannot process __json attribute of '" + path.baseName() + "': ";
    try {
      return new Attributes(path, derivation, switch (JsonReader.read(json)) {
        case JsonObject object -> object;
        case JsonNull() -> Json.emptyObject();
        case Json other -> throw new BuildException.BadDerivation(refusal + "it is no object, but " + other.typeName());
      });
    } catch (InvalidJson e) {
      throw new BuildException.BadDerivation(refusal + e.getMessage());
    }
  }

  Optional<JsonObject> structured() {
    return Optional.ofNullable(structured);
  }

  /** @return the member of the structured attributes; nothing if there are none */
  Optional<Json> structured(String name) {
    return structured().map(object -> object.members().get(ByteString.utf8(name)));
  }

  /** @throws BuildException.BadDerivation if it is there, but neither true nor false */
  boolean flag(String name, boolean otherwise) {
    if (structured == null) {
      return derivation.variable(name).map(TRUE::equals).orElse(otherwise);
    }
    return structured(name).map(value -> flag(name, value)).orElse(otherwise);
  }

  boolean flag(String name, Json value) {
    if (value instanceof JsonBoolean(boolean flag)) {
      return flag;
    }
    throw bad(name, "must be a Boolean");
  }

  /** @throws BuildException.BadDerivation if it is there, but no list of strings */
  Optional<List<ByteString>> strings(String name) {
    if (structured == null) {
      return derivation.variable(name).map(BuildEnvironment::words);
    }
    return structured(name).map(value -> {
      if (value instanceof JsonArray) {
        return strings(name, value);
      }
      throw bad(name, "must be a list of strings");
    });
  }

  /** @return the strings in {@code value}, which may also be a single one, as Nix has it below {@code outputChecks} */
  List<ByteString> strings(String name, Json value) {
    List<ByteString> strings = new ArrayList<>();
    for (Json item : value.items()) {
      if (!(item instanceof JsonString(ByteString text))) {
        throw bad(name, "must be a list of strings");
      }
      strings.add(text);
    }
    return strings;
  }

  /** @param wrong goes on where the attribute's name has been said */
  BuildException.BadDerivation bad(String name, String wrong) {
    return new BuildException.BadDerivation(
        "attribute '" + name + "' of derivation '" + path.baseName() + "' " + wrong);
  }
}
