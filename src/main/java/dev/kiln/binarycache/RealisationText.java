package dev.kiln.binarycache;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.pathinfo.Signature;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/** Realised outputs as binary caches spell them (Nix: realisation.cc, toJSON and fromJSON). */
final class RealisationText {

  private static final JsonMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final String ID = "id";
  private static final String PATH = "outPath";
  private static final String DEPENDENCIES = "dependentRealisations";
  private static final String SIGNATURES = "signatures";

  private RealisationText() {}

  static byte[] render(RealisedOutput output, List<Signature> signatures) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode dependencies = root.putObject(DEPENDENCIES);
    output.dependencies().forEach((id, path) -> dependencies.put(id.toString(), path.baseName()));
    root.put(ID, output.id().toString());
    root.put(PATH, output.path().baseName());
    var texts = root.putArray(SIGNATURES);
    signatures.stream().map(Signature::toString).sorted().forEach(text -> texts.add(text));
    return JSON.writeValueAsBytes(root);
  }

  /** @throws Malformed if it is no realisation; keys that are not known are passed over, as Nix does */
  static RealisedOutput parse(byte[] text) {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.isObject()) {
        throw new Malformed("a realisation is a JSON object");
      }
      SortedMap<OutputId, StorePath> dependencies = new TreeMap<>();
      JsonNode dependent = root.path(DEPENDENCIES);
      if (!dependent.isObject() && !dependent.isMissingNode()) {
        throw new Malformed("'" + DEPENDENCIES + "' is no object");
      }
      dependent.forEachEntry((id, path) -> dependencies.put(OutputId.parse(id), path(path)));
      return new RealisedOutput(OutputId.parse(string(root.path(ID), ID)), path(root.path(PATH)), dependencies,
          signatures(root.path(SIGNATURES)));
    } catch (JacksonException e) {
      throw new Malformed("the realisation is not JSON: " + e.getOriginalMessage());
    } catch (InvalidRealisation | InvalidStorePath e) {
      throw new Malformed("the realisation is malformed: " + e.getMessage());
    }
  }

  private static List<Signature> signatures(JsonNode node) {
    if (!node.isArray() && !node.isMissingNode()) {
      throw new Malformed("'" + SIGNATURES + "' is no array");
    }
    if (node.size() > PathInfos.MAX_SIGNATURES) {
      throw new Malformed("the realisation has more than " + PathInfos.MAX_SIGNATURES + " signatures");
    }
    List<Signature> signatures = new ArrayList<>();
    for (JsonNode each : node) {
      String text = string(each, SIGNATURES);
      if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        throw new Malformed("signature '" + text + "' has characters that none has");
      }
      try {
        signatures.add(Signature.parse(text));
      } catch (IllegalArgumentException e) {
        throw new Malformed(String.valueOf(e.getMessage()));
      }
    }
    return signatures;
  }

  private static StorePath path(JsonNode node) {
    return StorePath.parseBaseName(string(node, PATH));
  }

  private static String string(JsonNode node, String what) {
    if (!node.isString()) {
      throw new Malformed("'" + what + "' is missing, or no string");
    }
    return node.asString();
  }
}
