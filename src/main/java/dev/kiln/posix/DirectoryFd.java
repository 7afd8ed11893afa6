package dev.kiln.posix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.kiln.bytes.ByteString;

/**
 * An open directory. Names are those of its direct entries, any bytes but '/' and NUL; no call follows a symbolic link that
 * has such a name.
 */
public final class DirectoryFd extends Fd {

  private static final int OPEN = Libc.O_RDONLY | Machine.THIS.directory();
  private static final ByteString SELF = ByteString.utf8(".");
  private static final ByteString PARENT = ByteString.utf8("..");
  private static final int LISTING_BUFFER = 32 * 1024;
  private static final Charset PATH_CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding"));

  private DirectoryFd(int number) {
    super(number);
  }

  /**
   * A direct entry.
   *
   * @param type UNKNOWN on file systems that keep no types in directories
   */
  public record Entry(ByteString name, FileType type) {}

  /** Opens a directory by its path; symbolic links in it are followed. */
  public static DirectoryFd open(Path path) throws IOException {
    return new DirectoryFd(Libc.openat(Libc.AT_FDCWD, bytes(path), OPEN, 0));
  }

  /** The bytes that Java itself would pass to the kernel. */
  private static ByteString bytes(Path path) {
    return ByteString.owning(path.toAbsolutePath().toString().getBytes(PATH_CHARSET));
  }

  /** @throws PosixException ENOTDIR or ELOOP, if it is not a directory */
  public DirectoryFd openDirectory(ByteString name) throws IOException {
    return with(fd -> new DirectoryFd(Libc.openat(fd, single(name), OPEN | Machine.THIS.noFollow(), 0)));
  }

  /** @return another descriptor of this directory */
  public DirectoryFd reopen() throws IOException {
    return with(fd -> new DirectoryFd(Libc.openat(fd, SELF, OPEN, 0)));
  }

  /** The directory that this one lies in now: verify what it is, if anybody may have moved this one. */
  public DirectoryFd openParent() throws IOException {
    return with(fd -> new DirectoryFd(Libc.openat(fd, PARENT, OPEN, 0)));
  }

  /** Opens for reading. A fifo or a terminal neither blocks this nor becomes the controlling terminal. */
  public FileFd openFile(ByteString name) throws IOException {
    return openFile(name, Libc.O_RDONLY | Libc.O_NONBLOCK, 0);
  }

  /**
   * Makes a file for reading and writing.
   *
   * @throws PosixException EEXIST, if the name is taken, also by a link
   */
  public FileFd createFile(ByteString name, int permissions) throws IOException {
    return openFile(name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, permissions);
  }

  private FileFd openFile(ByteString name, int flags, int permissions) throws IOException {
    return with(fd -> new FileFd(Libc.openat(fd, single(name), flags | Libc.O_NOCTTY | Machine.THIS.noFollow(),
        permissions)));
  }

  /** What an entry is, a symbolic link being itself. */
  public FileStatus status(ByteString name) throws IOException {
    return with(fd -> Libc.statx(fd, single(name)));
  }

  /** @return all entries but "." and "..", in no order */
  public List<Entry> list() throws IOException {
    return list(Integer.MAX_VALUE);
  }

  /** @return at most {@code limit} entries, in no order */
  public synchronized List<Entry> list(int limit) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LISTING_BUFFER, Long.BYTES);
      with(fd -> {
        Libc.rewind(fd);
        for (int length = -1; length != 0 && entries.size() < limit;) {
          length = Libc.getdents64(fd, buffer);
          addEntries(buffer.asSlice(0, length), entries);
        }
        return this;
      });
    }
    return entries.size() <= limit ? entries : entries.subList(0, limit);
  }

  /** Reads struct linux_dirent64: ino 8, off 8, reclen 2, type 1, then the name with its NUL. */
  private static void addEntries(MemorySegment records, List<Entry> entries) {
    for (long at = 0; at < records.byteSize();) {
      long name = at + 19;
      long end = name;
      while (records.get(ValueLayout.JAVA_BYTE, end) != 0) {
        end++;
      }
      ByteString bytes = Libc.bytes(records, name, end - name);
      if (!bytes.equals(SELF) && !bytes.equals(PARENT)) {
        entries.add(new Entry(bytes, FileType.ofCode(records.get(ValueLayout.JAVA_BYTE, at + 18))));
      }
      at += Short.toUnsignedInt(records.get(ValueLayout.JAVA_SHORT, at + 16));
    }
  }

  /** @return the target of a symbolic link, as it stands */
  public ByteString readLink(ByteString name) throws IOException {
    return with(fd -> Libc.readlinkat(fd, single(name)));
  }

  /** @param permissions less the process' umask */
  public void makeDirectory(ByteString name, int permissions) throws IOException {
    with(fd -> {
      Libc.mkdirat(fd, single(name), permissions);
      return this;
    });
  }

  public void makeSymlink(ByteString name, ByteString target) throws IOException {
    with(fd -> {
      Libc.symlinkat(target, fd, single(name));
      return this;
    });
  }

  /** Gives the file {@code name} of {@code from} another name, here. */
  public void link(DirectoryFd from, ByteString name, ByteString newName) throws IOException {
    with(fd -> from.with(source -> {
      Libc.linkat(source, single(name), fd, single(newName));
      return this;
    }));
  }

  /** Gives the file at {@code from} another name, here; symbolic links on the way to it are followed, itself it is none. */
  public void link(Path from, ByteString newName) throws IOException {
    with(fd -> {
      Libc.linkat(Libc.AT_FDCWD, bytes(from), fd, single(newName));
      return this;
    });
  }

  /** Removes an entry that is not a directory. */
  public void unlink(ByteString name) throws IOException {
    with(fd -> {
      Libc.unlinkat(fd, single(name), 0);
      return this;
    });
  }

  /** Removes an empty directory. */
  public void removeDirectory(ByteString name) throws IOException {
    with(fd -> {
      Libc.unlinkat(fd, single(name), Libc.AT_REMOVEDIR);
      return this;
    });
  }

  /** Moves an entry of this to {@code to}, atomically; a file, or an empty directory, of that name is replaced. */
  public void rename(ByteString name, DirectoryFd to, ByteString newName) throws IOException {
    with(fd -> to.with(target -> {
      Libc.renameat(fd, single(name), target, single(newName));
      return this;
    }));
  }

  /** @throws PosixException EOPNOTSUPP for a symbolic link, which has no permissions */
  public void chmod(ByteString name, int permissions) throws IOException {
    with(fd -> {
      Libc.fchmodat(fd, single(name), permissions);
      return this;
    });
  }

  /** Sets the times of access and modification of an entry, in whole seconds since the epoch. */
  public void setTimes(ByteString name, long seconds) throws IOException {
    with(fd -> {
      Libc.utimensat(fd, single(name), seconds);
      return this;
    });
  }

  /** A path with a slash could lead through a link, and out. */
  private static ByteString single(ByteString name) {
    if (name.isEmpty() || name.contains('/') || name.equals(SELF) || name.equals(PARENT)) {
      throw new IllegalArgumentException("'" + name + "' is not the name of an entry");
    }
    return name;
  }
}
