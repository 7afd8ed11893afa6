package dev.kiln.binarycache.jpa;

import dev.kiln.binarycache.NarFileName;
import dev.kiln.binarycache.UploadedNar;
import dev.kiln.castore.jpa.NodeColumns;
import dev.kiln.compression.Compression;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.IngestedTree;

/** A row's meaning, both ways. */
final class UploadedNarMapping {

  private UploadedNarMapping() {}

  static UploadedNar toUploadedNar(UploadedNarRow row) {
    return new UploadedNar(NarFileName.parse(row.fileName), Compression.named(row.compression).orElseThrow(),
        row.fileSize, new IngestedTree(row.root.node(), NixHash.sha256(row.narSha256), row.narSize), row.uploadedAt);
  }

  static UploadedNarRow toRow(UploadedNar nar) {
    UploadedNarRow row = new UploadedNarRow();
    row.fileName = nar.name().toString();
    row.compression = nar.compression().nixName();
    row.fileSize = nar.fileSize();
    row.root = NodeColumns.of(nar.tree().root());
    row.narSha256 = nar.tree().narHash().value().toByteArray();
    row.narSize = nar.tree().narSize();
    row.uploadedAt = nar.uploadedAt();
    return row;
  }
}
