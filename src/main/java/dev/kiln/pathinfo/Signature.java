package dev.kiln.pathinfo;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Someone's word for a path: {@code <key name>:<base64 of an Ed25519 signature>} (Nix: local-keys.cc). */
public record Signature(String keyName, String base64) {

  private static final Pattern FORM = Pattern.compile("([^:\\s\\p{Cntrl}]+):([0-9A-Za-z+/]+={0,2})");

  /** @throws IllegalArgumentException if {@code text} is not of the form {@code <key name>:<base64>} */
  public static Signature parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("signature '" + text + "' is not of the form <key name>:<base64>");
    }
    return new Signature(form.group(1), form.group(2));
  }

  @Override
  public String toString() {
    return keyName + ":" + base64;
  }
}
