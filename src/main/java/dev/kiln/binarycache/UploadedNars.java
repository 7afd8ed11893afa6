package dev.kiln.binarycache;

import java.time.Instant;
import java.util.Optional;

/** The NARs that clients sent. Shared by all replicas, and kept over restarts: the narinfo may come later, and elsewhere. */
public interface UploadedNars {

  Optional<UploadedNar> find(NarFileName name);

  /** Keeps {@code nar}, or notes that it came again. */
  void keep(UploadedNar nar);

  /**
   * Forgets NARs that came before {@code limit} and of which no path was made, or none that is still here. Their content stays
   * in castore until garbage is collected there.
   *
   * @return how many
   */
  int forgetUnused(Instant limit);
}
