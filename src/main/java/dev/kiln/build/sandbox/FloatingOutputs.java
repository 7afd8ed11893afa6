package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.ReferenceScanner;
import dev.kiln.build.sandbox.Outputs.Read;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarSink;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.SelfReferenceHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePaths;

/**
 * Finds the paths of outputs that their content names, and puts these in place of those that stood for them while they were
 * built (Nix: local-derivation-goal.cc, registerOutputs with newInfoFromCA). Outputs that others refer to come before these. An
 * output is read once, or three times if it names itself or another: for references, for its hash, and as it will be.
 */
final class FloatingOutputs {

  /** Shows what the builder left at a path, by other names. */
  interface Files {
    void walk(StorePath path, UnaryOperator<ByteString> names, TreeSink sink) throws IOException;
  }

  /** Gives an ingest that someone else closes. */
  interface Ingests {
    Ingest begin();
  }

  /** An output as the builder left it. */
  private record Scanned(Floating kind, StorePath path, Ingest ingest, NixHash narHash, long narSize, NixHash content,
      SortedSet<StorePath> references) {}

  private final BuildRequest request;
  private final ScratchPaths scratch;
  private final Files files;
  private final Ingests ingests;
  private final Predicate<String> discardsReferences;

  /** The paths of outputs by those that stood for them. */
  private final SortedMap<StorePath, StorePath> finals = new TreeMap<>();

  /** @param discardsReferences says of which outputs, by name, references do not count */
  FloatingOutputs(BuildRequest request, ScratchPaths scratch, Files files, Ingests ingests,
      Predicate<String> discardsReferences) {
    this.request = request;
    this.scratch = scratch;
    this.files = files;
    this.ingests = ingests;
    this.discardsReferences = discardsReferences;
  }

  /** @return by output name */
  SortedMap<String, Read> read() throws IOException {
    List<StorePath> candidates = new ArrayList<>(request.inputClosure().keySet());
    candidates.addAll(scratch.paths().values());
    SortedMap<String, Scanned> scanned = new TreeMap<>();
    for (Map.Entry<String, StorePath> output : scratch.paths().entrySet()) {
      if (!(request.derivation().outputs().get(output.getKey()) instanceof Floating kind)) {
        throw new IllegalArgumentException("output '" + output.getKey() + "' is not floating");
      }
      scanned.put(output.getKey(), scan(kind, output.getValue(),
          discardsReferences.test(output.getKey()) ? List.of() : candidates));
    }
    SortedMap<String, Read> read = new TreeMap<>();
    SortedMap<String, SortedSet<StorePath>> references = new TreeMap<>();
    scanned.forEach((name, output) -> references.put(name, output.references()));
    for (String name : OutputOrder.of(request.derivationPath(), scratch, references)) {
      read.put(name, settle(Objects.requireNonNull(scanned.get(name))));
    }
    return read;
  }

  private Scanned scan(Floating kind, StorePath path, List<StorePath> candidates) throws IOException {
    Ingest ingest = ingests.begin();
    ReferenceScanner scanner = new ReferenceScanner(candidates);
    HashingOutputStream nar = new HashingOutputStream(scanner, HashAlgorithm.SHA256);
    NixHash content = switch (kind.method()) {
      case FLAT -> {
        FlatHash flat = new FlatHash(ingest, kind.algorithm());
        files.walk(path, UnaryOperator.identity(), new NarSink(nar, flat));
        yield flat.hash();
      }
      case RECURSIVE -> {
        HashingOutputStream recursive = new HashingOutputStream(nar, kind.algorithm());
        files.walk(path, UnaryOperator.identity(), new NarSink(recursive, ingest));
        yield recursive.hash();
      }
    };
    return new Scanned(kind, path, ingest, nar.hash(), nar.count(), content, scanner.found());
  }

  private Read settle(Scanned output) throws IOException {
    boolean self = output.references().contains(output.path());
    SortedSet<StorePath> others = new TreeSet<>();
    for (StorePath path : output.references()) {
      if (!path.equals(output.path())) {
        others.add(finals.getOrDefault(path, path));
      }
    }
    boolean rewritten = output.references().stream().anyMatch(path -> scratch.paths().containsValue(path));
    ContentAddress address = new ContentAddress.Fixed(output.kind().method(),
        rewritten ? hashModuloSelf(output) : output.content());
    StorePath path = path(address, output, others, self);
    SortedSet<StorePath> references = new TreeSet<>(others);
    if (self) {
      references.add(path);
    }
    Read read = rewritten
        ? rewrite(output, path, references, address)
        : new Read(path, output.ingest(), output.narHash(), output.narSize(), references, Optional.of(address));
    finals.put(output.path(), path);
    return read;
  }

  /** First the outputs that it names, then itself. */
  private Read rewrite(Scanned output, StorePath path, SortedSet<StorePath> references, ContentAddress address)
      throws IOException {
    Ingest ingest = ingests.begin();
    HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    HashRewrites rewrites = HashRewrites.of(finals).and(output.path(), path);
    files.walk(output.path(), rewrites::in, rewrites.before(new NarSink(nar, ingest)));
    return new Read(path, ingest, nar.hash(), nar.count(), references, Optional.of(address));
  }

  private NixHash hashModuloSelf(Scanned output) throws IOException {
    SelfReferenceHash hash = new SelfReferenceHash(output.kind().algorithm(), output.path().hash());
    TreeSink sink = output.kind().method() == IngestionMethod.FLAT ? new Content(hash) : new NarSink(hash);
    HashRewrites rewrites = HashRewrites.of(finals);
    files.walk(output.path(), rewrites::in, rewrites.before(sink));
    return hash.hash();
  }

  private static StorePath path(ContentAddress address, Scanned output, SortedSet<StorePath> others, boolean self) {
    try {
      return StorePaths.fromContentAddress(address, output.path().name(), others, self);
    } catch (InvalidStorePath e) {
      throw new BuildException.OutputRejected(String.valueOf(e.getMessage()));
    }
  }

  /** Writes the bytes of a tree that is one file. */
  private record Content(OutputStream out) implements TreeSink {

    @Override
    public void enterDirectory(@Nullable PathComponent name) {}

    @Override
    public void leaveDirectory() {}

    @Override
    public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
        throws IOException {
      content.transferTo(out);
    }

    @Override
    public void symlink(@Nullable PathComponent name, ByteString target) {}
  }
}
