package dev.kiln.derivation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.DerivationOutput.Deferred;
import dev.kiln.derivation.DerivationOutput.Fixed;
import dev.kiln.derivation.DerivationOutput.Floating;
import dev.kiln.derivation.DerivationOutput.InputAddressed;
import dev.kiln.hash.HashAlgorithm;
import dev.kiln.hash.InvalidHash;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.ContentAddress.IngestionMethod;
import dev.kiln.storepath.InvalidStorePath;
import dev.kiln.storepath.StorePath;

/**
 * Reads derivations (Nix: derivations.cc, parseDerivation). It is stricter than Nix's parser: it takes only what Nix's
 * printer writes, so that {@link ATermWriter} gives back every byte. Memory is in proportion to the input.
 */
public final class ATermReader {

  /** In bytes: the longest store path, and longer than any digest. */
  private static final int MAX_WORD = 256;
  private static final int MAX_QUOTE = 40;

  private final byte[] input;
  private int at;
  /** In the string that was passed last. */
  private int escapes;
  /** Where in it the first character is that Nix would have escaped, or -1. */
  private int toEscape;

  private ATermReader(byte[] input) {
    this.input = input;
  }

  /**
   * @param aterm the bytes of a {@code .drv} file
   * @throws InvalidDerivation if Nix would not have written them
   */
  public static Derivation read(ByteString aterm) {
    return read(aterm.toByteArray());
  }

  /** As {@link #read(ByteString)}, of bytes that do not change meanwhile. */
  public static Derivation read(byte[] aterm) {
    return new ATermReader(aterm).derivation();
  }

  private Derivation derivation() {
    if (next("DrvWithVersion(")) {
      throw error(0, "is a dynamic derivation (DrvWithVersion), which is not supported");
    }
    expect("Derive(");
    SortedMap<String, DerivationOutput> outputs = outputs();
    expect(",");
    SortedMap<StorePath, SortedSet<String>> inputDerivations = inputDerivations();
    expect(",");
    SortedSet<StorePath> inputSources = new TreeSet<>();
    Order<StorePath> order = new Order<>();
    list(() -> inputSources.add(order.next(at, storePath())));
    expect(",");
    ByteString system = unescaped();
    expect(",");
    ByteString builder = escaped();
    expect(",");
    List<ByteString> args = new ArrayList<>();
    list(() -> args.add(escaped()));
    expect(",");
    SortedMap<ByteString, ByteString> env = env();
    expect(")");
    if (at != input.length) {
      throw error(at, "follows the end of the derivation");
    }
    return new Derivation(outputs, inputDerivations, inputSources, system, builder, args, env);
  }

  private SortedMap<String, DerivationOutput> outputs() {
    SortedMap<String, DerivationOutput> outputs = new TreeMap<>();
    Order<String> order = new Order<>();
    list(() -> {
      expect("(");
      String name = order.next(at, word());
      expect(",");
      outputs.put(name, output());
      expect(")");
    });
    return outputs;
  }

  /** Reads path, method with algorithm, and hash: which of them are empty tells the kind of output. */
  private DerivationOutput output() {
    int start = at;
    String path = word();
    expect(",");
    int methodStart = at;
    String method = word();
    expect(",");
    int hashStart = at;
    String hash = word();
    if (method.isEmpty()) {
      if (!hash.isEmpty()) {
        throw error(hashStart, "is a hash without an algorithm");
      }
      return path.isEmpty() ? new Deferred() : new InputAddressed(storePath(start, path));
    }
    IngestionMethod ingestion = method.startsWith(IngestionMethod.RECURSIVE.prefix())
        ? IngestionMethod.RECURSIVE
        : IngestionMethod.FLAT;
    HashAlgorithm algorithm = HashAlgorithm.named(method.substring(ingestion.prefix().length()))
        .orElseThrow(
            () -> error(methodStart, "is no hash algorithm of an output: [r:] and md5, sha1, sha256 or sha512"));
    if (hash.isEmpty()) {
      if (!path.isEmpty()) {
        throw error(start, "is the path of a floating output, which has none");
      }
      return new Floating(ingestion, algorithm);
    }
    if (hash.equals("impure")) {
      throw error(hashStart, "marks an impure derivation, which is not supported");
    }
    return new Fixed(storePath(start, path), ingestion, hash(hashStart, hash, algorithm));
  }

  private NixHash hash(int start, String base16, HashAlgorithm algorithm) {
    try {
      NixHash hash = NixHash.parse(base16, algorithm);
      if (hash.base16().equals(base16)) {
        return hash;
      }
    } catch (InvalidHash _) {
      // said below
    }
    throw error(start, "is not a " + algorithm.nixName() + " in base16 of lower case");
  }

  private SortedMap<StorePath, SortedSet<String>> inputDerivations() {
    SortedMap<StorePath, SortedSet<String>> inputs = new TreeMap<>();
    Order<StorePath> order = new Order<>();
    list(() -> {
      expect("(");
      StorePath path = order.next(at, storePath());
      expect(",");
      SortedSet<String> names = new TreeSet<>();
      Order<String> nameOrder = new Order<>();
      list(() -> names.add(nameOrder.next(at, word())));
      expect(")");
      inputs.put(path, names);
    });
    return inputs;
  }

