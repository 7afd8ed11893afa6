package dev.kiln.castore.fs;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PackIndex.PackedBlob;
import dev.kiln.hash.Blake3;
import dev.kiln.posix.DirectoryFd;
import dev.kiln.posix.Errno;
import dev.kiln.posix.FileFd;
import dev.kiln.posix.PosixException;

/** The files of packs: {@code packs/<id in hexadecimal>}. They are never changed. Those that were read last are kept open. */
final class Packs implements Closeable {

  private static final int MAX_OPEN = 64;
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{16}");

  private final Path path;
  private final DirectoryFd directory;
  /** Least recently used first. Guarded by itself. */
  private final Map<Long, FileFd> open = new LinkedHashMap<>(16, 0.75f, true);

  /** @param path is made if it is not there */
  Packs(Path path) throws IOException {
    this.path = Files.createDirectories(path);
    this.directory = DirectoryFd.open(path);
  }

  static String name(long id) {
    return HexFormat.of().toHexDigits(id);
  }

  /** Makes a finished pack durable and gives it its name. */
  void keep(long id, Path finished) throws IOException {
    Durability.force(finished);
    Files.move(finished, path.resolve(name(id)), StandardCopyOption.ATOMIC_MOVE);
    directory.sync();
  }

  /** Gives a pack its name before it is durable: see {@link #force}. */
  void write(long id, Path temporary, ByteString content) throws IOException {
    try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer rest = content.asByteBuffer(); rest.hasRemaining();) {
        file.write(rest);
      }
    }
    Files.move(temporary, path.resolve(name(id)), StandardCopyOption.ATOMIC_MOVE);
  }

  /** @throws IOException if one of the packs is not here, or not durable */
  void force(Collection<Long> ids) throws IOException {
    Durability.force(ids.stream().map(id -> path.resolve(name(id))).toList());
    directory.sync();
  }

  /** @return whether a pack's file is {@code content} to the byte */
  boolean holds(long id, ByteString content) throws IOException {
    Path file = path.resolve(name(id));
    return Files.exists(file) && Files.size(file) == content.length()
        && ByteString.owning(Files.readAllBytes(file)).equals(content);
  }

  /**
   * Reads a whole pack, of which nobody knows how it came here, and makes it durable.
   *
   * @return its table
   * @throws IOException if a blob in it is not what the table calls it
   */
  List<PackedBlob> adopt(long id) throws IOException {
    List<PackedBlob> blobs = table(id);
    for (PackedBlob blob : blobs) {
      byte[] content = new byte[blob.place().length()];
      read(id, blob.place().start(), ByteBuffer.wrap(content), content.length);
      if (!Blake3.of(content).equals(blob.digest())) {
        throw new IOException("pack " + name(id) + " is damaged: blob " + blob.digest() + " is another");
      }
    }
    force(List.of(id));
    return blobs;
  }

  /** @return all packs that are here, in no order */
  List<Long> ids() throws IOException {
    List<Long> ids = new ArrayList<>();
    for (DirectoryFd.Entry entry : directory.list()) {
      String name = entry.name().toString();
      if (NAME.matcher(name).matches()) {
        ids.add(HexFormat.fromHexDigitsToLong(name));
      }
    }
    return ids;
  }

  boolean contains(long id) {
    try {
      file(id);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** @throws IOException if the pack is not here, or damaged */
  List<PackedBlob> table(long id) throws IOException {
    return whileOpen(id, file -> PackTable.read(file, id));
  }

  /**
   * Reads a part of a pack into what remains of {@code target}.
   *
   * @param length how much there has to be; more is read as far as {@code target} and the pack go
   * @return how much was read
   * @throws IOException if the pack is not here, or too short
   */
  int read(long id, long start, ByteBuffer target, int length) throws IOException {
    int begin = target.position();
    return whileOpen(id, file -> {
      while (target.position() - begin < length) {
        if (file.read(target, start + target.position() - begin) < 0) {
          throw new EOFException("pack " + name(id) + " ends within a blob");
        }
      }
      return target.position() - begin;
    });
  }

  @FunctionalInterface
  private interface Use<T> {
    T apply(FileFd file) throws IOException;
  }

  private <T> T whileOpen(long id, Use<T> use) throws IOException {
    while (true) {
      try {
        return use.apply(file(id));
      } catch (ClosedChannelException _) {
        // it had to make room for another in the middle: open it again
      }
    }
  }

  private FileFd file(long id) throws IOException {
    synchronized (open) {
      FileFd known = open.get(id);
      if (known != null) {
        return known;
      }
    }
    FileFd opened = directory.openFile(ByteString.utf8(name(id)));
    FileFd lost = null;
    synchronized (open) {
      FileFd other = open.putIfAbsent(id, opened);
      if (other != null) {
        lost = opened;
        opened = other;
      } else if (open.size() > MAX_OPEN) {
        Iterator<FileFd> eldest = open.values().iterator();
        lost = eldest.next();
        eldest.remove();
      }
    }
    if (lost != null) {
      lost.close();
    }
    return opened;
  }

  /** @return whether this says that a pack is not here */
  static boolean isAbsence(IOException e) {
    return e instanceof PosixException failure && failure.is(Errno.ENOENT);
  }

  @Override
  public void close() throws IOException {
    synchronized (open) {
      for (FileFd file : open.values()) {
        file.close();
      }
      open.clear();
    }
    directory.close();
  }
}
