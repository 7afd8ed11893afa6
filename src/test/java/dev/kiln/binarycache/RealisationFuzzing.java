package dev.kiln.binarycache;

import java.util.List;

import dev.kiln.realisation.RealisedOutput;

import static org.assertj.core.api.Assertions.assertThat;

/** Lets fuzzing at what is this package's own. */
public final class RealisationFuzzing {

  private RealisationFuzzing() {}

  /** Reads a realisation, or refuses it as malformed; writes back what it read. */
  public static void read(byte[] text) {
    RealisedOutput read;
    try {
      read = RealisationText.parse(text);
    } catch (UploadException.Malformed _) {
      return;
    }
    assertThat(RealisationText.parse(RealisationText.render(read, List.of())).id()).isEqualTo(read.id());
  }
}
