package dev.kiln.build.sandbox;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.FixedOutputs;
import dev.kiln.build.ReferenceScanner;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.TreeSink;
import dev.kiln.castore.fs.FileTree;
import dev.kiln.castore.fs.FileTreeTooLarge;
import dev.kiln.castore.fs.UnsupportedFileType;
import dev.kiln.derivation.DerivationOutput;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.derivation.DerivationType;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.json.Json;
import dev.kiln.json.Json.JsonObject;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.Errno;
import dev.kiln.posix.FileStatus;
import dev.kiln.posix.FileType;
import dev.kiln.posix.PosixException;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;

/**
 * Takes what a builder left into castore, if it is what the derivation promises (Nix: local-derivation-goal.cc,
 * registerOutputs). One pass over each output gives its content, NAR hash, size and references.
 */
final class Outputs {

  private final Castore castore;
  private final InstantSource clock;
  private final FileTree.Options options;

  /** @param maxSize of one output's files, in bytes */
  Outputs(Castore castore, InstantSource clock, long maxSize) {
    this.castore = castore;
    this.clock = clock;
    this.options = new FileTree.Options(maxSize, Long.MAX_VALUE, true);
  }

  /** An output that was read and may be kept. */
  record Read(StorePath path, Ingest ingest, NixHash narHash, long narSize, SortedSet<StorePath> references,
      Optional<ContentAddress> ca) {

    /** @return of content that is not durable before {@link Ingest#sync} */
    PathInfo keep(StorePath deriver, Instant now) throws IOException {
      return new PathInfo(path, ingest.sync(), narHash, narSize, references, Optional.of(deriver), ca, List.of(), now);
    }
  }

  /**
   * @return by output name, of durable content; all or none
   * @throws BuildException if an output is missing, or not what it should be
   */
  SortedMap<String, PathInfo> take(BuildRequest request, Attributes attributes, BuildDirectory directory)
      throws IOException {
    SortedMap<String, DerivationOutput> promised = request.derivation().outputs();
    ScratchPaths scratch = ScratchPaths.of(request);
    List<Ingest> ingests = new ArrayList<>();
    try (DirectoryFd store = DirectoryFd.open(directory.store())) {
      for (Map.Entry<String, DerivationOutput> output : promised.entrySet()) {
        requireThere(output.getKey(), output.getValue(), scratch.path(output.getKey()), store);
      }
      if (request.derivation().type() == DerivationType.FLOATING) {
        return keep(request, attributes, new FloatingOutputs(request, scratch,
            (path, names, sink) -> walk(path, store, names, sink), () -> {
              Ingest ingest = castore.ingest();
              ingests.add(ingest);
              return ingest;
            }, output -> discardsReferences(attributes, output)).read());
      }
      SortedMap<String, Read> read = new TreeMap<>();
      for (Map.Entry<String, DerivationOutput> output : promised.entrySet()) {
        Ingest ingest = castore.ingest();
        ingests.add(ingest);
        Collection<StorePath> candidates = discardsReferences(attributes, output.getKey()) ? List.of()
            : candidates(request);
        read.put(output.getKey(), read(request, output.getValue(), candidates, store, ingest));
      }
      requireNoCycle(request, scratch, read);
      return keep(request, attributes, read);
    } finally {
      for (Ingest ingest : ingests) {
        ingest.close();
      }
    }
  }

  private static void requireNoCycle(BuildRequest request, ScratchPaths scratch, SortedMap<String, Read> read) {
    SortedMap<String, SortedSet<StorePath>> references = new TreeMap<>();
    read.forEach((name, output) -> references.put(name, output.references()));
    OutputOrder.of(request.derivationPath(), scratch, references);
  }

  /** Only newer Nix knows it (2.26: local-derivation-goal.cc), and only as a structured attribute. */
  private static boolean discardsReferences(Attributes attributes, String output) {
    String name = "unsafeDiscardReferences";
    return attributes.structured(name).map(value -> {
      if (value instanceof JsonObject(var members)) {
        Json flag = members.get(ByteString.utf8(output));
        return flag != null && attributes.flag(name + ".\"" + output + "\"", flag);
      }
      throw attributes.bad(name, "must be an object");
    }).orElse(false);
  }

