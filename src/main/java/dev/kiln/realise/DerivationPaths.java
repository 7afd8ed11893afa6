package dev.kiln.realise;

import java.io.IOException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import org.springframework.stereotype.Component;

import dev.kiln.castore.Castore;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.Derivations;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Makes known derivations readable as the store paths that they are. They are not from the start: few are ever read, and their
 * sources may come after them.
 */
@Component
class DerivationPaths {

  private final Derivations derivations;
  private final PathInfos pathInfos;
  private final Castore castore;
  private final Clock clock;

  DerivationPaths(Derivations derivations, PathInfos pathInfos, Castore castore, Clock clock) {
    this.derivations = derivations;
    this.pathInfos = pathInfos;
    this.castore = castore;
    this.clock = clock;
  }

  /**
   * Registers a known derivation's file, and those of all derivations that it needs.
   *
   * @throws MissingSources a source that one of them needs is not here
   */
  PathInfo materialise(StorePath derivation) throws IOException {
    Optional<PathInfo> info = pathInfos.find(derivation.hash());
    if (info.isPresent()) {
      return info.get();
    }
    List<StorePath> closure = derivations.closure(derivation.hash());
    Set<StorePathHash> present = pathInfos.present(closure.stream().map(StorePath::hash).toList());
    List<PathInfo> infos = new ArrayList<>();
    for (StorePath path : closure) {
      if (!present.contains(path.hash())) {
        infos.add(ingest(derivations.find(path.hash()).orElseThrow().file()));
      }
    }
    try {
      pathInfos.register(infos);
    } catch (MissingReferenceException e) {
      throw new MissingSources(derivation, e.missing());
    }
    return pathInfos.find(derivation.hash()).orElseThrow();
  }

  private PathInfo ingest(DerivationFile file) throws IOException {
    IngestedTree tree = IngestedTree.of(castore,
        sink -> sink.file(null, false, file.aterm().length(), file.aterm().newInput()));
    return new PathInfo(file.path(), tree.root(), tree.narHash(), tree.narSize(), file.derivation().references(),
        Optional.empty(), Optional.of(new ContentAddress.Text(NixHash.sha256Of(file.aterm()))), List.of(),
        clock.instant().truncatedTo(ChronoUnit.SECONDS));
  }
}
