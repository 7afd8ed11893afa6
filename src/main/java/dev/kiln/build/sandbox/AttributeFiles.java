package dev.kiln.build.sandbox;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import dev.kiln.build.BuildException;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Placeholders;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonBoolean;
import dev.kiln.json.Json.JsonFloat;
import dev.kiln.json.Json.JsonInteger;
import dev.kiln.json.Json.JsonNull;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;
import dev.kiln.json.JsonWriter;
import dev.kiln.storepath.StorePath;

/**
 * The files that tell a builder the structured attributes of its derivation (Nix: local-derivation-goal.cc,
 * writeStructuredAttrs; parsed-derivations.cc).
 *
 * @param json all of them, for any reader
 * @param shell those that bash can hold, for it to read as a script: strings, whole numbers, Booleans, null, and arrays and
 *     objects of these, under names that variables can have
 */
record AttributeFiles(ByteString json, ByteString shell) {

  static final String JSON_FILE = ".attrs.json";
  static final String SHELL_FILE = ".attrs.sh";

  private static final ByteString OUTPUTS = ByteString.utf8("outputs");
  private static final String GRAPHS = ReferencesGraph.ATTRIBUTE;
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /**
   * @param outputNames of the derivation
   * @param placeholders replaces those in texts
   * @throws BuildException.BadDerivation on an {@code exportReferencesGraph} that cannot be
   */
  static AttributeFiles of(Set<String> outputNames, Attributes attributes, ReferencesGraph graph,
      UnaryOperator<ByteString> placeholders) {
    SortedMap<ByteString, Json> members = new TreeMap<>(attributes.structured().orElseThrow().members());
    SortedMap<ByteString, Json> outputs = new TreeMap<>();
    for (String name : outputNames) {
      outputs.put(ByteString.utf8(name),
          new JsonString(placeholders.apply(ByteString.utf8(Placeholders.ofOutput(name)))));
    }
    members.put(OUTPUTS, new JsonObject(outputs));
    if (attributes.structured(GRAPHS).orElse(null) instanceof JsonObject graphs) {
      graphs.members().forEach((name, paths) -> {
        if (name.equals(OUTPUTS) || name.equals(ByteString.utf8(GRAPHS))) {
          throw attributes.bad(GRAPHS, "cannot have '" + name + "', where something else has to be");
        }
        members.put(name, ReferencesGraph.json(graph.of(storePaths(graph, attributes, paths))));
      });
    }
    return new AttributeFiles(placeholders.apply(JsonWriter.write(new JsonObject(members))),
        placeholders.apply(shell(members)));
  }

  /** Nested lists are one list, and what is below a store path stands for it, as newer Nix has it. */
  private static SortedSet<StorePath> storePaths(ReferencesGraph graph, Attributes attributes, Json paths) {
    SortedSet<StorePath> storePaths = new TreeSet<>();
    Deque<Json> pending = new ArrayDeque<>(paths.items());
    while (!pending.isEmpty()) {
      switch (pending.pop()) {
        case JsonArray(var elements) -> elements.forEach(pending::push);
        case JsonString(ByteString path) -> storePaths.add(graph.storePath(path));
        case Json other -> throw attributes.bad(GRAPHS, "must have store paths, not " + other.typeName());
      }
    }
    return storePaths;
  }

  private static ByteString shell(SortedMap<ByteString, Json> members) {
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    members.forEach((name, value) -> {
      // A name that is not ASCII matches in none of its spellings
      if (VARIABLE.matcher(name.toString()).matches()) {
        declaration(name, value).ifPresent(script::writeBytes);
      }
    });
    return ByteString.owning(script.toByteArray());
  }

  private static Optional<byte[]> declaration(ByteString name, Json value) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    switch (value) {
      case JsonArray(var elements) -> {
        ascii(line, "declare -a " + name + "=(");
        for (Json element : elements) {
          if (!simple(element, line)) {
            return Optional.empty();
          }
          line.write(' ');
        }
        line.write(')');
      }
      case JsonObject(var members) -> {
        ascii(line, "declare -A " + name + "=(");
        for (Map.Entry<ByteString, Json> member : members.entrySet()) {
          line.write('[');
          quote(member.getKey(), line);
          ascii(line, "]=");
          if (!simple(member.getValue(), line)) {
            return Optional.empty();
          }
          line.write(' ');
        }
        line.write(')');
      }
      case JsonString _,JsonInteger _,JsonFloat _,JsonBoolean _,JsonNull _ -> {
        ascii(line, "declare " + name + "=");
        if (!simple(value, line)) {
          return Optional.empty();
        }
      }
    }
    line.write('\n');
    return Optional.of(line.toByteArray());
  }

  /** @return whether {@code value} was written, because bash can hold it */
  private static boolean simple(Json value, ByteArrayOutputStream out) {
    switch (value) {
      case JsonString(ByteString text) -> quote(text, out);
      // Nix casts to an int of C, which keeps 32 bits
      case JsonInteger(BigInteger number) -> ascii(out, Integer.toString(number.intValue()));
      case JsonFloat(double number) -> {
        // Nix asks the float of 32 bits whether it is whole, so that large and tiny ones are
        float rounded = (float) number;
        if (Math.ceil(rounded) != rounded) {
          return false;
        }
        ascii(out, Integer.toString(truncated(number)));
      }
      case JsonBoolean(boolean flag) -> ascii(out, flag ? "1" : "");
      case JsonNull() -> ascii(out, "''");
      case JsonArray _,JsonObject _ -> {
        return false;
      }
    }
    return true;
  }

  /** @return what a processor of x86 makes of a double that is cast to an int: the least for one that does not fit */
  private static int truncated(double number) {
    return number > Integer.MIN_VALUE - 1.0 && number < Integer.MAX_VALUE + 1.0 ? (int) number : Integer.MIN_VALUE;
  }

  /** Nix: util.cc, shellEscape. */
  private static void quote(ByteString text, ByteArrayOutputStream out) {
    out.write('\'');
    for (int i = 0; i < text.length(); i++) {
      if (text.at(i) == '\'') {
        ascii(out, "'\\''");
      } else {
        out.write(text.at(i));
      }
    }
    out.write('\'');
  }

  private static void ascii(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }
}
