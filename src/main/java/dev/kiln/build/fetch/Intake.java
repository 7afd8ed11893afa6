package dev.kiln.build.fetch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.kiln.build.Bounded;
import dev.kiln.build.BuildRequest;
import dev.kiln.build.FixedOutputs;
import dev.kiln.build.ReferenceScanner;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.TreeSink;
import dev.kiln.compression.Compression;
import dev.kiln.compression.Decompressors;
import dev.kiln.compression.InvalidCompression;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.InvalidNar;
import dev.kiln.nar.NarReader;
import dev.kiln.nar.NarSink;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/** Takes a download into castore while it comes, if it is what the derivation promises. An error leaves nothing behind. */
final class Intake {

  private static final int BUFFER = 1 << 16;

  /** By HTTP's name; those that the server was not asked for come all the same. */
  private static final Map<String, Compression> ENCODINGS = Map.of("", Compression.NONE, "identity", Compression.NONE,
      "gzip", Compression.GZIP, "x-gzip", Compression.GZIP, "br", Compression.BROTLI, "zstd", Compression.ZSTD, "xz",
      Compression.XZ, "bzip2", Compression.BZIP2);

  private final Castore castore;
  private final Decompressors decompressors;
  private final Path temporary;
  private final long maxUnpacked;
  private final InstantSource clock;

  /**
   * @param temporary a directory for what has to be counted before it can be taken in
   * @param maxUnpacked in bytes
   */
  Intake(Castore castore, Decompressors decompressors, Path temporary, long maxUnpacked, InstantSource clock) {
    this.castore = castore;
    this.decompressors = decompressors;
    this.temporary = temporary;
    this.maxUnpacked = maxUnpacked;
    this.clock = clock;
  }

  /** @return of durable content */
  PathInfo take(BuildRequest request, Wanted wanted, Download download) throws IOException {
    try (Ingest ingest = castore.ingest(); InputStream decoded = decoded(download)) {
      return take(request, wanted, download, decoded, ingest);
    } catch (InvalidCompression | InvalidNar | InvalidCastore e) {
      // it may be that it only came to an end too early
      download.requireUnbroken();
      throw FetchFailed.forGood(FetchFailed.unable(download.url(), String.valueOf(e.getMessage())));
    }
  }

  private InputStream decoded(Download download) throws IOException {
    Compression compression = ENCODINGS.get(download.encoding());
    if (compression == null) {
      throw FetchFailed.forGood(
          FetchFailed.unable(download.url(), "input compression '" + download.encoding() + "' not recognized"));
    }
    return compression == Compression.NONE ? download : decompressors.open(compression, download);
  }

  private PathInfo take(BuildRequest request, Wanted wanted, Download download, InputStream decoded, Ingest ingest)
      throws IOException {
    Fixed promised = wanted.output();
    ReferenceScanner scanner = new ReferenceScanner(candidates(request, promised.path()));
    HashingOutputStream nar = new HashingOutputStream(scanner, HashAlgorithm.SHA256);
    NixHash got = switch (promised.method()) {
      case FLAT -> {
        FlatFile flat = new FlatFile(promised.path(), promised.hash().algorithm(), ingest);
        send(wanted, download, decoded, new NarSink(nar, flat));
        yield flat.hash();
      }
      case RECURSIVE -> {
        HashingOutputStream recursive = new HashingOutputStream(nar, promised.hash().algorithm());
        send(wanted, download, decoded, new NarSink(recursive, ingest));
        yield recursive.hash();
      }
    };
    ContentAddress ca = FixedOutputs.verify(request.derivationPath(), promised, got, scanner.found());
    return new PathInfo(promised.path(), ingest.sync(), nar.hash(), nar.count(), scanner.found(),
        Optional.of(request.derivationPath()), Optional.of(ca), List.of(),
        clock.instant().truncatedTo(ChronoUnit.SECONDS));
  }

  private static List<StorePath> candidates(BuildRequest request, StorePath output) {
    List<StorePath> candidates = new ArrayList<>(request.inputClosure().keySet());
    candidates.add(output);
    return candidates;
  }

  private void send(Wanted wanted, Download download, InputStream decoded, TreeSink sink) throws IOException {
    if (wanted.unpack()) {
      unpack(wanted, decoded, sink);
    } else if (decoded == download && download.length().isPresent()) {
      sink.file(null, wanted.executable(), download.length().getAsLong(), download);
    } else {
      count(wanted, decoded, sink);
    }
  }

  /** Nix looks at the URL's suffix, and knows xz alone. */
  private void unpack(Wanted wanted, InputStream decoded, TreeSink sink) throws IOException {
    BufferedInputStream packed = new BufferedInputStream(decoded, BUFFER);
    String path = wanted.url().target().split("\\?", 2)[0];
    String suffix = path.substring(Math.max(0, path.lastIndexOf('.')));
    Optional<Compression> named = suffix.startsWith(".") ? Compression.ofSuffix(suffix) : Optional.empty();
    Compression compression = named.isPresent()
        ? named.get()
        : Compression.sniff(packed).orElse(Compression.NONE);
    try (InputStream nar = decompressors.open(compression, packed)) {
      new NarReader().read(new Bounded(nar, maxUnpacked), sink);
    }
  }

  /** A NAR says how long a file is before it has the file: one of unknown length is written down first. */
  private void count(Wanted wanted, InputStream decoded, TreeSink sink) throws IOException {
    Files.createDirectories(temporary);
    Path file = Files.createTempFile(temporary, "download-", "");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      // it has no name from here on, so that nothing is left even after a crash
      Files.delete(file);
      new Bounded(decoded, maxUnpacked).transferTo(Channels.newOutputStream(channel));
      channel.position(0);
      sink.file(null, wanted.executable(), channel.size(), Channels.newInputStream(channel));
    }
  }
}