  private SortedMap<String, PathInfo> keep(BuildRequest request, Attributes attributes, SortedMap<String, Read> read)
      throws IOException {
    SortedMap<String, OutputChecks.Output> outputs = new TreeMap<>();
    read.forEach((name, output) -> outputs.put(name,
        new OutputChecks.Output(output.path(), output.narSize(), output.references())));
    new OutputChecks(request, attributes, outputs).check();
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    SortedMap<String, PathInfo> kept = new TreeMap<>();
    for (Map.Entry<String, Read> output : read.entrySet()) {
      kept.put(output.getKey(), output.getValue().keep(request.derivationPath(), now));
    }
    return kept;
  }

  private Read read(BuildRequest request, DerivationOutput output, Collection<StorePath> candidates, DirectoryFd store,
      Ingest ingest)
      throws IOException {
    StorePath path = output.statedPath().orElseThrow();
    ReferenceScanner scanner = new ReferenceScanner(candidates);
    HashingOutputStream nar = new HashingOutputStream(scanner, HashAlgorithm.SHA256);
    Optional<ContentAddress> ca = Optional.empty();
    if (output instanceof Fixed fixed) {
      NixHash got = switch (fixed.method()) {
        case FLAT -> {
          FlatHash flat = new FlatHash(ingest, fixed.hash().algorithm());
          walk(path, store, new NarSink(nar, flat));
          yield flat.hash();
        }
        case RECURSIVE -> {
          HashingOutputStream recursive = new HashingOutputStream(nar, fixed.hash().algorithm());
          walk(path, store, new NarSink(recursive, ingest));
          yield recursive.hash();
        }
      };
      ca = Optional.of(FixedOutputs.verify(request.derivationPath(), fixed, got, scanner.found()));
    } else {
      walk(path, store, new NarSink(nar, ingest));
    }
    return new Read(path, ingest, nar.hash(), nar.count(), scanner.found(), ca);
  }

  private void walk(StorePath path, DirectoryFd store, TreeSink sink) throws IOException {
    walk(path, store, UnaryOperator.identity(), sink);
  }

  private void walk(StorePath path, DirectoryFd store, UnaryOperator<ByteString> names, TreeSink sink)
      throws IOException {
    try {
      FileTree.read(store, baseName(path), options, names, sink);
    } catch (FileTreeTooLarge e) {
      throw new BuildException.LimitExceeded(e.getMessage() + " (kiln.build.limits.output)");
    } catch (UnsupportedFileType | InvalidCastore e) {
      throw new BuildException.OutputRejected(String.valueOf(e.getMessage()));
    }
  }

  private static List<StorePath> candidates(BuildRequest request) {
    List<StorePath> candidates = new ArrayList<>(request.inputClosure().keySet());
    for (DerivationOutput output : request.derivation().outputs().values()) {
      output.statedPath().ifPresent(candidates::add);
    }
    return candidates;
  }

  private static ByteString baseName(StorePath path) {
    return ByteString.utf8(path.baseName());
  }

  private static void requireThere(String name, DerivationOutput output, StorePath path, DirectoryFd store)
      throws IOException {
    FileStatus status;
    try {
      status = store.status(baseName(path));
    } catch (PosixException e) {
      if (e.is(Errno.ENOENT)) {
        throw new BuildException.OutputRejected(
            "builder failed to produce output path for output '" + name + "' at '" + path + "'");
      }
      throw e;
    }
    if (isFlat(output) && (status.type() != FileType.REGULAR || status.ownerMayExecute())) {
      throw FixedOutputs.notAPlainFile(path);
    }
  }

  private static boolean isFlat(DerivationOutput output) {
    return switch (output) {
      case Fixed(_, IngestionMethod method, _) -> method == IngestionMethod.FLAT;
      case Floating(IngestionMethod method, _) -> method == IngestionMethod.FLAT;
      case InputAddressed _,Deferred _ -> false;
    };
  }
}
