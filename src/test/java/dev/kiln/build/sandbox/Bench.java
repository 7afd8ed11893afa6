package dev.kiln.build.sandbox;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

import org.springframework.util.unit.DataSize;

import dev.kiln.build.BuildProperties;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.BuildResult;
import dev.kiln.build.ExportedOutputs;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directories;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.Node;
import dev.kiln.castore.fs.FileTree;
import dev.kiln.castore.fs.FsBlobs;
import dev.kiln.castore.fs.FsCheckouts;
import dev.kiln.derivation.ATermReader;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.storepath.StorePath;

/** A real builder with a store below one directory, and what it takes to build the golden derivations. */
final class Bench implements AutoCloseable {

  static final StorePath BUSYBOX = StorePath.parseBaseName("9nr5xh37wy1gx5sv9j1cj9if5svcw4lj-bb");

  final BubblewrapBuilder builder;
  final Path workshop;
  final Castore castore;
  final ByteArrayOutputStream log = new ByteArrayOutputStream();
  final Map<StorePath, PathInfo> known = new TreeMap<>();
  private final FsCheckouts checkouts;

  static BuildProperties.Limits limits() {
    return new BuildProperties.Limits(Duration.ofMinutes(2), Duration.ZERO, DataSize.ofMegabytes(1),
        DataSize.ofGigabytes(1), DataSize.ofMegabytes(10));
  }

  static BuildProperties.Resources resources() {
    return new BuildProperties.Resources(DataSize.ofMegabytes(256), 200, 256, 20, null);
  }

  /** With limits that builds which end by themselves do not meet. */
  static Bench open(Path directory) throws Exception {
    return new Bench(directory, limits());
  }

  Bench(Path directory, BuildProperties.Limits limits) throws Exception {
    this(directory, limits, resources());
  }

  Bench(Path directory, BuildProperties.Limits limits, BuildProperties.Resources resources) throws Exception {
    FsBlobs blobs = new FsBlobs(Files.createDirectories(directory.resolve("blobs")));
    castore = new Castore(blobs, new InMemoryDirectories());
    checkouts = new FsCheckouts(castore, blobs::path, directory.resolve("checkouts"), 100);
    workshop = directory.resolve("builds");
    builder = BuilderConfiguration.bubblewrap(
        new BuildProperties(BuildProperties.Mode.BUBBLEWRAP, List.of(), null, 0, null, limits, resources), castore,
        checkouts,
        workshop);
    Path bb = Files.createDirectories(directory.resolve("bb"));
    Files.copy(Path.of("/bin/busybox"), bb.resolve("busybox"));
    known.put(BUSYBOX, importTree(directory, "bb", BUSYBOX));
  }

  private PathInfo importTree(Path parent, String name, StorePath path) throws IOException {
    HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    try (Ingest ingest = castore.ingest(); DirectoryFd in = DirectoryFd.open(parent)) {
      FileTree.read(in, ByteString.utf8(name), FileTree.Options.UNLIMITED, new NarSink(nar, ingest));
      Node root = ingest.sync();
      return new PathInfo(path, root, nar.hash(), nar.count(), new TreeSet<>(), Optional.empty(), Optional.empty(),
          List.of(), Instant.EPOCH);
    }
  }

  static Derivation derivation(StorePath path) throws IOException {
    try (var in = Objects.requireNonNull(Bench.class.getResourceAsStream("/golden/drv/" + path.baseName()))) {
      return ATermReader.read(in.readAllBytes());
    }
  }

  /** Builds what {@code path} needs, then {@code path}. */
  BuildResult build(StorePath path) throws Exception {
    Derivation derivation = derivation(path);
    for (StorePath input : derivation.inputDerivations().keySet()) {
      boolean here = derivation(input).outputs().values().stream().map(DerivationOutput::statedPath).allMatch(
          output -> known.containsKey(output.orElseThrow()));
      if (!here) {
        build(input);
      }
    }
    log.reset();
    BuildResult result = builder.build(request(path, derivation), log);
    result.outputs().values().forEach(output -> known.put(output.path(), output));
    return result;
  }

