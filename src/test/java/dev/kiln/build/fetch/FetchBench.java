package dev.kiln.build.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildRequest;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InMemoryDirectories;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.compression.Decompressors;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/** A {@code builtin:fetchurl} with a castore below one directory. */
final class FetchBench implements AutoCloseable {

  static final StorePath DERIVATION = StorePath.parseBaseName("0000000000000000000000000000000a-fetched.drv");
  static final int MAX_UNPACKED = 1 << 20;

  final Castore castore;
  final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Path directory;
  private final Connections connections;
  private final FetchUrl fetchUrl;

  FetchBench(Path directory, FetchProperties properties) throws IOException {
    this.directory = directory;
    castore = new Castore(new FsBlobs(Files.createDirectories(directory.resolve("blobs"))), new InMemoryDirectories());
    connections = FetchConfiguration.connections(properties, Map.of());
    Intake intake = new Intake(castore, new Decompressors(70_000, Duration.ofSeconds(1)),
        directory.resolve("downloads"),
        MAX_UNPACKED, InstantSource.system());
    fetchUrl = FetchConfiguration.fetchUrl(properties, connections, intake, () -> {
    });
  }

  static FetchProperties.Limits limits(int attempts) {
    return new FetchProperties.Limits(DataSize.ofKilobytes(256), Duration.ofSeconds(30), Duration.ofSeconds(30),
        Duration.ofMinutes(2), attempts, 10);
  }

  /** As Kiln is by default, but for what is allowed, and without waiting long. */
  static FetchProperties allowing(String... networks) {
    return properties(new FetchProperties.Allow(List.of(), List.of(networks), List.of()), limits(1));
  }

  static FetchProperties properties(FetchProperties.Allow allow, FetchProperties.Limits limits) {
    return new FetchProperties(true, allow, List.of(), null, null, new FetchProperties.Proxy("", "", ""), limits);
  }

  static NixHash sha256(String content) {
    return NixHash.sha256Of(content);
  }

  static NixHash narHash(HashAlgorithm algorithm, boolean executable, byte[] content) throws IOException {
    HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), algorithm);
    new NarSink(nar).file(null, executable, content.length, ByteString.copyOf(content).newInput());
    return nar.hash();
  }

  PathInfo flat(String url, NixHash hash) throws InterruptedException {
    return fetch(IngestionMethod.FLAT, hash, Map.of("url", url));
  }

  PathInfo fetch(IngestionMethod method, NixHash hash, Map<String, String> attributes) throws InterruptedException {
    StorePath out = StorePaths.fixedOutput(new StorePathName("fetched"), method, hash);
    return fetch(new DerivationOutput.Fixed(out, method, hash), attributes);
  }

  PathInfo fetch(DerivationOutput output, Map<String, String> attributes) throws InterruptedException {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    attributes.forEach((name, value) -> env.put(ByteString.utf8(name), ByteString.utf8(value)));
    Derivation derivation = new Derivation(new TreeMap<>(Map.of("out", output)), new TreeMap<>(), new TreeSet<>(),
        ByteString.utf8("builtin"), ByteString.utf8("builtin:fetchurl"), List.of(), env);
    log.reset();
    return fetchUrl.build(new BuildRequest(DERIVATION, derivation, new TreeMap<>()), log).outputs().firstEntry()
        .getValue();
  }

  String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  byte[] content(PathInfo info) throws IOException {
    try (var in = Channels.newInputStream(castore.blobs().open(((FileNode) info.root()).digest()))) {
      return in.readAllBytes();
    }
  }

  /** @return the files that are on disk, but for those by which writers are known to be alive */
  List<Path> files() throws IOException {
    try (var all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).filter(file -> !file.toString().contains("/writers/")).toList();
    }
  }

  @Override
  public void close() {
    connections.close();
  }
}
