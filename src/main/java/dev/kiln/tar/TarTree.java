package dev.kiln.tar;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.tar.TarEntry.DirectoryEntry;
import dev.kiln.tar.TarEntry.FileEntry;
import dev.kiln.tar.TarEntry.HardLinkEntry;
import dev.kiln.tar.TarEntry.SymlinkEntry;

/**
 * Takes a tar in as one file tree, whose root is the archive's top. Entries may come in any order, and directories need not be stated.
 * Contents go to the blobs as they come; names, targets and digests wait in memory for the tar's end, within limits. A hard link is the
 * same node as what it links to, which came before it and is no directory.
 */
public final class TarTree {

  public static final int DEFAULT_MAX_ENTRIES = 250_000;

  private static final int DEFAULT_MAX_BYTES = 16 << 20;

  private final int maxEntries;
  private final int maxBytes;

  public TarTree() {
    this(DEFAULT_MAX_ENTRIES);
  }

  /** @param maxEntries files, links and directories, those included that are not stated */
  public TarTree(int maxEntries) {
    this(maxEntries, DEFAULT_MAX_BYTES);
  }

  /** @param maxBytes in all names (each counts where it is made, not in every path) and link targets */
  TarTree(int maxEntries, int maxBytes) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /**
   * Reads {@code tar} to its end. An error leaves nothing behind.
   *
   * @return the root; all below it is durable
   * @throws InvalidTar if it is no tar, or no file tree: a name that is absolute, empty, has "..", or is there twice; an entry below
   *     something else than a directory; a hard link to nothing
   * @throws TooManyEntries beyond the limits
   */
  public Node ingest(Castore castore, InputStream tar) throws IOException {
    try (Ingest ingest = castore.ingest()) {
      GrowingTree tree = new GrowingTree(maxEntries, maxBytes);
      TarReader reader = new TarReader(tar);
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        TarEntry entry = next.get();
        try {
          add(entry, reader.content(), tree, ingest);
        } catch (InvalidCastore e) {
          throw new InvalidTar(entry.offset(), entry.name(), e);
        }
      }
      tree.sendTo(ingest);
      return ingest.sync();
    }
  }

  /** A place is found before content is read, so that what is refused is refused early. */
  private static void add(TarEntry entry, InputStream content, GrowingTree tree, Ingest ingest) throws IOException {
    switch (entry) {
      case DirectoryEntry directory -> tree.directory(TarPath.parse(directory.name(), true));
      case FileEntry file -> {
        GrowingTree.Place place = tree.place(TarPath.parse(file.name(), false));
        Blob blob = ingest.put(content);
        place.fill(new FileNode(blob.digest(), blob.size(), file.executable()));
      }
      case SymlinkEntry link -> {
        SymlinkNode node = new SymlinkNode(link.target());
        tree.countBytes(node.target().length());
        tree.place(TarPath.parse(link.name(), false)).fill(node);
      }
      case HardLinkEntry link -> {
        GrowingTree.Place place = tree.place(TarPath.parse(link.name(), false));
        place.fill(linked(link.target(), tree));
      }
    }
  }

  private static Node linked(ByteString target, GrowingTree tree) {
    String quoted = "a hard link to '" + InvalidTar.quote(target) + "', ";
    TarPath path;
    try {
      path = TarPath.parse(target, false);
    } catch (InvalidCastore e) {
      throw new InvalidCastore(quoted + "which is no name: " + e.getMessage());
    }
    return tree.find(path).orElseThrow(() -> new InvalidCastore(quoted + "but there was no such file before it"));
  }
}
