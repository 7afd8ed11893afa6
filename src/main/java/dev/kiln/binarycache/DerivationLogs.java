package dev.kiln.binarycache;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.NoLog;
import dev.kiln.build.Build;
import dev.kiln.build.BuildLogs;
import dev.kiln.build.Builds;
import dev.kiln.build.Builds.Filter;
import dev.kiln.build.StoredLog;
import dev.kiln.castore.Blobs.Blob;
import dev.kiln.castore.Castore;
import dev.kiln.derivation.Derivations;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.storepath.StorePath;

/** What builders printed, found by derivation or output, as {@code nix log} asks for it. */
@Service
public class DerivationLogs {

  /** How many builds of one derivation are looked at: those that never ran have no log. */
  private static final int BUILDS = 100;

  private final PathInfos pathInfos;
  private final Derivations derivations;
  private final Builds builds;
  private final BuildLogs logs;
  private final UploadedLogs uploadedLogs;
  private final Castore castore;

  DerivationLogs(PathInfos pathInfos, Derivations derivations, Builds builds, BuildLogs logs,
      UploadedLogs uploadedLogs, Castore castore) {
    this.pathInfos = pathInfos;
    this.derivations = derivations;
    this.builds = builds;
    this.logs = logs;
    this.uploadedLogs = uploadedLogs;
    this.castore = castore;
  }

  /**
   * Opens the log of the newest build here that has one, maybe still growing; else the one that a client sent. The caller closes
   * it.
   *
   * @param path a derivation, or an output: then its deriver's log
   * @throws NoLog there is none
   */
  public StoredLog open(StorePath path) throws IOException {
    Optional<StorePath> derivation = path.isDerivation() ? Optional.of(path) : deriver(path);
    if (derivation.isPresent()) {
      for (Build build : builds.list(new Filter(derivation, Optional.empty()), 0, BUILDS)) {
        Optional<StoredLog> log = logs.open(build.id());
        if (log.isPresent()) {
          return log.get();
        }
      }
      Optional<Blob> uploaded = uploadedLogs.find(derivation.get().hash());
      if (uploaded.isPresent()) {
        return StoredLog.of(castore.blobs().open(uploaded.get().digest()), 1);
      }
    }
    throw new NoLog(path);
  }

  private Optional<StorePath> deriver(StorePath output) {
    Optional<StorePath> deriver = pathInfos.find(output.hash()).flatMap(PathInfo::deriver);
    List<StorePath> producers = deriver.isPresent() ? List.of() : derivations.producersOf(output);
    return producers.isEmpty() ? deriver : Optional.of(producers.getFirst());
  }
}
