package dev.kiln.castore;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import dev.kiln.hash.Blake3Digest;

/** Directories that live as long as the test does. */
public final class InMemoryDirectories implements Directories {

  private final Map<Blake3Digest, Directory> directories = new ConcurrentHashMap<>();

  @Override
  public Optional<Directory> find(Blake3Digest digest) {
    return Optional.ofNullable(directories.get(digest));
  }

  @Override
  public void putAll(Collection<Directory> directories) {
    directories.forEach(directory -> this.directories.putIfAbsent(directory.digest(), directory));
  }

  public int count() {
    return directories.size();
  }
}