  BuildRequest request(StorePath path, Derivation derivation) throws IOException {
    Deque<StorePath> pending = new ArrayDeque<>(derivation.inputSources());
    for (Map.Entry<StorePath, SortedSet<String>> input : derivation.inputDerivations().entrySet()) {
      Derivation from = derivation(input.getKey());
      input.getValue().forEach(name -> pending.add(from.outputPath(name).orElseThrow()));
    }
    SortedMap<StorePath, PathInfo> closure = new TreeMap<>();
    while (!pending.isEmpty()) {
      StorePath next = pending.pop();
      PathInfo info = Objects.requireNonNull(next.isDerivation() ? importDerivation(next) : known.get(next));
      if (closure.put(info.path(), info) == null) {
        pending.addAll(info.references());
      }
    }
    return new BuildRequest(path, derivation, closure, exported(closure));
  }

  /** @return path infos that are made up, of links without references */
  static SortedMap<StorePath, PathInfo> infos(Collection<StorePath> paths) {
    SortedMap<StorePath, PathInfo> infos = new TreeMap<>();
    for (StorePath path : paths) {
      infos.put(path, new PathInfo(path, new Node.SymlinkNode(ByteString.utf8("x")), NixHash.sha256Of(""), 112,
          new TreeSet<>(), Optional.empty(), Optional.empty(), List.of(), Instant.EPOCH));
    }
    return infos;
  }

  private PathInfo importDerivation(StorePath path) throws IOException {
    try (var in = Objects.requireNonNull(Bench.class.getResourceAsStream("/golden/drv/" + path.baseName()))) {
      byte[] aterm = in.readAllBytes();
      IngestedTree tree = IngestedTree.of(castore,
          sink -> sink.file(null, false, aterm.length, new ByteArrayInputStream(aterm)));
      return new PathInfo(path, tree.root(), tree.narHash(), tree.narSize(), ATermReader.read(aterm).references(),
          Optional.empty(), Optional.empty(), List.of(), Instant.EPOCH);
    }
  }

  private ExportedOutputs exported(SortedMap<StorePath, PathInfo> closure) throws IOException {
    SortedMap<StorePath, Map<String, Optional<StorePath>>> outputs = new TreeMap<>();
    for (StorePath input : closure.keySet()) {
      if (input.isDerivation()) {
        Map<String, Optional<StorePath>> paths = new TreeMap<>();
        derivation(input).outputs().forEach((name, output) -> paths.put(name, output.statedPath()));
        outputs.put(input, paths);
      }
    }
    return new ExportedOutputs(outputs, new TreeMap<>(known));
  }

  /** Runs {@code script} by the shell of busybox, its output being {@code out}. */
  BuildResult run(String script) throws InterruptedException, IOException {
    StorePath path = StorePath.parseBaseName("0000000000000000000000000000000a-test.drv");
    StorePath out = StorePath.parseBaseName("0000000000000000000000000000000b-test");
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    env.put(ByteString.utf8("out"), ByteString.utf8(out.toString()));
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    outputs.put("out", new DerivationOutput.InputAddressed(out));
    Derivation derivation = new Derivation(outputs, new TreeMap<>(), new TreeSet<>(List.of(BUSYBOX)),
        ByteString.utf8("x86_64-linux"), ByteString.utf8(BUSYBOX + "/busybox"),
        List.of(ByteString.utf8("sh"), ByteString.utf8("-c"), ByteString.utf8(script)), env);
    log.reset();
    return builder.build(request(path, derivation), log);
  }

  String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  /** @return what builds left behind, which is nothing */
  List<String> left() throws IOException {
    builder.awaitClean();
    try (var all = Files.list(workshop)) {
      return all.map(path -> String.valueOf(path.getFileName())).filter(
          name -> !List.of("root", "network-root", "seccomp").contains(name)).toList();
    }
  }

  @Override
  public void close() throws IOException {
    builder.close();
    checkouts.close();
  }

  private static final class InMemoryDirectories implements Directories {
    private final Map<Blake3Digest, Directory> all = new ConcurrentHashMap<>();

    @Override
    public Optional<Directory> find(Blake3Digest digest) {
      return Optional.ofNullable(all.get(digest));
    }

    @Override
    public void putAll(Collection<Directory> directories) {
      directories.forEach(directory -> all.put(directory.node().digest(), directory));
    }
  }
}
