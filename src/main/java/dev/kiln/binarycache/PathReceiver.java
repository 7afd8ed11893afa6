package dev.kiln.binarycache;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.stereotype.Service;

import dev.kiln.binarycache.UploadException.Conflict;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.MissingReferences;
import dev.kiln.castore.Castore;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.compression.Compression;
import dev.kiln.nar.IngestedTree;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.register.DerivationRegistrar;
import dev.kiln.register.DerivationUpload;
import dev.kiln.register.RegisterException;
import dev.kiln.register.RegisterProperties;
import dev.kiln.storepath.ContentAddress.Fixed;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;

/**
 * Makes paths of NARs that came before, when a narinfo says what they are. Where a path's content names it, that is verified;
 * of any other the client's word is taken: who may give it is not decided here.
 */
@Service
public class PathReceiver {

  private final UploadedNars nars;
  private final PathInfos pathInfos;
  private final NarInfoTexts narInfos;
  private final ContentAddressCheck contentAddresses;
  private final DerivationRegistrar registrar;
  private final RegisterProperties limits;
  private final Castore castore;
  private final Clock clock;

  PathReceiver(UploadedNars nars, PathInfos pathInfos, NarInfoTexts narInfos, ContentAddressCheck contentAddresses,
      DerivationRegistrar registrar, RegisterProperties limits, Castore castore, Clock clock) {
    this.nars = nars;
    this.pathInfos = pathInfos;
    this.narInfos = narInfos;
    this.contentAddresses = contentAddresses;
    this.registrar = registrar;
    this.limits = limits;
    this.castore = castore;
    this.clock = clock;
  }

  /**
   * Makes a path visible. One that is here already keeps its content and gains the signatures that are new.
   *
   * @param hash that the narinfo's own name has
   * @return whether the path is new
   * @throws UploadException why not
   */
  public boolean receive(StorePathHash hash, NarInfo info) throws IOException {
    if (!info.path().hash().equals(hash)) {
      throw new Mismatch("'" + hash + ".narinfo' is not that of '" + info.path() + "'");
    }
    if (isHere(info)) {
      return false;
    }
    IngestedTree tree = content(info);
    if (info.ca().isPresent()) {
      contentAddresses.verify(info, info.ca().get(), tree);
    }
    if (info.path().isDerivation() && !(info.ca().orElse(null) instanceof Fixed)) {
      // a derivation that is refused is not registered either: of any other path, registering tells what is missing
      requireReferences(info);
      registerDerivation(info, tree);
    }
    if (register(info, tree)) {
      narInfos.forget(hash);
      return true;
    }
    // of several that came at once, another has won
    return !isHere(info);
  }

  private boolean register(NarInfo info, IngestedTree tree) {
    try {
      return !pathInfos.register(List.of(new PathInfo(info.path(), tree.root(), tree.narHash(), tree.narSize(),
          info.references(), info.deriver(), info.ca(), info.signatures(),
          clock.instant().truncatedTo(ChronoUnit.SECONDS)))).isEmpty();
    } catch (MissingReferenceException e) {
      throw new MissingReferences(info.path(), e.missing());
    }
  }

  private boolean isHere(NarInfo info) {
    Optional<PathInfo> here = pathInfos.find(info.path().hash());
    if (here.isEmpty()) {
      return false;
    }
    if (!here.get().path().equals(info.path()) || !here.get().narHash().equals(info.narHash())) {
      throw new Conflict("'" + here.get().path() + "' is here with the NAR hash '" + here.get().narHash()
          + "', which is not the '" + info.narHash() + "' of '" + info.path() + "'");
    }
    pathInfos.addSignatures(info.path().hash(), info.signatures());
    narInfos.forget(info.path().hash());
    return true;
  }

  /** @return the NAR that came before, if it is what {@code info} says of it */
  private IngestedTree content(NarInfo info) {
    NarFileName name = NarFileName.ofUrl(info.file().url());
    UploadedNar nar = nars.find(name).or(() -> notSent(name)).orElseThrow(() -> new Mismatch("the NAR '" + name
        + "' was not sent, or so long ago that it is forgotten"));
    require(info, "NarHash", info.narHash(), nar.tree().narHash());
    require(info, "NarSize", info.narSize(), nar.tree().narSize());
    info.file().hash().ifPresent(hash -> require(info, "FileHash", hash, name.fileHash()));
    info.file().size().ifPresent(size -> require(info, "FileSize", size, nar.fileSize()));
    require(info, "Compression", info.file().compression(), nar.compression().nixName());
    return nar.tree();
  }

  /** An uncompressed NAR of a path that is here need not be sent. */
  private Optional<UploadedNar> notSent(NarFileName name) {
    return name.suffix().isEmpty()
        ? pathInfos.findByNarHash(name.fileHash())
            .map(info -> new UploadedNar(name, Compression.NONE, info.narSize(),
                new IngestedTree(info.root(), info.narHash(), info.narSize()), info.registrationTime()))
        : Optional.empty();
  }

  private static void require(NarInfo info, String field, Object stated, Object actual) {
    if (!stated.equals(actual)) {
      throw new Mismatch(
          field + " of '" + info.path() + "' is stated as '" + stated + "', but the NAR that was sent has '"
              + actual + "'");
    }
  }

  private void requireReferences(NarInfo info) {
    SortedSet<StorePath> missing = new TreeSet<>(info.references());
    missing.remove(info.path());
    var present = pathInfos.present(missing.stream().map(StorePath::hash).toList());
    missing.removeIf(path -> present.contains(path.hash()));
    if (!missing.isEmpty()) {
      throw new MissingReferences(info.path(), missing);
    }
  }

  /** A derivation that came as a path can be built as if it had been registered. */
  private void registerDerivation(NarInfo info, IngestedTree tree) throws IOException {
    if (!(tree.root() instanceof FileNode file)) {
      throw new Mismatch("derivation '" + info.path() + "' is not a file");
    }
    DerivationUpload upload = new DerivationUpload(limits.maxDerivations());
    try (InputStream aterm = Channels.newInputStream(castore.blobs().open(file.digest()))) {
      upload.add(info.path().baseName(), aterm);
      if (!upload.files().getFirst().derivation().references().equals(info.references())) {
        throw new Mismatch("References of '" + info.path() + "' are not what the derivation refers to");
      }
      registrar.registerPushed(upload.files().getFirst());
    } catch (RegisterException e) {
      throw new Mismatch(String.valueOf(e.getMessage()));
    }
  }
}
