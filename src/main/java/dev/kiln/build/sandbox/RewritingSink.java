package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;

/**
 * Passes a tree on with other texts in place of some: in contents, entry names and link targets. Names may lose their order by
 * it, which whoever receives them refuses, as Nix does. Each text is replaced everywhere before the next, in their order (Nix:
 * util.cc, rewriteStrings).
 */
final class RewritingSink implements TreeSink {

  private final TreeSink next;
  private final SortedMap<ByteString, ByteString> rewrites;

  /** @param rewrites each is as long as what it stands for */
  RewritingSink(TreeSink next, SortedMap<ByteString, ByteString> rewrites) {
    this.next = next;
    this.rewrites = Collections.unmodifiableSortedMap(new TreeMap<>(rewrites));
  }

  @Override
  public void enterDirectory(@Nullable PathComponent name) throws IOException {
    next.enterDirectory(rewritten(name));
  }

  @Override
  public void leaveDirectory() throws IOException {
    next.leaveDirectory();
  }

  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    InputStream rewritten = content;
    for (Map.Entry<ByteString, ByteString> rewrite : rewrites.entrySet()) {
      rewritten = new RewritingInputStream(rewritten, rewrite.getKey(), rewrite.getValue());
    }
    next.file(rewritten(name), executable, size, rewritten);
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) throws IOException {
    next.symlink(rewritten(name), rewritten(target));
  }

  private @Nullable PathComponent rewritten(@Nullable PathComponent name) {
    return name == null ? null : new PathComponent(rewritten(name.bytes()));
  }

  private ByteString rewritten(ByteString text) {
    ByteString rewritten = text;
    for (Map.Entry<ByteString, ByteString> rewrite : rewrites.entrySet()) {
      rewritten = rewritten.replace(rewrite.getKey(), rewrite.getValue());
    }
    return rewritten;
  }
}
