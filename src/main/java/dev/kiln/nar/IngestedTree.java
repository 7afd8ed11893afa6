package dev.kiln.nar;

import java.io.IOException;
import java.io.OutputStream;

import dev.kiln.castore.Castore;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.Node;
import dev.kiln.castore.TreeSink;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;

/**
 * A tree that was taken into castore and is durable there.
 *
 * @param narHash SHA-256 of its NAR
 * @param narSize of its NAR, in bytes
 */
public record IngestedTree(Node root, NixHash narHash, long narSize) {

  /** Where a tree comes from. */
  public interface Source {
    void sendTo(TreeSink sink) throws IOException;
  }

  /** Takes a tree in, reading it once. An error leaves nothing behind. */
  public static IngestedTree of(Castore castore, Source source) throws IOException {
    try (Ingest ingest = castore.ingest()) {
      HashingOutputStream nar = new HashingOutputStream(OutputStream.nullOutputStream(), HashAlgorithm.SHA256);
      source.sendTo(new NarSink(nar, ingest));
      return new IngestedTree(ingest.sync(), nar.hash(), nar.count());
    }
  }
}
