package dev.kiln.build.fetch;

import java.util.ArrayList;
import java.util.List;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.storepath.ContentAddress.IngestionMethod;

/**
 * What a derivation says to {@code builtin:fetchurl} (Nix: builtins/fetchurl.cc).
 *
 * @param output what the content has to be
 * @param url where it is
 * @param unpack whether that is a NAR whose tree is the output, compressed if the URL ends so
 * @param executable whether the file that it is can be executed
 */
record Wanted(Fixed output, Url url, boolean unpack, boolean executable) {

  private static final ByteString TRUE = ByteString.utf8("1");

  static Wanted of(Derivation derivation) throws FetchFailed {
    if (!(derivation.outputs().get("out") instanceof Fixed fixed) || !derivation.isFixedOutput()) {
      throw FetchFailed.forGood("'builtin:fetchurl' must be a fixed-output derivation");
    }
    ByteString url = derivation.variable("url").orElseThrow(() -> FetchFailed.forGood("attribute 'url' missing"));
    return new Wanted(fixed, Url.parse(url.toString()), isSet(derivation, "unpack"), isSet(derivation, "executable"));
  }

  private static boolean isSet(Derivation derivation, String attribute) {
    return derivation.variable(attribute).filter(TRUE::equals).isPresent();
  }

  /**
   * @param mirrors of files by their hashes
   * @return where a mirror would have the output
   */
  List<Url> hashed(List<String> mirrors) throws FetchFailed {
    List<Url> urls = new ArrayList<>();
    if (output.method() == IngestionMethod.FLAT) {
      for (String mirror : mirrors) {
        String slash = mirror.endsWith("/") ? "" : "/";
        urls.add(Url.parse(
            mirror + slash + output.hash().algorithm().nixName() + "/" + output.hash().base16()));
      }
    }
    return urls;
  }
}
