package dev.kiln.binarycache;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.IncompleteNar;
import dev.kiln.binarycache.BinaryCacheException.NotWritten;
import dev.kiln.binarycache.BinaryCacheException.UnknownHash;
import dev.kiln.binarycache.BinaryCacheException.UnknownNar;
import dev.kiln.castore.MissingBlobException;
import dev.kiln.castore.MissingDirectoryException;
import dev.kiln.compression.Compression;
import dev.kiln.compression.Compressors;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.PreparedNar;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.pathinfo.Signature;
import dev.kiln.realise.Realisation.Here;
import dev.kiln.realise.RealiseException.MissingSources;
import dev.kiln.realise.Realiser;
import dev.kiln.storepath.StorePathHash;

/**
 * What is here, as a binary cache tells it. Builds nothing. Whatever a narinfo refers to has a narinfo too: {@link PathInfos}
 * promises it.
 */
@Service
public class BinaryCache {

  private static final Logger log = LoggerFactory.getLogger(BinaryCache.class);

  private final PathInfos pathInfos;
  private final Derivations derivations;
  private final Realiser realiser;
  private final PreparedNars nars;
  private final UploadedNars uploads;
  private final Signer signer;
  private final NarForm compression;

  BinaryCache(PathInfos pathInfos, Derivations derivations, Realiser realiser, PreparedNars nars,
      UploadedNars uploads, Signer signer,
      BinaryCacheProperties properties) {
    this.pathInfos = pathInfos;
    this.derivations = derivations;
    this.realiser = realiser;
    this.nars = nars;
    this.uploads = uploads;
    this.signer = signer;
    this.compression = properties.compression();
  }

  /**
   * Finds a path that is here, or a known derivation, which is as good as here.
   *
   * @throws UnknownHash it is neither
   */
  public PathInfo find(StorePathHash hash) throws IOException {
    Optional<PathInfo> info = pathInfos.find(hash);
    return info.isPresent() ? info.get() : derivation(hash).orElseThrow(() -> new UnknownHash(hash));
  }

  private Optional<PathInfo> derivation(StorePathHash hash) throws IOException {
    Optional<KnownDerivation> known = derivations.find(hash);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    try {
      return realiser.realise(known.get().path()) instanceof Here(PathInfo info) ? Optional.of(info) : Optional.empty();
    } catch (MissingSources _) {
      // without its references a path must not be served
      return Optional.empty();
    }
  }

  /** @return with Kiln's signature among the others, and the NAR in the form that is configured */
  public NarInfo describe(PathInfo info) {
    String url = "nar/" + info.narHash().base32() + ".nar" + compression.compression().suffix();
    List<Signature> signatures = new ArrayList<>(info.signatures());
    Signature own = signer.sign(info);
    if (!signatures.contains(own)) {
      signatures.add(own);
    }
    signatures.sort(Comparator.comparing(Signature::toString));
    NarFile file = compression == NarForm.NONE
        ? NarFile.plain(url, info.narHash(), info.narSize())
        : NarFile.streamed(url, compression.compression().nixName());
    return NarInfo.of(info, file, signatures);
  }

  /**
   * A path and its NAR.
   *
   * @param nar every byte of it was here a moment ago
   */
  public record FoundNar(PathInfo path, PreparedNar nar) {}

  /**
   * Finds a path by its NAR, and makes sure that every byte of the NAR can be read.
   *
   * @throws UnknownNar no path has it
   * @throws IncompleteNar a part of it is lost
   */
  public FoundNar findNar(NixHash narHash) throws IOException {
    PathInfo info = pathInfos.findByNarHash(narHash).orElseThrow(() -> new UnknownNar(narHash));
    try {
      return new FoundNar(info, nars.prepare(info));
    } catch (MissingBlobException | MissingDirectoryException e) {
      log.error("{} cannot be served", info.path(), e);
      throw new IncompleteNar(info.path(), e);
    }
  }

  /**
   * A NAR as a client sent it.
   *
   * @param found what was made of it, or another path with the same NAR
   */
  public record SentNar(FoundNar found, Compression compression) {}

  /**
   * Finds a NAR by the name that its client gave it.
   *
   * @throws UnknownNar it was not sent, or no path was made of it
   * @throws NotWritten nothing here compresses it like its client
   * @throws IncompleteNar a part of it is lost
   */
  public SentNar findSent(NarFileName name) throws IOException {
    UploadedNar sent = uploads.find(name).orElseThrow(() -> new UnknownNar(name));
    if (!Compressors.canWrite(sent.compression())) {
      throw new NotWritten(name, sent.compression());
    }
    return new SentNar(findNar(sent.tree().narHash()), sent.compression());
  }
}
