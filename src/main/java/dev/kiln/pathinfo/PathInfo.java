package dev.kiln.pathinfo;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

import dev.kiln.castore.Node;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/**
 * What Kiln knows of a path that it has (Nix: path-info.hh).
 *
 * @param root of the path's tree in castore
 * @param narHash SHA-256 of the path's NAR
 * @param narSize of the path's NAR, in bytes
 * @param references the paths that its content names, itself included where it does
 * @param deriver the derivation that made it, where one did
 * @param ca where its content alone names it
 * @param registrationTime to the second, as Nix keeps it
 */
public record PathInfo(StorePath path, Node root, NixHash narHash, long narSize, SortedSet<StorePath> references,
    Optional<StorePath> deriver, Optional<ContentAddress> ca, List<Signature> signatures, Instant registrationTime) {

  public PathInfo {
    references = Collections.unmodifiableSortedSet(new TreeSet<>(references));
    signatures = List.copyOf(signatures);
  }
}
