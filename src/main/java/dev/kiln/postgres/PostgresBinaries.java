package dev.kiln.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of PostgreSQL, unpacked from Kiln's own jar.
 *
 * @param home holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path home) {

  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
  private static final String PREFIX = "server-";
  private static final String UNFINISHED = "unfinished-";

  Path program(String name) {
    return home.resolve("bin").resolve(name);
  }

  /**
   * Unpacks the programs below {@code directory}, once: the directory is named by the archive's checksum and appears
   * by a rename, so that one that is there is whole. What other versions or an interrupted start left is removed.
   */
  static PostgresBinaries unpack(Path directory) {
    try {
      Path home = directory.resolve(PREFIX + archiveId());
      if (!Files.isDirectory(home)) {
        Path unfinished = Files.createTempDirectory(directory, UNFINISHED + PREFIX);
        extractTo(unfinished);
        Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
        Directories.force(directory);
      }
      removeOthers(directory, home);
      return new PostgresBinaries(home);
    } catch (IOException e) {
      throw new PostgresException("PostgreSQL cannot be unpacked into " + directory + ": " + e,
          "Make room (about 100 MB) and the directory writable, " + PostgresException.USE_ANOTHER, e);
    }
  }

  private static void removeOthers(Path directory, Path home) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        boolean ours = name.startsWith(PREFIX) || name.startsWith(UNFINISHED);
        if (ours && !entry.equals(home))
          Directories.delete(entry);
      }
    }
  }

  /**
   * Of an archive in a jar, its size and the checksum that the jar has of it: tens of megabytes are not to be read again at each start,
   * just to see that they are what was unpacked before.
   */
  private static String archiveId() throws IOException {
    URLConnection connection = archiveUrl().openConnection();
    if (connection instanceof JarURLConnection jar && jar.getJarEntry().getCrc() >= 0) {
      return "%08x-%x".formatted(jar.getJarEntry().getCrc(), jar.getJarEntry().getSize());
    }
    try (var archive = new CheckedInputStream(connection.getInputStream(), new CRC32())) {
      long size = archive.transferTo(OutputStream.nullOutputStream());
      return "%08x-%x".formatted(archive.getChecksum().getValue(), size);
    }
  }

  private static InputStream archive() throws IOException {
    return archiveUrl().openStream();
  }

  private static URL archiveUrl() {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    @Nullable
    URL archive = isSupported() ? PostgresBinaries.class.getResource(ARCHIVE) : null;
    if (archive == null)
      throw new PostgresException("Kiln brings no PostgreSQL for " + system,
          "Set spring.datasource.url, spring.datasource.username and spring.datasource.password to use one of your own.");
    return archive;
  }

  private static boolean isSupported() {
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return System.getProperty("os.name").equals("Linux") && (arch.equals("amd64") || arch.equals("x86_64"));
  }

  private static void extractTo(Path target) throws IOException {
    try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(archive())))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target))
          throw new IOException("'" + entry.getName() + "' leads out of the archive");
        Files.createDirectories(path.resolveSibling(""));
        if (entry.isDirectory())
          Files.createDirectories(path);
        else if (entry.isSymbolicLink())
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        else if (isNeeded(entry.getName()))
          extractFile(tar, path, entry);
      }
    }
    Directories.forceAll(target);
  }

  private static boolean isNeeded(String name) {
    // The rest of the archive is for those who compile or embed C against PostgreSQL.
    return !name.endsWith(".a") && !name.endsWith(".pc");
  }

  private static void extractFile(InputStream content, Path path, TarArchiveEntry entry) throws IOException {
    String mode = (entry.getMode() & 0100) == 0 ? "rw-------" : "rwx------";
    var permissions = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
    Files.createFile(path, permissions);
    try (var file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      content.transferTo(Channels.newOutputStream(file));
      // Before the rename, because a crash must not leave a finished name over empty programs.
      file.force(true);
    }
  }
}