  private SortedMap<ByteString, ByteString> env() {
    SortedMap<ByteString, ByteString> env = new TreeMap<>();
    Order<ByteString> order = new Order<>();
    list(() -> {
      expect("(");
      ByteString name = order.next(at, escaped());
      expect(",");
      env.put(name, escaped());
      expect(")");
    });
    return env;
  }

  private void list(Runnable item) {
    expect("[");
    if (next("]")) {
      return;
    }
    do {
      item.run();
    } while (next(","));
    expect("]");
  }

  private StorePath storePath() {
    int start = at;
    int end = closingQuote();
    requireWord(start, end);
    try {
      return StorePath.parse(input, start + 1, end);
    } catch (InvalidStorePath e) {
      throw error(start, "is not a store path: " + e.getMessage());
    }
  }

  private StorePath storePath(int start, String path) {
    try {
      return StorePath.parse(path);
    } catch (InvalidStorePath e) {
      throw error(start, "is not a store path: " + e.getMessage());
    }
  }

  /** Reads a short string that Nix writes without escapes. */
  private String word() {
    int start = at;
    int end = closingQuote();
    requireWord(start, end);
    return new String(input, start + 1, end - start - 1, StandardCharsets.UTF_8);
  }

  private void requireWord(int start, int end) {
    requireNoEscape(start);
    if (end - start - 1 > MAX_WORD) {
      throw error(start, "is longer than any path, name or hash");
    }
  }

  private ByteString unescaped() {
    int start = at;
    int end = closingQuote();
    requireNoEscape(start);
    return ByteString.copyOf(input, start + 1, end - start - 1);
  }

  private void requireNoEscape(int start) {
    if (escapes > 0) {
      throw error(start, "has an escape where Nix writes none");
    }
  }

  private ByteString escaped() {
    int start = at + 1;
    int end = closingQuote();
    if (toEscape >= 0) {
      throw error(toEscape, "begins with a character that Nix escapes");
    }
    return escapes == 0 ? ByteString.copyOf(input, start, end - start) : unescape(start, end);
  }

  private ByteString unescape(int start, int end) {
    byte[] text = new byte[end - start - escapes];
    int length = 0;
    int i = start;
    while (i < end) {
      byte b = input[i++];
      if (b == '\\') {
        b = switch (input[i++]) {
          case '"' -> '"';
          case '\\' -> '\\';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> throw error(i - 2, "begins with an escape that Nix does not write");
        };
      }
      text[length++] = b;
    }
    return ByteString.owning(text);
  }

  /** Goes behind the string that begins here, and notes what is in it. @return where its closing quote is */
  private int closingQuote() {
    int start = at;
    expect("\"");
    escapes = 0;
    toEscape = -1;
    for (int i = at; i < input.length; i++) {
      byte b = input[i];
      if (b == '"') {
        at = i + 1;
        return i;
      }
      if (b == '\\') {
        escapes++;
        i++;
      } else if (toEscape < 0 && (b == '\n' || b == '\r' || b == '\t')) {
        toEscape = i;
      }
    }
    throw error(start, "is a string without an end");
  }

  private void expect(String token) {
    if (!next(token)) {
      throw error(at, "stands where '" + token + "' should");
    }
  }

  private boolean next(String token) {
    if (token.length() > input.length - at) {
      return false;
    }
    for (int i = 0; i < token.length(); i++) {
      if (input[at + i] != token.charAt(i)) {
        return false;
      }
    }
    at += token.length();
    return true;
  }

  private InvalidDerivation error(int offset, String complaint) {
    return new InvalidDerivation("byte " + offset + ": " + quote(offset) + " " + complaint);
  }

  private String quote(int offset) {
    if (offset >= input.length) {
      return "the end";
    }
    int length = Math.min(input.length - offset, MAX_QUOTE);
    StringBuilder quote = new StringBuilder("'");
    for (int i = offset; i < offset + length; i++) {
      if (input[i] < ' ' || input[i] == 0x7f) {
        quote.append(String.format("\\x%02x", input[i]));
      } else {
        quote.append((char) input[i]);
      }
    }
    return quote.append(offset + length < input.length ? "…'" : "'").toString();
  }

  /** Watches that the keys of one list ascend. */
  private final class Order<T extends Comparable<T>> {

    private @Nullable T last;

    /**
     * @param start where {@code key} begins
     * @return {@code key}
     */
    T next(int start, T key) {
      int order = last == null ? -1 : last.compareTo(key);
      if (order >= 0) {
        throw error(start, order == 0 ? "is there twice" : "is not sorted: it follows '" + shortened(last) + "'");
      }
      last = key;
      return key;
    }

    private String shortened(@Nullable T key) {
      String text = String.valueOf(key);
      return text.length() > MAX_WORD ? text.substring(0, MAX_QUOTE) + "…" : text;
    }
  }
}
