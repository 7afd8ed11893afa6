package dev.kiln.binarycache;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

import dev.kiln.bytes.ByteString;
import dev.kiln.hash.NixHash;
import dev.kiln.nar.NarBytes;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;
import dev.kiln.storepath.StorePaths;

/** One path as a client pushes it: a file that holds its NAR, and a narinfo. Tests spoil either before it is sent. */
final class Push {

  private final StorePath path;
  private final byte[] file;
  private final String suffix;
  private final Map<String, String> lines = new LinkedHashMap<>();
  private String tail = "";

  private Push(StorePath path, byte[] nar, byte[] file, String suffix, String compression) {
    this.path = path;
    this.file = file;
    this.suffix = suffix;
    lines.put("StorePath", path.toString());
    lines.put("URL", "nar/" + fileName());
    lines.put("Compression", compression);
    lines.put("FileHash", sha256(file).prefixedBase32());
    lines.put("FileSize", Long.toString(file.length));
    lines.put("NarHash", sha256(nar).prefixedBase32());
    lines.put("NarSize", Long.toString(nar.length));
    lines.put("References", "");
  }

  /** @return a path of any hash, uncompressed */
  static Push of(byte[] nar) {
    return of(anyPath("pushed"), nar);
  }

  static Push of(StorePath path, byte[] nar) {
    return new Push(path, nar, nar, "", "none");
  }

  /** @return a file that no other test sends */
  static Push fresh() {
    return of(nar(freshText()));
  }

  /** @return a path that its content names */
  static Push addressed(ContentAddress address, byte[] nar, StorePath... references) {
    SortedSet<StorePath> set = new TreeSet<>(java.util.List.of(references));
    return of(StorePaths.fromContentAddress(address, new StorePathName("addressed"), set, false), nar)
        .with("CA", address.render())
        .with("References", set.stream().map(StorePath::baseName).collect(Collectors.joining(" ")));
  }

  static byte[] nar(String text) {
    return NarBytes.nar().words("( type regular contents").string(text).words(")").bytes();
  }

  static String freshText() {
    return "content " + ThreadLocalRandom.current().nextLong() + "\n";
  }

  static StorePath anyPath(String name) {
    byte[] hash = new byte[StorePathHash.LENGTH];
    ThreadLocalRandom.current().nextBytes(hash);
    return new StorePath(StorePathHash.of(hash), new StorePathName(name));
  }

  static NixHash sha256(byte[] bytes) {
    return NixHash.sha256Of(ByteString.copyOf(bytes));
  }

  /** @return where a client sends {@code file} */
  static String narTarget(byte[] file, String suffix) {
    return "/nar/" + sha256(file).base32() + ".nar" + suffix;
  }

  StorePath path() {
    return path;
  }

  byte[] file() {
    return file;
  }

  private String fileName() {
    return sha256(file).base32() + ".nar" + suffix;
  }

  String narTarget() {
    return "/nar/" + fileName();
  }

  String narInfoTarget() {
    return "/" + path.hash() + ".narinfo";
  }

  Push with(String key, String value) {
    lines.put(key, value);
    return this;
  }

  Push without(String key) {
    lines.remove(key);
    return this;
  }

  /** @param text as it stands, after the lines */
  Push followedBy(String text) {
    tail = text;
    return this;
  }

  String narInfo() {
    return lines.entrySet().stream().map(line -> line.getKey() + ": " + line.getValue() + "\n")
        .collect(Collectors.joining()) + tail;
  }

  byte[] narInfoBytes() {
    return narInfo().getBytes(StandardCharsets.UTF_8);
  }
}
