package dev.kiln.build.sandbox;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProcessorLevelsTests {

  private static final String V1 = "flags\t\t: fpu cx8 cmov mmx fxsr sse sse2";
  private static final String V2 = V1 + " pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm";

  @Test
  void areThoseWhoseInstructionsAreAllThere() {
    assertThat(ProcessorLevels.of("")).isEmpty();
    assertThat(ProcessorLevels.of(V1)).containsExactly("x86_64-v1");
    assertThat(ProcessorLevels.of(V2)).containsExactly("x86_64-v1", "x86_64-v2");
    assertThat(ProcessorLevels.of(V2 + " avx avx2 f16c fma abm")).hasSize(2);
    assertThat(ProcessorLevels.of(V2 + " avx avx2 f16c fma abm movbe")).hasSize(3);
    assertThat(ProcessorLevels.of(V1 + " avx avx2 f16c fma abm movbe")).hasSize(1);
  }
}
