package dev.kiln.binarycache;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.kiln.binarycache.UploadException.Malformed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;

/**
 * The name that a client gives to a NAR's file: {@code <52 digits>.nar[.<suffix>]} (Nix: binary-cache-store.cc).
 *
 * @param fileHash SHA-256 of the file as it is sent, compressed
 * @param suffix with its dot, or nothing
 */
public record NarFileName(NixHash fileHash, String suffix) {

  private static final String DIRECTORY = "nar/";
  private static final Pattern FORM = Pattern.compile("([0-9a-z]{52})\\.nar(\\.[0-9a-z]{1,7})?");

  /** @throws Malformed if {@code name} is not of that form */
  public static NarFileName parse(String name) {
    Matcher form = FORM.matcher(name);
    if (!form.matches()) {
      throw new Malformed("'" + name + "' is not of the form <52 digits>.nar[.<compression>]");
    }
    try {
      return new NarFileName(NixHash.parse(form.group(1), HashAlgorithm.SHA256),
          Optional.ofNullable(form.group(2)).orElse(""));
    } catch (InvalidHash e) {
      throw new Malformed("'" + name + "' is not named by a SHA-256: " + e.getMessage());
    }
  }

  /**
   * @param url of a narinfo
   * @throws Malformed if it is not one that a client gives to a NAR that it sends
   */
  static NarFileName ofUrl(String url) {
    if (!url.startsWith(DIRECTORY)) {
      throw new Malformed("URL '" + url + "' does not begin with '" + DIRECTORY + "'");
    }
    return parse(url.substring(DIRECTORY.length()));
  }

  @Override
  public String toString() {
    return fileHash.base32() + ".nar" + suffix;
  }
}
