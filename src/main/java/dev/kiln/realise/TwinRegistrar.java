package dev.kiln.realise;

import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

import org.springframework.stereotype.Component;

import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.realise.FixedContents.Twin;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/**
 * Makes fixed outputs be here whose content is here already under another path: built for another derivation, pushed or
 * imported. What they have to be is all that a build could make of them.
 */
@Component
class TwinRegistrar {

  private final FixedContents contents;
  private final PathInfos pathInfos;
  private final Clock clock;
  private final boolean enabled;

  TwinRegistrar(FixedContents contents, PathInfos pathInfos, Clock clock, RealiseProperties properties) {
    this.contents = contents;
    this.pathInfos = pathInfos;
    this.clock = clock;
    this.enabled = properties.reuseFixedOutputs();
  }

  /**
   * Registers what can be registered of {@code derivation}'s outputs, and of what has to be built before them.
   *
   * @return whether anything was
   */
  boolean registerFor(StorePath derivation) {
    if (!enabled) {
      return false;
    }
    List<PathInfo> infos = new ArrayList<>();
    for (Twin twin : contents.twins(derivation)) {
      pathInfos.find(twin.twin()).ifPresent(info -> infos.add(renamed(info, twin.output(), twin.derivation())));
    }
    if (infos.isEmpty()) {
      return false;
    }
    pathInfos.register(infos);
    return true;
  }

  /** @return what a build of {@code known} would make, if that is here; nothing is registered */
  Optional<PathInfo> find(KnownDerivation known) {
    return enabled && known.derivation().isFixedOutput()
        && known.derivation().outputs().get("out") instanceof Fixed fixed
            ? pathInfos.findByContentAddress(new ContentAddress.Fixed(fixed.method(), fixed.hash()))
                .map(info -> renamed(info, fixed.path(), known.path()))
            : Optional.empty();
  }

  /** Nobody's word for the one path is one for the other. */
  private PathInfo renamed(PathInfo info, StorePath path, StorePath deriver) {
    return new PathInfo(path, info.root(), info.narHash(), info.narSize(), Collections.emptySortedSet(),
        Optional.of(deriver), info.ca(), List.of(), clock.instant().truncatedTo(ChronoUnit.SECONDS));
  }
}
