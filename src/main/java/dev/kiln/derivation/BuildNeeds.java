package dev.kiln.derivation;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.json.InvalidJson;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.json.Json.JsonString;
import dev.kiln.json.JsonReader;

/**
 * What it takes to build a derivation (Nix: parsed-derivations.cc, canBuildLocally).
 *
 * @param platform the system; or the builder, where that is a part of Nix, and any system will do; empty where another derivation is
 *     built in its place, with needs of its own
 * @param features of {@code requiredSystemFeatures}, and {@code ca-derivations} where only a build tells the outputs' paths
 */
public record BuildNeeds(String platform, SortedSet<String> features) {

  private static final ByteString BUILTIN = ByteString.utf8("builtin:");
  private static final ByteString STRUCTURED = ByteString.utf8("__json");
  private static final ByteString REQUIRED_FEATURES = ByteString.utf8("requiredSystemFeatures");
  /** Required where only a build tells the outputs' paths. */
  public static final String FEATURE_CA = "ca-derivations";
  private static final Pattern BLANKS = Pattern.compile("[ \t\n\r]+");
  /** In characters: longer ones than anyone offers are not worth an index's while. */
  private static final int MAX_LENGTH = 1_000;

  public BuildNeeds { features = Collections.unmodifiableSortedSet(new TreeSet<>(features)); }

  /** @return empty if the derivation does not say it as it has to: who tries to build it will say why not */
  public static Optional<BuildNeeds> of(Derivation derivation) {
    SortedSet<String> features = new TreeSet<>();
    if (!putRequired(derivation, features)) {
      return Optional.empty();
    }
    switch (derivation.type()) {
      case INPUT_ADDRESSED, FIXED -> {
      }
      case FLOATING, DEFERRED -> {
        if (!derivation.inputDerivations().isEmpty()) {
          return Optional.of(new BuildNeeds("", new TreeSet<>(Set.of(FEATURE_CA))));
        }
        features.add(FEATURE_CA);
      }
    }
    ByteString platform = derivation.builder().startsWith(BUILTIN) ? derivation.builder() : derivation.system();
    BuildNeeds needs = new BuildNeeds(platform.toString(), features);
    return needs.render().length() <= MAX_LENGTH ? Optional.of(needs) : Optional.empty();
  }

  private static boolean putRequired(Derivation derivation, Collection<String> features) {
    ByteString structured = derivation.env().get(STRUCTURED);
    if (structured != null) {
      return putStructured(structured, features);
    }
    ByteString required = derivation.env().get(REQUIRED_FEATURES);
    if (required != null) {
      features.addAll(BLANKS.splitAsStream(required.toString()).filter(word -> !word.isEmpty()).toList());
    }
    return true;
  }

  private static boolean putStructured(ByteString structured, Collection<String> features) {
    try {
      Json attributes = JsonReader.read(structured);
      @Nullable
      Json required = attributes instanceof JsonObject object ? object.members().get(REQUIRED_FEATURES) : null;
      return required == null || required instanceof JsonArray && putAll(required.items(), features);
    } catch (InvalidJson _) {
      return false;
    }
  }

  private static boolean putAll(Collection<Json> items, Collection<String> features) {
    for (Json item : items) {
      if (!(item instanceof JsonString(ByteString text))) {
        return false;
      }
      features.add(text.toString());
    }
    return true;
  }

  /** @return words with blanks between them */
  public String render() {
    StringJoiner words = new StringJoiner(" ");
    if (!platform.isEmpty()) {
      words.add(platformWord(platform));
    }
    features.forEach(feature -> words.add(featureWord(feature)));
    return words.toString();
  }

  /** @return what a machine offers that builds for {@code platform} */
  public static String platformWord(String platform) {
    return encode(platform);
  }

  /** @return what a machine offers that has {@code feature} */
  public static String featureWord(String feature) {
    return "+" + encode(feature);
  }

  /** A name may have any character, and is to be one word. */
  private static String encode(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("%3A", ":");
  }
}
