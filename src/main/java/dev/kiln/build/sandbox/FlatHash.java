package dev.kiln.build.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

/** Passes a tree on that is one regular file, and takes the hash of its bytes on the way. */
final class FlatHash implements TreeSink {

  private final TreeSink next;
  private final HashAlgorithm algorithm;
  private final MessageDigest digest;

  FlatHash(TreeSink next, HashAlgorithm algorithm) {
    this.next = next;
    this.algorithm = algorithm;
    this.digest = algorithm.newDigest();
  }

  /** To be asked once, at the end. */
  NixHash hash() {
    return NixHash.finish(algorithm, digest);
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
    next.file(name, executable, size, new DigestInputStream(content, digest));
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) throws IOException {
    next.symlink(name, target);
  }
}
