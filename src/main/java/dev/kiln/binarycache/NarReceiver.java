package dev.kiln.binarycache;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;

import org.springframework.stereotype.Service;
import org.springframework.util.unit.DataSize;

import dev.kiln.binarycache.UploadException.BrokenOff;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.UnknownCompression;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.compression.Compression;
import dev.kiln.compression.Decompressors;
import dev.kiln.compression.InvalidCompression;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.jdbc.JdbcTransaction;
import dev.kiln.nar.IngestedTree;
import dev.kiln.nar.InvalidNar;
import dev.kiln.nar.NarReader;
import dev.kiln.nar.NarSink;

/** Takes NARs in while they arrive. They are nobody's path yet: {@link PathReceiver} makes one of them. */
@Service
public class NarReceiver {

  private static final int BUFFER = 1 << 16;
  private static final Duration PATIENCE_FOR_MEMORY = Duration.ofMinutes(10);

  private final Castore castore;
  private final UploadedNars nars;
  private final JdbcTransaction transaction;
  private final UploadProperties properties;
  private final Decompressors decompressors;
  private final Clock clock;

  NarReceiver(Castore castore, UploadedNars nars, JdbcTransaction transaction, UploadProperties properties,
      Clock clock) {
    this.castore = castore;
    this.nars = nars;
    this.transaction = transaction;
    this.properties = properties;
    this.decompressors = new Decompressors(decoderMemory(properties.decoderMemory()), PATIENCE_FOR_MEMORY);
    this.clock = clock;
  }

  private static int decoderMemory(DataSize configured) {
    long bytes = configured.toBytes() > 0 ? configured.toBytes() : Runtime.getRuntime().maxMemory() / 3;
    return (int) Math.min(bytes / 1024, Integer.MAX_VALUE);
  }

  /**
   * Takes one NAR in.
   *
   * @throws UploadException why it was not; it then left no trace
   */
  public UploadedNar receive(NarFileName name, UploadBody body) throws IOException {
    try {
      BufferedInputStream file = new BufferedInputStream(body, BUFFER);
      return receive(name, compression(name, file), file, body);
    } catch (IOException | InvalidCastore e) {
      if (body.failure() != null) {
        throw new BrokenOff("'" + name + "' ended early: " + body.failure().getMessage());
      }
      if (e instanceof InvalidNar || e instanceof InvalidCompression || e instanceof InvalidCastore) {
        throw new Mismatch("'" + name + "': " + e.getMessage());
      }
      throw e;
    }
  }

  private static Compression compression(NarFileName name, BufferedInputStream file) throws IOException {
    if (name.suffix().isEmpty()) {
      return Compression.sniff(file).orElseThrow(
          () -> new UnknownCompression("'" + name + "' begins neither as a NAR nor as gzip, lzma or compress"));
    }
    return Compression.ofSuffix(name.suffix()).orElseThrow(
        () -> new UnknownCompression("'" + name + "' has a suffix that none of xz, zst, bz2, br, lz4 and lzip is"));
  }

  private UploadedNar receive(NarFileName name, Compression compression, InputStream file, UploadBody body)
      throws IOException {
    MessageDigest digest = HashAlgorithm.SHA256.newDigest();
    boolean plain = compression == Compression.NONE;
    InputStream hashed = plain ? file : new DigestInputStream(file, digest);
    try (Ingest ingest = castore.ingest(); InputStream decoded = decompressors.open(compression, hashed)) {
      HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
      new NarReader().read(new BoundedNar(decoded, body, properties), new NarSink(nar, ingest));
      NixHash narHash = nar.hash();
      // there is one way only to write a tree as a NAR: an uncompressed file has the NAR's hash
      NixHash fileHash = plain ? narHash : NixHash.finish(HashAlgorithm.SHA256, digest);
      if (!fileHash.equals(name.fileHash())) {
        throw new Mismatch("'" + name + "' has the SHA-256 '" + fileHash.base32() + "'");
      }
      // only now is anything kept; what is small, by one wait for the disk
      ingest.settle();
      return transaction.commit(() -> {
        IngestedTree tree = new IngestedTree(ingest.sync(), narHash, nar.count());
        UploadedNar uploaded = new UploadedNar(name, compression, body.count(), tree, clock.instant());
        nars.keep(uploaded);
        return uploaded;
      });
    }
  }
}
