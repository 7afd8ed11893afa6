package dev.kiln.binarycache;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;

import org.springframework.stereotype.Component;

import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.HashingOutputStream;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;
import dev.kiln.nar.NarWriter;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.ContentAddress.Text;
import dev.kiln.storepath.SelfReferenceHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePaths;

/** Holds a path that says its content names it to its word: the hash is the content's, and the path is the hash's. */
@Component
class ContentAddressCheck {

  private final Castore castore;

  ContentAddressCheck(Castore castore) {
    this.castore = castore;
  }

  /** @throws Mismatch if it is not so */
  void verify(NarInfo info, ContentAddress address, IngestedTree tree) throws IOException {
    StorePath path = info.path();
    NixHash actual = switch (address) {
      case Text(NixHash hash) -> ofFile(info, tree, hash.algorithm());
      case Fixed(IngestionMethod method, NixHash hash) when method == IngestionMethod.FLAT ->
        ofFile(info, tree, hash.algorithm());
      case Fixed(IngestionMethod _, NixHash hash) -> ofNar(info, tree, hash.algorithm());
    };
    if (!actual.equals(address.hash())) {
      throw new Mismatch("'" + path + "' has the content address '" + address.render() + "', but its content has '"
          + actual.prefixedBase32() + "'");
    }
    if (!StorePaths.isAddressOf(address, path, info.references())) {
      throw new Mismatch("'" + path + "' is not the path of the content address '" + address.render()
          + "' with these references");
    }
  }

  private NixHash ofFile(NarInfo info, IngestedTree tree, HashAlgorithm algorithm) throws IOException {
    if (!(tree.root() instanceof FileNode file) || file.executable()) {
      throw new Mismatch("'" + info.path() + "' is addressed as a plain file, which it is not");
    }
    try (InputStream content = Channels.newInputStream(castore.blobs().open(file.digest()))) {
      if (info.references().contains(info.path())) {
        SelfReferenceHash hash = new SelfReferenceHash(algorithm, info.path().hash());
        content.transferTo(hash);
        return hash.hash();
      }
      HashingOutputStream hash = new HashingOutputStream(OutputStream.nullOutputStream(), algorithm);
      content.transferTo(hash);
      return hash.hash();
    }
  }

  private NixHash ofNar(NarInfo info, IngestedTree tree, HashAlgorithm algorithm) throws IOException {
    if (info.references().contains(info.path())) {
      SelfReferenceHash hash = new SelfReferenceHash(algorithm, info.path().hash());
      new NarWriter(castore).write(tree.root(), hash);
      return hash.hash();
    }
    if (algorithm == HashAlgorithm.SHA256) {
      return tree.narHash();
    }
    HashingOutputStream hash = new HashingOutputStream(OutputStream.nullOutputStream(), algorithm);
    new NarWriter(castore).write(tree.root(), hash);
    return hash.hash();
  }
}
