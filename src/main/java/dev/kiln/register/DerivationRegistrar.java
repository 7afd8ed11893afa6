package dev.kiln.register;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.stereotype.Service;

import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.InvalidDerivation;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.register.RegisterException.UnknownInputs;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Makes derivations known, after it has verified that each is what its name and its outputs' paths say. */
@Service
public class DerivationRegistrar {

  private final Derivations derivations;
  private final PathInfos pathInfos;

  DerivationRegistrar(Derivations derivations, PathInfos pathInfos) {
    this.derivations = derivations;
    this.pathInfos = pathInfos;
  }

  /**
   * Registers derivations, given in any order: all, or none.
   *
   * @throws RegisterException why none was registered
   */
  public Registration register(Collection<DerivationFile> files) {
    Map<StorePath, DerivationFile> given = new HashMap<>();
    files.forEach(file -> given.put(file.path(), file));
    Set<StorePathHash> known = derivations.known(given.keySet().stream().map(StorePath::hash).toList());
    Map<StorePath, DerivationFile> fresh = new HashMap<>(given);
    fresh.keySet().removeIf(path -> known.contains(path.hash()));
    int registered = derivations.register(verified(fresh));
    return new Registration(registered, given.size() - registered, missingSources(given.values()));
  }

  /** Inputs before those that need them, without recursion: chains can be longer than any stack. */
  private List<KnownDerivation> verified(Map<StorePath, DerivationFile> fresh) {
    Map<StorePathHash, DerivationHash> hashes = new HashMap<>(hashesOfOthers(fresh));
    Map<StorePath, List<DerivationFile>> dependents = new HashMap<>();
    Map<StorePath, Integer> waitsFor = new HashMap<>();
    Deque<DerivationFile> ready = new ArrayDeque<>();
    for (DerivationFile file : fresh.values()) {
      int inputs = 0;
      for (StorePath input : file.derivation().inputDerivations().keySet()) {
        if (fresh.containsKey(input)) {
          dependents.computeIfAbsent(input, _ -> new ArrayList<>()).add(file);
          inputs++;
        }
      }
      if (inputs == 0) {
        ready.add(file);
      } else {
        waitsFor.put(file.path(), inputs);
      }
    }
    List<KnownDerivation> verified = new ArrayList<>(fresh.size());
    while (!ready.isEmpty()) {
      DerivationFile file = ready.pop();
      KnownDerivation known = verify(file, hashes);
      hashes.put(file.path().hash(), known.hash());
      verified.add(known);
      for (DerivationFile dependent : dependents.getOrDefault(file.path(), List.of())) {
        if (waitsFor.merge(dependent.path(), -1, Integer::sum) == 0) {
          ready.add(dependent);
        }
      }
    }
    if (verified.size() < fresh.size()) {
      throw new InvalidContent("the derivations need each other in a circle");
    }
    return verified;
  }

  private Map<StorePathHash, DerivationHash> hashesOfOthers(Map<StorePath, DerivationFile> fresh) {
    SortedSet<StorePath> others = new TreeSet<>();
    fresh.values().forEach(file -> others.addAll(file.derivation().inputDerivations().keySet()));
    others.removeAll(fresh.keySet());
    Map<StorePathHash, DerivationHash> hashes = derivations.hashes(others.stream().map(StorePath::hash).toList());
    others.removeIf(path -> hashes.containsKey(path.hash()));
    if (!others.isEmpty()) {
      throw new UnknownInputs(others);
    }
    return hashes;
  }

  private static KnownDerivation verify(DerivationFile file, Map<StorePathHash, DerivationHash> hashes) {
    try {
      return KnownDerivation.verified(file, input -> hashes.get(input.hash()));
    } catch (InvalidDerivation e) {
      throw new InvalidContent(String.valueOf(e.getMessage()));
    }
  }

  private SortedSet<StorePath> missingSources(Collection<DerivationFile> files) {
    SortedSet<StorePath> missing = new TreeSet<>();
    files.forEach(file -> missing.addAll(file.derivation().inputSources()));
    List<StorePathHash> hashes = missing.stream().map(StorePath::hash).toList();
    Set<StorePathHash> here = new HashSet<>(pathInfos.present(hashes));
    here.addAll(derivations.known(hashes));
    missing.removeIf(path -> here.contains(path.hash()));
    return missing;
  }
}
