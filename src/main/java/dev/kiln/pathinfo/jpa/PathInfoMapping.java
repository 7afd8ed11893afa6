package dev.kiln.pathinfo.jpa;

import java.util.Arrays;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

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
    return new PathInfo(path(row), row.root.node(), NixHash.sha256(row.narSha256), row.narSize, references,
        Optional.ofNullable(row.deriver).map(StorePath::parseBaseName),
        Optional.ofNullable(row.ca).map(ContentAddress::parse),
        Arrays.stream(row.signatures).map(Signature::parse).toList(), row.registeredAt);
  }

  static StorePath path(PathInfoRow row) {
    return new StorePath(StorePathHash.of(row.hash), new StorePathName(row.name));
  }
}
