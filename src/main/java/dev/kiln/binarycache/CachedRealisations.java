package dev.kiln.binarycache;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Service;

import dev.kiln.binarycache.BinaryCacheException.UnknownRealisation;
import dev.kiln.binarycache.UploadException.Conflict;
import dev.kiln.binarycache.UploadException.Mismatch;
import dev.kiln.binarycache.UploadException.Unsupported;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.Signature;
import dev.kiln.realisation.InvalidRealisation;
import dev.kiln.realisation.OutputId;
import dev.kiln.realisation.RealisedOutput;
import dev.kiln.realisation.RealisedOutputs;
import dev.kiln.realise.FeatureProperties;
import dev.kiln.storepath.StorePath;

/** Which path an output came to have, as clients with ca-derivations ask it and tell it. */
@Service
public class CachedRealisations {

  private final RealisedOutputs outputs;
  private final Derivations derivations;
  private final Signer signer;
  private final FeatureProperties features;

  CachedRealisations(RealisedOutputs outputs, Derivations derivations, Signer signer, FeatureProperties features) {
    this.outputs = outputs;
    this.derivations = derivations;
    this.signer = signer;
    this.features = features;
  }

  /** @throws UnknownRealisation the output is not realised, or nobody here may know */
  public RealisedOutput find(OutputId id) {
    return Optional.of(id).filter(_ -> features.caDerivations()).flatMap(outputs::find)
        .orElseThrow(() -> new UnknownRealisation(id.toString()));
  }

  /** @return as JSON, with Kiln's signature among the others */
  public byte[] describe(RealisedOutput output) {
    List<Signature> signatures = new ArrayList<>(output.signatures());
    Signature own = signer.sign(output);
    if (!signatures.contains(own)) {
      signatures.add(own);
    }
    return RealisationText.render(output, signatures);
  }

  /**
   * Takes a client's word for a path that is here already. Who comes first wins.
   *
   * @param id that the URL has
   * @param json what the client says
   * @return whether it is new
   * @throws UploadException why it was not taken
   */
  public boolean receive(OutputId id, byte[] json) {
    if (!features.caDerivations()) {
      throw new Unsupported("'" + id + "' cannot be kept: kiln.features.ca-derivations is off");
    }
    RealisedOutput sent = RealisationText.parse(json);
    if (!sent.id().equals(id)) {
      throw new Mismatch("'" + id + ".doi' is not that of '" + sent.id() + "'");
    }
    requireAsStated(sent);
    boolean fresh = outputs.find(id).isEmpty();
    RealisedOutput kept = register(sent);
    if (!kept.path().equals(sent.path())) {
      throw new Conflict("'" + id + "' is '" + kept.path() + "' here, not '" + sent.path() + "'");
    }
    if (!sent.dependencies().isEmpty() && !kept.dependencies().equals(sent.dependencies())) {
      throw new Conflict("'" + id + "' depends on " + kept.dependencies().keySet() + " here, not on "
          + sent.dependencies().keySet());
    }
    return fresh;
  }

  private RealisedOutput register(RealisedOutput sent) {
    try {
      return outputs.register(sent);
    } catch (MissingReferenceException _) {
      throw new Mismatch("'" + sent.id() + "' is said to be '" + sent.path() + "', which is not here: send it before");
    } catch (InvalidRealisation e) {
      throw new Mismatch("'" + sent.id() + "' cannot be kept: " + e.getMessage());
    }
  }

  /** What a known derivation says of its outputs itself needs nobody's word. */
  private void requireAsStated(RealisedOutput sent) {
    Optional<StorePath> stated = derivations.findByOutputHash(sent.id().derivation())
        .flatMap(path -> derivations.find(path.hash())).map(KnownDerivation::derivation)
        .flatMap(derivation -> derivation.outputPath(sent.id().output()));
    if (stated.isPresent() && !stated.get().equals(sent.path())) {
      throw new Mismatch("'" + sent.id() + "' is '" + stated.get() + "' by its derivation, not '" + sent.path() + "'");
    }
  }
}
