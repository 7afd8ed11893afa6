package dev.kiln.castore;

import java.util.List;

import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/** What is met on the way down a path. Depths count the names that were followed before. */
public sealed interface Descent {

  /** The whole path was followed. A link at its end is not. */
  record Found(Node node) implements Descent {}

  /** The directory at {@code depth} has no entry of the next name. */
  record Missing(int depth) implements Descent {}

  /** More names follow, but at {@code depth} stands a file. */
  record NotADirectory(int depth, FileNode file) implements Descent {}

  /** @param rest the names after the link, at least one */
  record Link(int depth, SymlinkNode link, List<PathComponent> rest) implements Descent {}
}
