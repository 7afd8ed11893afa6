package dev.kiln.register;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

import org.springframework.stereotype.Service;

import dev.kiln.castore.Blobs;
import dev.kiln.castore.Castore;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.nar.IngestedTree;
import dev.kiln.nar.InvalidNar;
import dev.kiln.nar.NarReader;
import dev.kiln.nar.NarWriter;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.register.RegisterException.TooLarge;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;
import dev.kiln.tar.InvalidTar;
import dev.kiln.tar.TarTree;
import dev.kiln.tar.TooManyEntries;

/** Takes trees in as sources: paths that are named by the hash of their NAR, as {@code nix-store --add} names them. */
@Service
public class SourceImporter {

  private final Castore castore;
  private final PathInfos pathInfos;
  private final RegisterProperties properties;
  private final Clock clock;

  SourceImporter(Castore castore, PathInfos pathInfos, RegisterProperties properties, Clock clock) {
    this.castore = castore;
    this.pathInfos = pathInfos;
    this.properties = properties;
    this.clock = clock;
  }

  /** Imports one file, of which {@code content} is all. */
  public PathInfo file(StorePathName name, boolean executable, InputStream content) throws IOException {
    try (Blobs.Batch batch = castore.blobs().begin()) {
      Blobs.Blob blob = batch.put(bounded(content));
      batch.sync();
      return register(name, hashed(new FileNode(blob.digest(), blob.size(), executable)));
    }
  }

  /** Imports the tree of a tar, whose top is the tree's root. */
  public PathInfo tar(StorePathName name, InputStream tar) throws IOException {
    try {
      return register(name, hashed(new TarTree(properties.maxTarEntries()).ingest(castore, bounded(tar))));
    } catch (InvalidTar | InvalidCastore e) {
      throw new InvalidContent("not a tar that can be imported: " + e.getMessage());
    } catch (TooManyEntries e) {
      throw new TooLarge(String.valueOf(e.getMessage()));
    }
  }

  /** Imports the tree of a NAR. */
  public PathInfo nar(StorePathName name, InputStream nar) throws IOException {
    try {
      return register(name, IngestedTree.of(castore, sink -> new NarReader().read(bounded(nar), sink)));
    } catch (InvalidNar | InvalidCastore e) {
      throw new InvalidContent("not a NAR that can be imported: " + e.getMessage());
    }
  }

  private InputStream bounded(InputStream content) {
    return new BoundedInput(content, "the source", properties.maxSource());
  }

  private IngestedTree hashed(Node root) throws IOException {
    HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
    new NarWriter(castore).write(root, nar);
    return new IngestedTree(root, nar.hash(), nar.count());
  }

  private PathInfo register(StorePathName name, IngestedTree tree) {
    StorePath path = StorePaths.source(name, tree.narHash(), new TreeSet<>(), false);
    pathInfos.register(List.of(new PathInfo(path, tree.root(), tree.narHash(), tree.narSize(), new TreeSet<>(),
        Optional.empty(), Optional.of(new Fixed(IngestionMethod.RECURSIVE, tree.narHash())), List.of(),
        clock.instant().truncatedTo(ChronoUnit.SECONDS))));
    return pathInfos.find(path.hash()).orElseThrow();
  }
}
