package dev.kiln.build.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.FixedOutputs;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.PathComponent;
import dev.kiln.castore.TreeSink;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;

/** Passes a tree on that is one plain file, refuses any other, and takes the hash of its bytes on the way. */
final class FlatFile implements TreeSink {

  private final StorePath path;
  private final TreeSink next;
  private final HashAlgorithm algorithm;
  private final MessageDigest digest;

  FlatFile(StorePath path, HashAlgorithm algorithm, TreeSink next) {
    this.path = path;
    this.next = next;
    this.algorithm = algorithm;
    this.digest = algorithm.newDigest();
  }

  /** To be asked once, at the end. */
  NixHash hash() {
    return NixHash.finish(algorithm, digest);
  }

  @Override
  public void enterDirectory(@Nullable PathComponent name) {
    throw FixedOutputs.notAPlainFile(path);
  }

  @Override
  public void leaveDirectory() {
    throw FixedOutputs.notAPlainFile(path);
  }

  @Override
  public void file(@Nullable PathComponent name, boolean executable, long size, InputStream content)
      throws IOException {
    if (executable) {
      throw FixedOutputs.notAPlainFile(path);
    }
    next.file(name, false, size, new DigestInputStream(content, digest));
  }

  @Override
  public void symlink(@Nullable PathComponent name, ByteString target) {
    throw FixedOutputs.notAPlainFile(path);
  }
}
