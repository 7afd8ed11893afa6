package dev.kiln.build.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import dev.kiln.castore.Checkouts;
import dev.kiln.castore.Checkouts.Checkout;
import dev.kiln.castore.Node;
import dev.kiln.pathinfo.PathInfo;

/** The inputs of one build, on disk until this is closed. */
final class Inputs implements Closeable {

  private final Checkouts checkouts;
  private final List<Checkout> acquired = new ArrayList<>();

  Inputs(Checkouts checkouts) {
    this.checkouts = checkouts;
  }

  void show(Collection<PathInfo> paths, MountTable mounts) throws IOException {
    for (PathInfo path : paths) {
      switch (path.root()) {
        case Node.SymlinkNode link -> mounts.link(path.path(), link);
        case Node.DirectoryNode _,Node.FileNode _ -> {
          Checkout checkout = checkouts.acquire(path.root());
          acquired.add(checkout);
          mounts.input(path.path(), path.root(), checkout);
        }
      }
    }
  }

  @Override
  public void close() {
    acquired.forEach(Checkout::close);
  }
}
