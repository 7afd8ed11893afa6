package dev.kiln.build.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonArray;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/** What {@code exportReferencesGraph} tells a builder of its inputs. */
final class ReferencesGraph {

  static final String ATTRIBUTE = "exportReferencesGraph";

  /** Nix does not limit it, but the file system does. */
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,254}");

  private final BuildRequest request;

  ReferencesGraph(BuildRequest request) {
    this.request = request;
  }

  /**
   * Tells the graphs that the environment variable asks for, by pairs of a file's name and a store path (Nix:
   * local-derivation-goal.cc, startBuilder).
   *
   * @return by file name
   * @throws BuildException.BadDerivation if there are no such pairs, or {@link #of} says so
   */
  SortedMap<String, ByteString> files() {
    ByteString value = request.derivation().variable(ATTRIBUTE).orElse(ByteString.EMPTY);
    List<ByteString> words = BuildEnvironment.words(value);
    if (words.size() % 2 != 0) {
      throw bad("odd number of tokens in '" + ATTRIBUTE + "': '" + value + "'");
    }
    SortedMap<String, ByteString> files = new TreeMap<>();
    for (int i = 0; i < words.size(); i += 2) {
      String name = words.get(i).toString();
      if (!FILE_NAME.matcher(name).matches()) {
        throw bad("invalid file name '" + name + "' in '" + ATTRIBUTE + "'");
      }
      files.put(name, registration(of(List.of(storePath(words.get(i + 1))))));
    }
    return files;
  }

  /** @return the store path that {@code path} is or lies below (Nix: toStorePath) */
  StorePath storePath(ByteString path) {
    String text = path.toString();
    int below = text.startsWith(StorePath.STORE_DIR + "/") ? text.indexOf('/', StorePath.STORE_DIR.length() + 1) : -1;
    try {
      return StorePath.parse(below < 0 ? text : text.substring(0, below));
    } catch (InvalidStorePath e) {
      throw bad("'" + ATTRIBUTE + "' contains a non-store path '" + text + "': " + e.getMessage());
    }
  }

  /**
   * Collects paths and all that they refer to, and of derivations among them all outputs with what these refer to (Nix:
   * store-api.cc, exportReferences).
   *
   * @throws BuildException.BadDerivation if one of {@code paths} is not in the input closure, or an output is not here
   */
  SortedMap<StorePath, PathInfo> of(Collection<StorePath> paths) {
    SortedMap<StorePath, PathInfo> graph = new TreeMap<>();
    for (StorePath path : paths) {
      if (!request.inputClosure().containsKey(path)) {
        throw bad("cannot export references of path '" + path
            + "' because it is not in the input closure of the derivation");
      }
      addClosure(path, graph);
    }
    for (StorePath path : List.copyOf(graph.keySet())) {
      if (path.isDerivation()) {
        outputs(path).forEach(output -> addClosure(output, graph));
      }
    }
    return graph;
  }

  /** @return the form of {@code nix-store --register-validity}, without hashes and derivers (Nix: makeValidityRegistration) */
  static ByteString registration(SortedMap<StorePath, PathInfo> graph) {
    StringBuilder text = new StringBuilder();
    for (PathInfo info : graph.values()) {
      text.append(info.path()).append("\n\n").append(info.references().size()).append('\n');
      info.references().forEach(reference -> text.append(reference).append('\n'));
    }
    return ByteString.utf8(text.toString());
  }

  /** @return the form of structured attributes (Nix: pathInfoToJSON) */
  static JsonArray json(SortedMap<StorePath, PathInfo> graph) {
    ClosureSizes sizes = new ClosureSizes(graph);
    List<Json> infos = new ArrayList<>();
    for (PathInfo info : graph.values()) {
      SortedMap<ByteString, Json> json = new TreeMap<>();
      put(json, "path", Json.string(info.path().toString()));
      put(json, "narHash", Json.string(info.narHash().prefixedBase32()));
      put(json, "narSize", Json.integer(info.narSize()));
      put(json, "references",
          new JsonArray(info.references().stream().map(path -> (Json) Json.string(path.toString())).toList()));
      info.ca().map(ContentAddress::render).ifPresent(ca -> put(json, "ca", Json.string(ca)));
      put(json, "closureSize", Json.integer(sizes.of(info)));
      infos.add(new JsonObject(json));
    }
    return new JsonArray(infos);
  }

  private static void put(SortedMap<ByteString, Json> json, String name, Json value) {
    json.put(ByteString.utf8(name), value);
  }

  private void addClosure(StorePath from, SortedMap<StorePath, PathInfo> graph) {
    Deque<StorePath> pending = new ArrayDeque<>(List.of(from));
    while (!pending.isEmpty()) {
      StorePath path = pending.pop();
      if (!graph.containsKey(path)) {
        PathInfo info = info(path);
        graph.put(path, info);
        pending.addAll(info.references());
      }
    }
  }

  private PathInfo info(StorePath path) {
    return Optional.ofNullable(request.inputClosure().get(path)).or(
        () -> Optional.ofNullable(request.exported().infos().get(path))).orElseThrow(
            () -> bad("'" + ATTRIBUTE + "' has to tell of '" + path + "', which is neither an input nor here"));
  }

  private Collection<StorePath> outputs(StorePath derivation) {
    Map<String, Optional<StorePath>> outputs = request.exported().outputs().get(derivation);
    if (outputs == null) {
      throw bad("'" + ATTRIBUTE + "' has to tell of the outputs of '" + derivation + "', which is no known derivation");
    }
    return outputs.values().stream().map(output -> output.orElseThrow(() -> bad("'" + ATTRIBUTE
        + "' cannot tell of the outputs of '" + derivation + "', whose paths only its build tells (ca-derivations)")))
        .toList();
  }

  private BuildException.BadDerivation bad(String message) {
    return new BuildException.BadDerivation("derivation '" + request.derivationPath() + "': " + message);
  }

  /** What the NARs of a path and of all that it refers to take together, for each path of a graph. */
  private static final class ClosureSizes {

    private final Map<StorePath, Integer> indexes = new HashMap<>();
    private final long[] sizes;
    private final int[][] references;

    ClosureSizes(SortedMap<StorePath, PathInfo> graph) {
      graph.keySet().forEach(path -> indexes.put(path, indexes.size()));
      sizes = graph.values().stream().mapToLong(PathInfo::narSize).toArray();
      references = graph.values().stream().map(
          info -> info.references().stream().map(indexes::get).mapToInt(Integer::intValue).toArray()).toArray(
              int[][]::new);
    }

    /** @return in bytes */
    long of(PathInfo info) {
      long size = 0;
      BitSet seen = new BitSet();
      BitSet pending = new BitSet();
      pending.set(indexes.getOrDefault(info.path(), 0));
      for (int next = pending.nextSetBit(0); next >= 0; next = pending.nextSetBit(0)) {
        pending.clear(next);
        seen.set(next);
        size += sizes[next];
        for (int reference : references[next]) {
          if (!seen.get(reference)) {
            pending.set(reference);
          }
        }
      }
      return size;
    }
  }
}
