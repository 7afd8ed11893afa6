package dev.kiln.binarycache.jpa;

import java.util.Objects;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.compression.Compression;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;

/** A row's meaning, both ways. */
final class UploadedNarMapping {

  private UploadedNarMapping() {}

  static UploadedNar toUploadedNar(UploadedNarRow row) {
    return new UploadedNar(NarFileName.parse(row.fileName), Compression.named(row.compression).orElseThrow(),
        row.fileSize, new IngestedTree(root(row), NixHash.sha256(row.narSha256), row.narSize), row.uploadedAt);
  }

  private static Node root(UploadedNarRow row) {
    return switch (row.rootType) {
      case "directory" -> new DirectoryNode(digest(row), Objects.requireNonNull(row.rootSize));
      case "file" -> new FileNode(digest(row), Objects.requireNonNull(row.rootSize), row.rootExecutable);
      case "symlink" -> new SymlinkNode(ByteString.copyOf(Objects.requireNonNull(row.rootTarget)));
      default -> throw new IllegalStateException("root_type '" + row.rootType + "'");
    };
  }

  private static Blake3Digest digest(UploadedNarRow row) {
    return Blake3Digest.of(Objects.requireNonNull(row.rootDigest));
  }

  static UploadedNarRow toRow(UploadedNar nar) {
    UploadedNarRow row = new UploadedNarRow();
    row.fileName = nar.name().toString();
    row.compression = nar.compression().nixName();
    row.fileSize = nar.fileSize();
    switch (nar.tree().root()) {
      case DirectoryNode(Blake3Digest digest, long size) -> {
        row.rootType = "directory";
        row.rootDigest = digest.toByteArray();
        row.rootSize = size;
      }
      case FileNode(Blake3Digest digest, long size, boolean executable) -> {
        row.rootType = "file";
        row.rootDigest = digest.toByteArray();
        row.rootSize = size;
        row.rootExecutable = executable;
      }
      case SymlinkNode(ByteString target) -> {
        row.rootType = "symlink";
        row.rootTarget = target.toByteArray();
      }
    }
    row.narSha256 = nar.tree().narHash().value().toByteArray();
    row.narSize = nar.tree().narSize();
    row.uploadedAt = nar.uploadedAt();
    return row;
  }
}
