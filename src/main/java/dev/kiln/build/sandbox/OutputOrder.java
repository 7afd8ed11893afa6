package dev.kiln.build.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;

import dev.kiln.build.BuildException;
import dev.kiln.storepath.StorePath;

/** An order of a derivation's outputs in which each comes after those that it refers to (Nix: topo-sort.hh): depth first, by name. */
final class OutputOrder {

  private final ScratchPaths scratch;
  private final SortedMap<String, SortedSet<StorePath>> references;

  private OutputOrder(ScratchPaths scratch, SortedMap<String, SortedSet<StorePath>> references) {
    this.scratch = scratch;
    this.references = references;
  }

  /**
   * Orders outputs by what they refer to.
   *
   * @param references of each output, by its name, to where the builder left them
   * @throws BuildException.OutputRejected two of them refer to each other, directly or not
   */
  static List<String> of(StorePath derivation, ScratchPaths scratch,
      SortedMap<String, SortedSet<StorePath>> references) {
    return new OutputOrder(scratch, references).of(derivation);
  }

  private List<String> of(StorePath derivation) {
    List<String> order = new ArrayList<>();
    Set<String> visited = new HashSet<>();
    for (String first : references.keySet()) {
      Deque<String> way = new ArrayDeque<>();
      Deque<Iterator<String>> rest = new ArrayDeque<>();
      if (visited.add(first)) {
        way.push(first);
        rest.push(referencedBy(first));
      }
      while (!way.isEmpty()) {
        if (!rest.element().hasNext()) {
          order.add(way.pop());
          rest.pop();
          continue;
        }
        String next = rest.element().next();
        if (way.contains(next)) {
          throw new BuildException.OutputRejected("cycle detected in build of '" + derivation
              + "' in the references of output '" + next + "' from output '" + way.element() + "'");
        }
        if (visited.add(next)) {
          way.push(next);
          rest.push(referencedBy(next));
        }
      }
    }
    return order;
  }

  private Iterator<String> referencedBy(String output) {
    SortedSet<StorePath> paths = references.getOrDefault(output, Collections.emptySortedSet());
    return scratch.paths().entrySet().stream()
        .filter(other -> !other.getKey().equals(output) && paths.contains(other.getValue()))
        .map(Map.Entry::getKey).iterator();
  }
}
