package dev.kiln.binarycache;

import dev.kiln.compression.Compression;

/** The forms in which narinfos may offer NARs. */
public enum NarForm {
  NONE(Compression.NONE), ZSTD(Compression.ZSTD), XZ(Compression.XZ);

  private final Compression compression;

  NarForm(Compression compression) {
    this.compression = compression;
  }

  public Compression compression() {
    return compression;
  }
}
