package dev.kiln.build.builtins;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

import dev.kiln.build.Bounded;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Directory;
import dev.kiln.castore.Ingest;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.PathComponent;
import dev.kiln.compression.Compression;
import dev.kiln.compression.Decompressors;
import dev.kiln.compression.InvalidCompression;
import dev.kiln.derivation.Derivation;
import dev.kiln.tar.InvalidTar;
import dev.kiln.tar.TarTree;
import dev.kiln.tar.TooManyEntries;

/** {@code builtin:unpack-channel}: the one entry of a tar, compressed or not, by another name. */
final class UnpackChannel extends TreeBuiltin {

  private static final int BUFFER = 1 << 16;
  private static final int MAX_ENTRIES = 1_000_000;

  private static final int MAGIC = 6;
  private static final Map<Compression, ByteString> MAGICS = Map.of(Compression.BZIP2, ByteString.utf8("BZh"),
      Compression.XZ, magic(0xfd, '7', 'z', 'X', 'Z', 0), Compression.ZSTD, magic(0x28, 0xb5, 0x2f, 0xfd));

  private final Decompressors decompressors;
  private final long maxUnpacked;

  /** @param maxUnpacked in bytes */
  UnpackChannel(Castore castore, InstantSource clock, Decompressors decompressors, long maxUnpacked) {
    super(castore, clock);
    this.decompressors = decompressors;
    this.maxUnpacked = maxUnpacked;
  }

  @Override
  public String name() {
    return "unpack-channel";
  }

  @Override
  Node make(Derivation derivation, InputTrees inputs, OutputStream log) throws IOException {
    ByteString channel = attribute(derivation, "channelName");
    ByteString src = attribute(derivation, "src");
    InputTrees.Found tarball = inputs.find(src).orElseThrow(
        () -> new BuiltinFailed("opening file '" + src + "': No such file or directory"));
    if (!(tarball.node() instanceof FileNode file)) {
      throw new BuiltinFailed("reading from file '" + src + "': Is a directory");
    }
    try {
      PathComponent name = new PathComponent(channel);
      List<Directory.Entry> entries = castore().directory(unpack(file)).entries();
      if (entries.size() != 1) {
        throw new BuiltinFailed("channel tarball '" + src + "' contains more than one file");
      }
      try (Ingest ingest = castore().ingest()) {
        ingest.enterDirectory(null);
        ingest.node(name, entries.getFirst().node());
        ingest.leaveDirectory();
        return ingest.sync();
      }
    } catch (InvalidTar | InvalidCompression | TooManyEntries e) {
      throw new BuiltinFailed("failed to extract archive '" + src + "': " + e.getMessage());
    } catch (InvalidCastore e) {
      throw new BuiltinFailed("renaming channel directory: " + e.getMessage());
    }
  }

  /** The content tells how it is compressed, as to libarchive, and not its name. */
  private DirectoryNode unpack(FileNode file) throws IOException {
    try (BufferedInputStream packed = new BufferedInputStream(
        Channels.newInputStream(castore().blobs().open(file.digest())), BUFFER);
        InputStream tar = decompressors.open(compression(packed), packed)) {
      return (DirectoryNode) new TarTree(MAX_ENTRIES).ingest(castore(), new Bounded(tar, maxUnpacked));
    }
  }

  private static ByteString magic(int... bytes) {
    byte[] magic = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      magic[i] = (byte) bytes[i];
    }
    return ByteString.owning(magic);
  }

  private static Compression compression(BufferedInputStream packed) throws IOException {
    packed.mark(MAGIC);
    ByteString first = ByteString.owning(packed.readNBytes(MAGIC));
    packed.reset();
    for (Map.Entry<Compression, ByteString> magic : MAGICS.entrySet()) {
      if (first.startsWith(magic.getValue())) {
        return magic.getKey();
      }
    }
    return Compression.sniff(packed).orElse(Compression.NONE);
  }
}
