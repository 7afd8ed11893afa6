package dev.kiln.check;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/**
 * Where two trees differ. Of two directories it is their entries that do.
 *
 * @param path below the roots, names with '/' between them; empty for the roots themselves
 * @param stored empty if it is only in the tree that was built again
 * @param rebuilt empty if it is only in the tree that is stored
 */
public record Difference(ByteString path, Optional<Node> stored, Optional<Node> rebuilt) {

  /** What is not the same. */
  public enum Change {
    /** It is only in the tree that was built again. */
    ADDED,
    /** It is only in the tree that is stored. */
    REMOVED,
    /** The one is a directory, the other a file, or a symbolic link. */
    TYPE,
    /** Of a file. */
    CONTENT,
    /** Whether a file may be executed. */
    EXECUTABLE,
    /** Of a symbolic link. */
    TARGET
  }

  /** @return none only if both are the same */
  public Set<Change> changes() {
    Set<Change> changes = EnumSet.noneOf(Change.class);
    if (stored.isEmpty() || rebuilt.isEmpty()) {
      changes.add(stored.isEmpty() ? Change.ADDED : Change.REMOVED);
      return changes;
    }
    Node was = stored.get();
    Node is = rebuilt.get();
    if (was instanceof FileNode file && is instanceof FileNode again) {
      if (!file.digest().equals(again.digest())) {
        changes.add(Change.CONTENT);
      }
      if (file.executable() != again.executable()) {
        changes.add(Change.EXECUTABLE);
      }
    } else if (was instanceof SymlinkNode && is instanceof SymlinkNode && !was.equals(is)) {
      changes.add(Change.TARGET);
    } else if (was.getClass() != is.getClass()) {
      changes.add(Change.TYPE);
    }
    return changes;
  }
}
