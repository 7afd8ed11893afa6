package dev.kiln.check;

import java.util.List;

import dev.kiln.storepath.StorePath;

/**
 * What became of one output when it was built again.
 *
 * @param output its name
 * @param stored its path
 * @param rebuilt the same path, but of a floating output, which its content names, and of what refers to one
 * @param differences some or all of them; none if the content is the same
 * @param truncated whether there are more
 */
public record OutputComparison(String output, StorePath stored, StorePath rebuilt, List<Difference> differences,
    boolean truncated) {

  public OutputComparison { differences = List.copyOf(differences); }

  public boolean identical() {
    return stored.equals(rebuilt) && differences.isEmpty() && !truncated;
  }
}
