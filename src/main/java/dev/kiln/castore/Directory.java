package dev.kiln.castore;

import java.io.ByteArrayOutputStream;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

import org.jspecify.annotations.Nullable;

import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.hash.Blake3;
import dev.kiln.hash.Blake3Digest;

/**
 * The entries of a directory, strictly sorted by the bytes of their names, and by that its one encoding and digest (snix:
 * castore.proto). An invalid one cannot exist. Takes little more memory than its encoding.
 */
public final class Directory {

  public static final Directory EMPTY = builder().build();

  private final byte[] encoding;
  /** Where each entry's message begins in {@link #encoding}, in the order of the names. */
  private final int[] entries;
  private final long size;
  private final Blake3Digest digest;

  private Directory(byte[] encoding) {
    DirectoryDecoder decoder = new DirectoryDecoder(encoding);
    this.encoding = encoding;
    this.entries = decoder.entries();
    this.size = decoder.size();
    this.digest = Blake3.of(encoding);
  }

  /** A name and what it stands for. */
  public record Entry(PathComponent name, Node node) {}

  /** @throws InvalidCastore if the sizes add up to more than a {@code long} holds */
  public static Directory of(SortedMap<PathComponent, ? extends Node> entries) {
    Builder builder = builder();
    for (Map.Entry<PathComponent, ? extends Node> entry : entries.entrySet()) {
      builder.add(entry.getKey(), entry.getValue());
    }
    return builder.build();
  }

  /**
   * Reads the canonical encoding.
   *
   * @throws InvalidCastore if {@code encoding} is anything else than what {@link #encode} gives for some directory
   */
  public static Directory decode(byte[] encoding) {
    return new Directory(encoding.clone());
  }

  public static Builder builder() {
    return new Builder();
  }

  /** @return the canonical protobuf encoding */
  public byte[] encode() {
    return encoding.clone();
  }

  /** @return in bytes */
  int encodedLength() {
    return encoding.length;
  }

  /** @return what this takes of the heap, in bytes, more or less */
  public int footprint() {
    return 160 + encoding.length + entries.length * Integer.BYTES;
  }

  /** @return the BLAKE3 digest of {@link #encode} */
  public Blake3Digest digest() {
    return digest;
  }

  /** @return the number of entries below, at any depth; this directory itself is not counted */
  public long size() {
    return size;
  }

  public DirectoryNode node() {
    return new DirectoryNode(digest, size);
  }

  public Optional<Node> get(PathComponent name) {
    int low = 0;
    int high = entries.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = DirectoryDecoder.compareName(encoding, entries[middle], name.bytes());
      if (order == 0) {
        return Optional.of(DirectoryDecoder.entry(encoding, entries[middle]).node());
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return Optional.empty();
  }

  /** @return the files that lie directly in it */
  public List<FileNode> files() {
    return entries().stream().map(Entry::node).filter(FileNode.class::isInstance).map(FileNode.class::cast).toList();
  }

  /** @return in the order of their names' bytes; a view that makes entries as it is read */
  public List<Entry> entries() {
    return new AbstractList<>() {
      @Override
      public Entry get(int index) {
        return DirectoryDecoder.entry(encoding, entries[index]);
      }

      @Override
      public int size() {
        return entries.length;
      }
    };
  }

  /** @return the directories among the entries, in the order of their names; a view that makes them as it is read */
  public List<DirectoryNode> children() {
    int[] children = Arrays.stream(entries).filter(start -> DirectoryDecoder.isDirectory(encoding, start)).toArray();
    return new AbstractList<>() {
      @Override
      public DirectoryNode get(int index) {
        return (DirectoryNode) DirectoryDecoder.entry(encoding, children[index]).node();
      }

      @Override
      public int size() {
        return children.length;
      }
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Directory that && Arrays.equals(encoding, that.encoding);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "directory " + digest + " of " + entries.length + " entries";
  }

  /** Takes the entries in the order of their names. */
  public static final class Builder {

    /** The three lists of the encoding: directories, files, links. Made when needed: many builders may be open. */
    private final @Nullable ByteArrayOutputStream[] lists = new @Nullable ByteArrayOutputStream[3];
    private @Nullable PathComponent last;

    private Builder() {}

    /** @throws InvalidCastore unless {@code name} sorts after every name before it */
    public Builder add(PathComponent name, Node node) {
      requireOrder(last, name);
      DirectoryEncoder.write(name, node, list(node));
      last = name;
      return this;
    }

    /** @throws InvalidCastore if the sizes of the directories add up to more than a {@code long} holds */
    public Directory build() {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (ByteArrayOutputStream list : lists) {
        if (list != null) {
          all.writeBytes(list.toByteArray());
        }
      }
      return new Directory(all.toByteArray());
    }

    private ByteArrayOutputStream list(Node node) {
      int index = DirectoryEncoder.listOf(node) - 1;
      ByteArrayOutputStream list = lists[index];
      if (list == null) {
        list = new ByteArrayOutputStream(128);
        lists[index] = list;
      }
      return list;
    }
  }

  /** @throws InvalidCastore unless {@code name} sorts after {@code last} */
  static void requireOrder(@Nullable PathComponent last, PathComponent name) {
    int order = last == null ? 1 : name.compareTo(last);
    if (order == 0) {
      throw new InvalidCastore("name '" + name + "' is there twice");
    }
    if (order < 0) {
      throw new InvalidCastore("name '" + name + "' comes after '" + last + "': not in the order of their bytes");
    }
  }
}
