package dev.kiln.build.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The levels of the x86-64 instruction set, each with those before it, as systems are named after them (Nix: compute-levels.cc). */
final class ProcessorLevels {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Map<String, List<String>> LEVELS = new LinkedHashMap<>();

  static {
    LEVELS.put("x86_64-v1", List.of("cmov", "cx8", "fpu", "fxsr", "mmx", "sse", "sse2"));
    LEVELS.put("x86_64-v2", List.of("cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"));
    LEVELS.put("x86_64-v3", List.of("avx", "avx2", "f16c", "fma", "abm", "movbe"));
    LEVELS.put("x86_64-v4", List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"));
  }

  private ProcessorLevels() {}

  /** @return those of this machine, as far as the kernel tells */
  static List<String> here() {
    try (Stream<String> lines = Files.lines(PROCESSORS)) {
      return of(lines.filter(line -> line.startsWith("flags")).findFirst().orElse(""));
    } catch (IOException _) {
      return List.of();
    }
  }

  /** @param flags a line of {@code /proc/cpuinfo} */
  static List<String> of(String flags) {
    Set<String> has = Set.copyOf(List.of(flags.substring(flags.indexOf(':') + 1).strip().split("\\s+", -1)));
    List<String> levels = new ArrayList<>();
    for (Map.Entry<String, List<String>> level : LEVELS.entrySet()) {
      if (!has.containsAll(level.getValue())) {
        break;
      }
      levels.add(level.getKey());
    }
    return levels;
  }
}
