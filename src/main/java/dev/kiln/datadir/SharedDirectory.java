package dev.kiln.datadir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The directory {@code kiln.shared-dir}, which all Kilns on one database have in common: blobs, packs, logs and the signing key.
 * Its file {@code shared-id} says which database it belongs with.
 */
public final class SharedDirectory {

  static final String ID_FILE = "shared-id";

  private final Path path;

  private SharedDirectory(Path path) {
    this.path = path;
  }

  /**
   * Makes {@code directory} where it is missing, and requires that it is the one that {@code owner} knows.
   *
   * @throws DataDirectoryException it cannot be used, or the database's content is in another one
   */
  static SharedDirectory open(Path directory, ContentOwner owner) {
    Path path;
    String id;
    try {
      path = Files.createDirectories(directory.toAbsolutePath().normalize()).toRealPath();
      Path file = path.resolve(ID_FILE);
      if (!Files.exists(file) && owner.known().isEmpty()) {
        PublishedFile.create(file, UUID.randomUUID() + "\n");
      }
      id = Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8).strip() : "missing";
    } catch (IOException e) {
      throw new DataDirectoryException("The shared directory " + directory + " cannot be used: " + e,
          "Make it a directory that the user '" + System.getProperty("user.name")
              + "' may write, or set kiln.shared-dir to one that is.",
          e);
    }
    String known = owner.claim(id);
    if (!known.equals(id)) {
      throw new DataDirectoryException(
          "The content of this database is not in the shared directory " + path + ": its file " + ID_FILE + " is " + id
              + ", and the database knows " + known,
          "All Kilns on one database need one kiln.shared-dir, on a file system that all of them see. Set it to the directory whose "
              + ID_FILE + " is " + known + ", or use another database.",
          null);
    }
    return new SharedDirectory(path);
  }

  /** @return the directory itself: absolute, without symbolic links */
  public Path path() {
    return path;
  }

  /** @return the path of {@code name} below the directory; nothing is created */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
