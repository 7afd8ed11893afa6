package dev.kiln.register;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.stereotype.Service;

import dev.kiln.datadir.DataDirectory;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.Derivations;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.register.RegisterException.UnknownInputs;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Makes derivations known, after it has verified that each is what its name and its outputs' paths say. */
@Service
public class DerivationRegistrar {

  private final Derivations derivations;
  private final PathInfos pathInfos;
  private final RegisterProperties limits;
  private final DataDirectory directory;

  DerivationRegistrar(Derivations derivations, PathInfos pathInfos, RegisterProperties limits,
      DataDirectory directory) {
    this.derivations = derivations;
    this.pathInfos = pathInfos;
    this.limits = limits;
    this.directory = directory;
  }

  /**
   * Registers derivations, given in any order: all, or none.
   *
   * @throws RegisterException why none was registered
   */
  public Registration register(Collection<DerivationFile> files) {
    return register(GivenDerivations.of(files));
  }

  /**
   * Registers the derivations of a tar, which are there in any order: all, or none. No database connection is held while it comes, and little of
   * it is in memory at once.
   *
   * @throws RegisterException why none was registered
   */
  public Registration registerTar(InputStream tar) throws IOException {
    try (DerivationSpool spool = DerivationSpool.open(directory.path(), limits)) {
      DerivationTar.read(tar, spool, limits);
      return register(spool);
    }
  }

  /**
   * Registers a derivation that came as a path, with all that it refers to before it: whether that is here is not asked again.
   *
   * @throws RegisterException why it was not registered
   */
  public void registerPushed(DerivationFile file) {
    register(GivenDerivations.of(List.of(file)), Set.of(file.path()));
  }

  private int register(GivenDerivations given, Set<StorePath> fresh) {
    return derivations.register(new Verification(given, fresh, hashesOfOthers(given, fresh)));
  }

  private Registration register(GivenDerivations given) {
    Set<StorePathHash> known = derivations.known(given.paths().stream().map(StorePath::hash).toList());
    Set<StorePath> fresh = new HashSet<>(given.paths());
    fresh.removeIf(path -> known.contains(path.hash()));
    int registered = register(given, fresh);
    return new Registration(registered, given.paths().size() - registered, missing(given.sources()));
  }

  private Map<StorePathHash, DerivationHash> hashesOfOthers(GivenDerivations given, Set<StorePath> fresh) {
    SortedSet<StorePath> others = new TreeSet<>();
    fresh.forEach(path -> others.addAll(given.inputs(path)));
    others.removeAll(fresh);
    Map<StorePathHash, DerivationHash> hashes = derivations.hashes(others.stream().map(StorePath::hash).toList());
    others.removeIf(path -> hashes.containsKey(path.hash()));
    if (!others.isEmpty()) {
      throw new UnknownInputs(others);
    }
    return hashes;
  }

  private SortedSet<StorePath> missing(SortedSet<StorePath> sources) {
    SortedSet<StorePath> missing = new TreeSet<>(sources);
    List<StorePathHash> hashes = missing.stream().map(StorePath::hash).toList();
    Set<StorePathHash> here = new HashSet<>(pathInfos.present(hashes));
    here.addAll(derivations.known(hashes));
    missing.removeIf(path -> here.contains(path.hash()));
    return missing;
  }
}
