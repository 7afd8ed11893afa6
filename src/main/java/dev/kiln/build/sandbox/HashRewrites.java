package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.storepath.StorePath;

/**
 * Hashes that are put in place of others, wherever their digits stand: each everywhere, before the next (Nix: util.cc,
 * rewriteStrings).
 */
record HashRewrites(List<Rewrite> rewrites) {

  /** @param from and to are digits, as many */
  record Rewrite(ByteString from, ByteString to) {

    static Rewrite of(StorePath from, StorePath to) {
      return new Rewrite(ByteString.utf8(from.hash().toString()), ByteString.utf8(to.hash().toString()));
    }
  }

  HashRewrites { rewrites = List.copyOf(rewrites); }

  /** @param paths by those in whose place they are put; in the order of these */
  static HashRewrites of(SortedMap<StorePath, StorePath> paths) {
    return new HashRewrites(paths.entrySet().stream().map(path -> Rewrite.of(path.getKey(), path.getValue())).toList());
  }

  /** @return these, and after them {@code to} in place of {@code from} */
  HashRewrites and(StorePath from, StorePath to) {
    List<Rewrite> all = new ArrayList<>(rewrites);
    all.add(Rewrite.of(from, to));
    return new HashRewrites(all);
  }

  ByteString in(ByteString text) {
    ByteString rewritten = text;
    for (Rewrite rewrite : rewrites) {
      rewritten = rewritten.replace(rewrite.from(), rewrite.to());
    }
    return rewritten;
  }

  /** Passes a tree on with its contents and link targets rewritten; its names are as they come. */
  TreeSink before(TreeSink next) {
    return new Sink(next);
  }

  private final class Sink implements TreeSink {

    private final TreeSink next;

    Sink(TreeSink next) {
      this.next = next;
    }

    @Override
    public void enterDirectory(@Nullable PathComponent name) throws IOException {
      next.enterDirectory(name);
    }

    @Override
    public void leaveDirectory() throws IOException {
      next.leaveDirectory();
    }

    @Override
    public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
        throws IOException {
      InputStream rewritten = content;
      for (Rewrite rewrite : rewrites) {
        rewritten = new RewritingInputStream(rewritten, rewrite.from(), rewrite.to());
      }
      next.file(name, executable, size, rewritten);
    }

    @Override
    public void symlink(@Nullable PathComponent name, ByteString target) throws IOException {
      next.symlink(name, in(target));
    }
  }
}
