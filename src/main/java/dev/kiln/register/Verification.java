package dev.kiln.register;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.InvalidDerivation;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.VerifiedDerivations;
import dev.kiln.hash.NixHash;
import dev.kiln.register.RegisterException.InvalidContent;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Verifies derivations, inputs before those that need them, without recursion: chains can be longer than any stack. */
final class Verification implements VerifiedDerivations {

  private record Verified(DerivationHash hash, NixHash outputHash) {}

  private final GivenDerivations given;
  private final Map<StorePathHash, DerivationHash> others;
  private final SortedSet<StorePath> paths;
  private final Map<StorePath, Verified> verified = new HashMap<>();

  /**
   * Verifies them.
   *
   * @param fresh which of {@code given}
   * @param others what stands for all that these need beside each other
   * @throws InvalidContent one of them is not what it says of itself, or they need each other in a circle
   */
  Verification(GivenDerivations given, Set<StorePath> fresh, Map<StorePathHash, DerivationHash> others) {
    this.given = given;
    this.others = others;
    this.paths = Collections.unmodifiableSortedSet(new TreeSet<>(fresh));
    Map<StorePath, List<StorePath>> dependents = new HashMap<>();
    Map<StorePath, Integer> waitsFor = new HashMap<>();
    Deque<StorePath> ready = new ArrayDeque<>();
    for (StorePath path : fresh) {
      int inputs = 0;
      for (StorePath input : given.inputs(path)) {
        if (fresh.contains(input)) {
          dependents.computeIfAbsent(input, _ -> new ArrayList<>()).add(path);
          inputs++;
        }
      }
      if (inputs == 0) {
        ready.add(path);
      } else {
        waitsFor.put(path, inputs);
      }
    }
    while (!ready.isEmpty()) {
      StorePath path = ready.pop();
      KnownDerivation known = verify(path);
      verified.put(path, new Verified(known.hash(), known.outputHash()));
      for (StorePath dependent : dependents.getOrDefault(path, List.of())) {
        if (waitsFor.merge(dependent, -1, Integer::sum) == 0) {
          ready.add(dependent);
        }
      }
    }
    if (verified.size() < fresh.size()) {
      throw new InvalidContent("the derivations need each other in a circle");
    }
  }

  private KnownDerivation verify(StorePath path) {
    try {
      return KnownDerivation.verified(given.read(path), this::hash);
    } catch (InvalidDerivation e) {
      throw new InvalidContent(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable DerivationHash hash(StorePath input) {
    Verified before = verified.get(input);
    return before == null ? others.get(input.hash()) : before.hash();
  }

  @Override
  public SortedSet<StorePath> paths() {
    return paths;
  }

  @Override
  public KnownDerivation read(StorePath path) {
    Verified hashes = Objects.requireNonNull(verified.get(path));
    return new KnownDerivation(given.read(path), hashes.hash(), hashes.outputHash());
  }
}
