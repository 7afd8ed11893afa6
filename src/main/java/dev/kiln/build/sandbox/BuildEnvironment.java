package dev.kiln.build.sandbox;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.kiln.build.BuildException;
import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.Placeholders;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixBase32;
import dev.kiln.storepath.StorePath;

/**
 * What a builder is given besides its files: its environment, and the values that it wants in files instead (Nix:
 * local-derivation-goal.cc, initEnv and initTmpDir).
 *
 * @param variables by name
 * @param files by name in {@code /build}
 */
record BuildEnvironment(SortedMap<ByteString, ByteString> variables, SortedMap<String, ByteString> files) {

  static final String BUILD_TOP = "/build";

  private static final ByteString PASS_AS_FILE = ByteString.utf8("passAsFile");

  BuildEnvironment {
    variables = Collections.unmodifiableSortedMap(new TreeMap<>(variables));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /**
   * @param attributes those of {@code derivation}
   * @param graph of what {@code exportReferencesGraph} may tell
   * @param cores that the builder may use
   * @param impure the environment of Kiln, which fixed outputs may ask for by {@code impureEnvVars}
   * @throws BuildException.BadDerivation on attributes that cannot be
   */
  static BuildEnvironment of(Derivation derivation, Attributes attributes, ReferencesGraph graph, int cores,
      Map<String, String> impure) {
    UnaryOperator<ByteString> placeholders = placeholders(derivation);
    SortedMap<ByteString, ByteString> variables = new TreeMap<>();
    SortedMap<String, ByteString> files = new TreeMap<>();
    put(variables, "PATH", "/path-not-set");
    put(variables, "HOME", "/homeless-shelter");
    put(variables, "NIX_STORE", StorePath.STORE_DIR);
    put(variables, "NIX_BUILD_CORES", Integer.toString(cores));
    boolean structured = attributes.structured().isPresent();
    if (!structured) {
      putVariables(derivation, placeholders, variables, files);
    }
    for (String name : List.of("NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP", "PWD")) {
      put(variables, name, BUILD_TOP);
    }
    if (derivation.isFixedOutput()) {
      put(variables, "NIX_OUTPUT_CHECKED", "1");
      for (ByteString name : attributes.strings("impureEnvVars").orElse(List.of())) {
        variables.put(name, ByteString.utf8(impure.getOrDefault(name.toString(), "")));
      }
    }
    put(variables, "NIX_LOG_FD", "2");
    put(variables, "TERM", "xterm-256color");
    if (structured) {
      AttributeFiles attributeFiles = AttributeFiles.of(derivation.outputs().keySet(), attributes, graph, placeholders);
      files.put(AttributeFiles.JSON_FILE, attributeFiles.json());
      files.put(AttributeFiles.SHELL_FILE, attributeFiles.shell());
      put(variables, "NIX_ATTRS_JSON_FILE", BUILD_TOP + "/" + AttributeFiles.JSON_FILE);
      put(variables, "NIX_ATTRS_SH_FILE", BUILD_TOP + "/" + AttributeFiles.SHELL_FILE);
    } else {
      files.putAll(graph.files());
    }
    return new BuildEnvironment(variables, files);
  }

  /** The derivation's own variables, those of {@code passAsFile} in files. */
  private static void putVariables(Derivation derivation, UnaryOperator<ByteString> placeholders,
      SortedMap<ByteString, ByteString> variables, SortedMap<String, ByteString> files) {
    Set<ByteString> inFiles = new HashSet<>(words(derivation.env().get(PASS_AS_FILE)));
    derivation.env().forEach((name, value) -> {
      ByteString rewritten = placeholders.apply(value);
      if (inFiles.contains(name)) {
        String file = ".attr-" + NixBase32.encode(HashAlgorithm.SHA256.newDigest().digest(name.toByteArray()));
        files.put(file, rewritten);
        variables.put(placeholders.apply(concat(name, ByteString.utf8("Path"))),
            ByteString.utf8(BUILD_TOP + "/" + file));
      } else {
        variables.put(placeholders.apply(name), rewritten);
      }
    });
  }

  /** @return the arguments that the builder gets: argv[0] is its base name */
  static List<ByteString> argv(Derivation derivation) {
    UnaryOperator<ByteString> placeholders = placeholders(derivation);
    List<ByteString> argv = new ArrayList<>();
    ByteString builder = derivation.builder();
    int name = 0;
    for (int slash = builder.indexOf('/', 0); slash >= 0; slash = builder.indexOf('/', slash + 1)) {
      name = slash + 1;
    }
    argv.add(builder.substring(name, builder.length()));
    derivation.args().stream().map(placeholders).forEach(argv::add);
    return argv;
  }

  /** @return the strings of a list attribute, which Nix writes with blanks between them (Nix: tokenizeString) */
  static List<ByteString> words(@Nullable ByteString value) {
    if (value == null) {
      return List.of();
    }
    List<ByteString> words = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i <= value.length(); i++) {
      if (i == value.length() || " \t\n\r".indexOf(value.at(i)) >= 0) {
        if (i > begin) {
          words.add(value.substring(begin, i));
        }
        begin = i + 1;
      }
    }
    return words;
  }

  /** Replaces the placeholders of the derivation's own outputs by their paths (Nix: hashPlaceholder, rewriteStrings). */
  private static UnaryOperator<ByteString> placeholders(Derivation derivation) {
    Map<ByteString, ByteString> replacements = new TreeMap<>();
    derivation.outputs().forEach((name, output) -> {
      output.statedPath().ifPresent(path -> replacements.put(ByteString.utf8(Placeholders.ofOutput(name)),
          ByteString.utf8(path.toString())));
    });
    return text -> {
      ByteString rewritten = text;
      for (Map.Entry<ByteString, ByteString> replacement : replacements.entrySet()) {
        rewritten = rewritten.replace(replacement.getKey(), replacement.getValue());
      }
      return rewritten;
    };
  }

  private static ByteString concat(ByteString a, ByteString b) {
    byte[] bytes = new byte[a.length() + b.length()];
    a.copyTo(0, bytes, 0, a.length());
    b.copyTo(0, bytes, a.length(), b.length());
    return ByteString.owning(bytes);
  }

  private static void put(SortedMap<ByteString, ByteString> variables, String name, String value) {
    variables.put(ByteString.utf8(name), ByteString.utf8(value));
  }
}
