package dev.kiln.derivation;

import java.security.MessageDigest;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;

/**
 * The text that a derivation's hashes are of, made of the bytes of its file: all but what is replaced is what {@link ATermWriter} would write again. The bytes are
 * known to be a derivation.
 */
final class ModuloText {

  private static final int OUTPUTS = "Derive([".length();

  private final byte[] aterm;
  /** Where the paths of the outputs begin and end, one after the other. */
  private final int[] outputPaths;
  private int inputsStart;
  private int inputsEnd;
  /** Where the environment begins. */
  private int envStart;
  private int at;

  /** @param aterm that {@code derivation} was read from */
  ModuloText(byte[] aterm, Derivation derivation) {
    this.aterm = aterm;
    this.outputPaths = new int[2 * derivation.outputs().size()];
    passOutputs();
    inputsStart = at += ",[".length();
    passList();
    inputsEnd = at - 1;
    at++;
    // sources, system, builder, arguments
    for (int i = 0; i < 4; i++) {
      if (aterm[at] == '[') {
        at++;
        passList();
      } else {
        passString();
      }
      at++;
    }
    envStart = at + 1;
  }

  private void passOutputs() {
    at = OUTPUTS;
    for (int i = 0; i < outputPaths.length; i += 2) {
      at++;
      passString();
      outputPaths[i] = at + 2;
      at++;
      passString();
      outputPaths[i + 1] = at - 1;
      at++;
      passString();
      at++;
      passString();
      // the parenthesis, and a comma or the bracket
      at += 2;
    }
    if (outputPaths.length == 0) {
      at++;
    }
  }

  /** From behind a bracket to behind the one that closes it. */
  private void passList() {
    int open = 1;
    while (open > 0) {
      switch (aterm[at]) {
        case '"' -> passString();
        case '[' -> {
          open++;
          at++;
        }
        case ']' -> {
          open--;
          at++;
        }
        default -> at++;
      }
    }
  }

  private void passString() {
    at++;
    while (aterm[at] != '"') {
      at += aterm[at] == '\\' ? 2 : 1;
    }
    at++;
  }

  /** @return the SHA-256 of the text with hashes for the input derivations */
  NixHash hash(ATermBuffer inputs) {
    MessageDigest digest = HashAlgorithm.SHA256.newDigest();
    digest.update(aterm, 0, inputsStart);
    inputs.update(digest);
    digest.update(aterm, inputsEnd, aterm.length - inputsEnd);
    return NixHash.finish(HashAlgorithm.SHA256, digest);
  }

  /** @return as {@link #hash}, but with all outputs' paths left empty */
  NixHash masked(ATermBuffer inputs, Derivation derivation) {
    MessageDigest digest = HashAlgorithm.SHA256.newDigest();
    int done = 0;
    for (int i = 0; i < outputPaths.length; i += 2) {
      digest.update(aterm, done, outputPaths[i] - done);
      done = outputPaths[i + 1];
    }
    digest.update(aterm, done, inputsStart - done);
    inputs.update(digest);
    done = inputsEnd;
    at = envStart;
    while (aterm[at] == '(') {
      int name = at + 2;
      at++;
      passString();
      int nameEnd = at - 1;
      int value = at + 2;
      at++;
      passString();
      if (isOutput(derivation, name, nameEnd)) {
        digest.update(aterm, done, value - done);
        done = at - 1;
      }
      // the parenthesis, and a comma or the bracket
      at += 2;
    }
    digest.update(aterm, done, aterm.length - done);
    return NixHash.finish(HashAlgorithm.SHA256, digest);
  }

  private boolean isOutput(Derivation derivation, int from, int to) {
    for (String output : derivation.outputs().keySet()) {
      if (output.length() == to - from) {
        int same = 0;
        while (same < output.length() && aterm[from + same] == output.charAt(same)) {
          same++;
        }
        if (same == output.length()) {
          return true;
        }
      }
    }
    return false;
  }
}
