package dev.kiln.derivation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.storepath.StorePath;

/**
 * A derivation's input derivations, with hashes for paths. Inputs of the same hash become one, which wants the outputs of all.
 *
 * @param wanted sorted by hash
 * @param deferred whether a floating output is among them, or was among what they need
 */
record HashedInputs(List<Wanted> wanted, boolean deferred) {

  /**
   * What is wanted of an input.
   *
   * @param hash that stands for it: a SHA-256
   */
  record Wanted(ByteString hash, SortedSet<String> outputs) {}

  HashedInputs { wanted = List.copyOf(wanted); }

  /** @throws InvalidDerivation if an input derivation is unknown or has no such output */
  static HashedInputs of(Derivation derivation, InputHashes hashes) {
    List<Wanted> wanted = new ArrayList<>(derivation.inputDerivations().size());
    boolean deferred = false;
    for (var input : derivation.inputDerivations().entrySet()) {
      DerivationHash known = find(hashes, input.getKey(), input.getValue());
      deferred |= known.deferred();
      // an input of which no output is wanted is left out, as Nix does
      if (!input.getValue().isEmpty()) {
        wanted.add(new Wanted(known.hash().value(), input.getValue()));
      }
    }
    wanted.sort(Comparator.comparing(Wanted::hash));
    return new HashedInputs(merged(wanted), deferred);
  }

  private static DerivationHash find(InputHashes hashes, StorePath input, SortedSet<String> outputs) {
    @Nullable
    DerivationHash known = hashes.find(input);
    if (known == null) {
      throw new InvalidDerivation("input derivation '" + input + "' is not known");
    }
    for (String output : outputs) {
      if (!known.outputs().contains(output)) {
        throw new InvalidDerivation("input derivation '" + input + "' has no output '" + output + "'");
      }
    }
    return known;
  }

  private static List<Wanted> merged(List<Wanted> sorted) {
    List<Wanted> merged = new ArrayList<>(sorted.size());
    for (Wanted each : sorted) {
      if (!merged.isEmpty() && merged.getLast().hash().equals(each.hash())) {
        SortedSet<String> both = new TreeSet<>(merged.removeLast().outputs());
        both.addAll(each.outputs());
        merged.add(new Wanted(each.hash(), both));
      } else {
        merged.add(each);
      }
    }
    return merged;
  }

  /** Writes what stands between the brackets of a derivation's inputs. */
  void write(ATermBuffer out) {
    boolean first = true;
    for (Wanted each : wanted) {
      if (!first) {
        out.append(',');
      }
      first = false;
      out.append('(').base16(each.hash()).append(',').names(each.outputs()).append(')');
    }
  }
}
