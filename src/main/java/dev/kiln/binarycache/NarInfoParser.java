package dev.kiln.binarycache;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;

/** Reads a narinfo line by line. Everything that Nix calls corrupt is refused here too (Nix: nar-info.cc). */
final class NarInfoParser {

  /** The keys that have a meaning. {@code SIG} may come any number of times, all others once. */
  private enum Key {
    STORE_PATH("StorePath"), URL("URL"), COMPRESSION("Compression"), FILE_HASH("FileHash"), FILE_SIZE(
        "FileSize"), NAR_HASH("NarHash"), NAR_SIZE("NarSize"), REFERENCES("References"), DERIVER("Deriver"), CA(
            "CA"), SIG("Sig");

    private static final Map<String, Key> BY_WORD = new HashMap<>();

    static {
      for (Key key : values()) {
        BY_WORD.put(key.word, key);
      }
    }

    private final String word;

    Key(String word) {
      this.word = word;
    }
  }

  private static final int MAX_SIGNATURES = 256;
  /** In bytes. */
  private static final int SIGNATURE_LENGTH = 64;
  private static final int LONGEST_QUOTE = 200;
  /** What a narinfo without the line means. */
  private static final String DEFAULT_COMPRESSION = "bzip2";
  /** What old caches write where they know none. */
  private static final String UNKNOWN_DERIVER = "unknown-deriver";

  private final Map<Key, String> values = new EnumMap<>(Key.class);
  private final List<Signature> signatures = new ArrayList<>();

  private NarInfoParser() {}

  static NarInfo parse(byte[] text) {
    if (text.length > NarInfo.MAX_LENGTH) {
      throw new InvalidNarInfo("the narinfo has " + text.length + " bytes, which is more than " + NarInfo.MAX_LENGTH);
    }
    NarInfoParser parser = new NarInfoParser();
    parser.readLines(decode(text));
    return parser.finish();
  }

  private static String decode(byte[] text) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    } catch (CharacterCodingException _) {
      throw new InvalidNarInfo("the narinfo is not UTF-8");
    }
  }

  private void readLines(String text) {
    int begin = 0;
    while (begin < text.length()) {
      int end = text.indexOf('\n', begin);
      if (end < 0) {
        throw new InvalidNarInfo("line '" + quote(text.substring(begin)) + "' has no line feed at its end");
      }
      readLine(text.substring(begin, end));
      begin = end + 1;
    }
  }

  private void readLine(String line) {
    if (line.isEmpty()) {
      throw new InvalidNarInfo("the narinfo has an empty line");
    }
    if (line.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidNarInfo("line '" + quote(line) + "' has a control character, such as a carriage return");
    }
    int colon = line.indexOf(':');
    if (colon < 1 || colon + 1 < line.length() && line.charAt(colon + 1) != ' ') {
      throw new InvalidNarInfo("line '" + quote(line) + "' is not of the form '<key>: <value>'");
    }
    Key key = Key.BY_WORD.get(line.substring(0, colon));
    String value = colon + 2 <= line.length() ? line.substring(colon + 2) : "";
    if (key == Key.SIG) {
      addSignature(value);
    } else if (key != null && values.put(key, value) != null) {
      throw new InvalidNarInfo("line '" + quote(line) + "' is the second one of its key");
    }
  }

  private void addSignature(String value) {
    if (signatures.size() == MAX_SIGNATURES) {
      throw new InvalidNarInfo("the narinfo has more than " + MAX_SIGNATURES + " signatures");
    }
    Signature signature = understand(Key.SIG, value, NarInfoParser::signature);
    if (!signatures.contains(signature)) {
      signatures.add(signature);
    }
  }

  private NarInfo finish() {
    StorePath path = required(Key.STORE_PATH, StorePath::parse);
    NarFile file = new NarFile(required(Key.URL, NarInfoParser::url),
        optional(Key.COMPRESSION, Function.identity()).orElse(DEFAULT_COMPRESSION),
        optional(Key.FILE_HASH, NarInfoParser::sha256),
        optional(Key.FILE_SIZE, NarInfoParser::size).map(OptionalLong::of).orElseGet(OptionalLong::empty));
    SortedSet<StorePath> references = optional(Key.REFERENCES, NarInfoParser::references).orElseGet(TreeSet::new);
    return new NarInfo(path, file, required(Key.NAR_HASH, NarInfoParser::sha256),
        required(Key.NAR_SIZE, NarInfoParser::narSize), references, deriver(), signatures,
        optional(Key.CA, ContentAddress::parse));
  }

  private Optional<StorePath> deriver() {
    return UNKNOWN_DERIVER.equals(values.get(Key.DERIVER)) ? Optional.empty() : optional(Key.DERIVER, value -> {
      StorePath derivation = StorePath.parseBaseName(value);
      if (!derivation.isDerivation()) {
        throw new IllegalArgumentException("its name does not end with .drv");
      }
      return derivation;
    });
  }

  private <T> T required(Key key, Function<String, T> parse) {
    return optional(key, parse)
        .orElseThrow(() -> new InvalidNarInfo("the narinfo has no line '" + key.word + ": …' with a value"));
  }

  private <T> Optional<T> optional(Key key, Function<String, T> parse) {
    String value = values.get(key);
    return value == null || value.isEmpty() ? Optional.empty() : Optional.of(understand(key, value, parse));
  }

  /** The value types say themselves what is wrong; here it is said where. */
  private static <T> T understand(Key key, String value, Function<String, T> parse) {
    try {
      return parse.apply(value);
    } catch (IllegalArgumentException e) {
      throw new InvalidNarInfo(
          "line '" + quote(key.word + ": " + value) + "': " + quote(String.valueOf(e.getMessage())));
    }
  }

  private static Signature signature(String value) {
    Signature signature = Signature.parse(value);
    if (Base64.getDecoder().decode(signature.base64()).length != SIGNATURE_LENGTH) {
      throw new IllegalArgumentException("an Ed25519 signature has " + SIGNATURE_LENGTH + " bytes");
    }
    return signature;
  }

  private static String url(String value) {
    if (value.indexOf(' ') >= 0) {
      throw new IllegalArgumentException("a URL has no spaces");
    }
    return value;
  }

  private static NixHash sha256(String value) {
    return NixHash.parse(value, HashAlgorithm.SHA256);
  }

  private static long size(String value) {
    // 18 digits always fit; Long.parseLong alone would take signs and other scripts' digits
    if (value.length() > 18 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("it is not a number of bytes");
    }
    return Long.parseLong(value);
  }

  private static long narSize(String value) {
    long size = size(value);
    if (size == 0 || size % 8 != 0) {
      throw new IllegalArgumentException("a NAR's size is a multiple of 8, and not 0");
    }
    return size;
  }

  private static SortedSet<StorePath> references(String value) {
    SortedSet<StorePath> references = new TreeSet<>();
    for (String name : value.split(" ", -1)) {
      references.add(StorePath.parseBaseName(name));
    }
    return references;
  }

  private static String quote(String text) {
    return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
  }
}
