package dev.kiln.pathinfo.jpa;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** A row's meaning. */
final class PathInfoMapping {

  private PathInfoMapping() {}

  static PathInfo toPathInfo(PathInfoRow row) {
    SortedSet<StorePath> references = new TreeSet<>();
    row.references.forEach(reference -> references.add(path(reference)));
    return new PathInfo(path(row), root(row), NixHash.sha256(row.narSha256), row.narSize, references,
        Optional.ofNullable(row.deriver).map(StorePath::parseBaseName),
        Optional.ofNullable(row.ca).map(ContentAddress::parse),
        Arrays.stream(row.signatures).map(Signature::parse).toList(), row.registeredAt);
  }

  static StorePath path(PathInfoRow row) {
    return new StorePath(StorePathHash.of(row.hash), new StorePathName(row.name));
  }

  private static Node root(PathInfoRow row) {
    return switch (row.rootType) {
      case "directory" -> new DirectoryNode(digest(row), Objects.requireNonNull(row.rootSize));
      case "file" -> new FileNode(digest(row), Objects.requireNonNull(row.rootSize), row.rootExecutable);
      case "symlink" -> new SymlinkNode(ByteString.copyOf(Objects.requireNonNull(row.rootTarget)));
      default -> throw new IllegalStateException("root_type '" + row.rootType + "'");
    };
  }

  private static Blake3Digest digest(PathInfoRow row) {
    return Blake3Digest.of(Objects.requireNonNull(row.rootDigest));
  }
}
