package dev.kiln.pathinfo;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** The paths that are here. A path that is found can be read to its last byte, and so can all that it refers to. */
public interface PathInfos {

  int MAX_SIGNATURES = 256;

  Optional<PathInfo> find(StorePathHash path);

  /** @return one of the paths that have this NAR: any number can */
  Optional<PathInfo> findByNarHash(NixHash narHash);

  /** @return one of the paths without references that have this content: any number can */
  Optional<PathInfo> findByContentAddress(ContentAddress.Fixed address);

  /** @return which of {@code paths} are here */
  Set<StorePathHash> present(Collection<StorePathHash> paths);

  /** @return those of {@code paths} that are here and all that they refer to, directly or not, in no particular order */
  List<PathInfo> closure(Collection<StorePathHash> paths);

  /** @return the paths that refer to {@code path}, itself included where it does */
  SortedSet<StorePath> referrers(StorePathHash path);

  /**
   * Promises paths, all or none, after their content is durable. Who comes first wins: a path that is here already stays
   * as it is.
   *
   * @return those that were not here before
   * @throws MissingReferenceException if a path refers to one that is neither here nor among {@code paths}
   */
  Set<StorePathHash> register(Collection<PathInfo> paths);

  /**
   * Adds to a path's signatures those that it has not, after the others; a path keeps at most {@link #MAX_SIGNATURES}. A path
   * that is not here stays so.
   */
  void addSignatures(StorePathHash path, Collection<Signature> signatures);
}
