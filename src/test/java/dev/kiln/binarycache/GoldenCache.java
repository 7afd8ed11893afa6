package dev.kiln.binarycache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import tools.jackson.databind.JsonNode;

import dev.kiln.harness.Programs;
import dev.kiln.storepath.StorePath;

/** The golden paths as a binary cache in a directory, from Nix's own words and bytes: no Kiln has touched them. */
final class GoldenCache {

  private static final StorePath BUSYBOX = StorePath.parse("/nix/store/9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");
  private static final Path NARS = Path.of("src/test/resources/golden/nar");

  private final Path directory;

  private GoldenCache(Path directory) {
    this.directory = directory;
  }

  /** Writes all but the paths whose NARs are too large for the resources, and what refers to those. */
  static GoldenCache write(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("nar"));
    Files.writeString(directory.resolve("nix-cache-info"), "StoreDir: /nix/store\n");
    GoldenCache cache = new GoldenCache(directory);
    Path busybox = Files.createDirectory(directory.resolve("bb"));
    Files.copy(Path.of("/bin/busybox"), busybox.resolve("busybox"));
    cache.add(BUSYBOX, Programs.run("nix-store", "--dump", busybox.toString()));
    for (StorePath path : closed()) {
      if (!path.equals(BUSYBOX)) {
        cache.add(path, Files.readAllBytes(nar(path)));
      }
    }
    return cache;
  }

  /** @return the paths that are here: whatever one refers to is among them */
  static SortedSet<StorePath> closed() {
    Map<StorePath, List<StorePath>> referrers = new HashMap<>();
    SortedSet<StorePath> here = new TreeSet<>(GoldenKiln.paths());
    here.forEach(path -> references(path).forEach(
        reference -> referrers.computeIfAbsent(reference, _ -> new java.util.ArrayList<>()).add(path)));
    Deque<StorePath> missing = new ArrayDeque<>(
        here.stream().filter(path -> !path.equals(BUSYBOX) && !Files.exists(nar(path))).toList());
    while (!missing.isEmpty()) {
      StorePath path = missing.pop();
      if (here.remove(path)) {
        missing.addAll(referrers.getOrDefault(path, List.of()));
      }
    }
    return here;
  }

  String url() {
    return "file://" + directory;
  }

  private static Path nar(StorePath path) {
    return NARS.resolve(path.baseName() + ".nar");
  }

  private static List<StorePath> references(StorePath path) {
    return StreamSupport.stream(GoldenKiln.path(path).get("references").spliterator(), false)
        .map(reference -> StorePath.parse(reference.asString())).toList();
  }

  private void add(StorePath path, byte[] nar) throws IOException {
    JsonNode truth = GoldenKiln.path(path);
    Push push = Push.of(path, nar).with("References",
        references(path).stream().map(StorePath::baseName).collect(Collectors.joining(" ")));
    if (!truth.get("deriver").isNull()) {
      push.with("Deriver", StorePath.parse(truth.get("deriver").asString()).baseName());
    }
    if (!truth.get("ca").isNull()) {
      push.with("CA", truth.get("ca").asString());
    }
    Files.write(directory.resolve(push.narTarget().substring(1)), nar);
    Files.writeString(directory.resolve(push.narInfoTarget().substring(1)), push.narInfo());
  }
}
