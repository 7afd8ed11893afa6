package dev.kiln.binarycache;

import java.util.Optional;

import dev.kiln.castore.Blobs.Blob;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/** Logs of builds that ran elsewhere, by derivation. */
public interface UploadedLogs {

  /** @return the text's blob */
  Optional<Blob> find(StorePathHash derivation);

  /** Keeps a log whose blob is durable, in place of an earlier one. */
  void keep(StorePath derivation, Blob log);
}
