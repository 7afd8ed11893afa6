package dev.kiln.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;

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
   * Unpacks the programs below {@code directory}, once: the directory is named by the hash of the archive and appears
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

  private static String archiveId() throws IOException {
    try (InputStream archive = archive()) {
      var sha256 = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = archive.read(buffer); n >= 0; n = archive.read(buffer))
        sha256.update(buffer, 0, n);
      return HexFormat.of().formatHex(sha256.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static InputStream archive() {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    @Nullable
    InputStream archive = isSupported() ? PostgresBinaries.class.getResourceAsStream(ARCHIVE) : null;
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
