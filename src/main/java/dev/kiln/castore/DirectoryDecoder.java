package dev.kiln.castore;

import java.util.Arrays;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Directory.Entry;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3Digest;

import static dev.kiln.castore.DirectoryEncoder.BYTES;
import static dev.kiln.castore.DirectoryEncoder.DIGEST;
import static dev.kiln.castore.DirectoryEncoder.DIRECTORIES;
import static dev.kiln.castore.DirectoryEncoder.EXECUTABLE;
import static dev.kiln.castore.DirectoryEncoder.FILES;
import static dev.kiln.castore.DirectoryEncoder.NAME;
import static dev.kiln.castore.DirectoryEncoder.SIZE;
import static dev.kiln.castore.DirectoryEncoder.SYMLINKS;
import static dev.kiln.castore.DirectoryEncoder.TARGET;
import static dev.kiln.castore.DirectoryEncoder.VARINT;

/**
 * Reads a directory's encoding and takes nothing but the canonical one: fields in order, defaults left out, shortest
 * numbers, each list sorted, names unique over all three. Allocates nothing on the word of a length.
 */
final class DirectoryDecoder {

  private final byte[] encoding;
  private int at;

  private int[] starts = new int[4];
  private int count;
  private long size;

  /** @throws InvalidCastore if {@code encoding} is not canonical */
  DirectoryDecoder(byte[] encoding) {
    this.encoding = encoding;
    int[] ends = new int[SYMLINKS + 1];
    for (int list = DIRECTORIES; list <= SYMLINKS; list++) {
      readList(list);
      ends[list] = count;
    }
    if (at != encoding.length) {
      throw invalid("an entry of directories, files or symlinks, in this order");
    }
    starts = merge(merge(run(0, ends[DIRECTORIES]), run(ends[DIRECTORIES], ends[FILES])), run(ends[FILES], count));
    size = add(size, count);
  }

  /** @return where each entry begins, at its list's tag, in the order of the names */
  int[] entries() {
    return starts;
  }

  long size() {
    return size;
  }

  /** @param start of an entry that was read before */
  static Entry entry(byte[] encoding, int start) {
    return new DirectoryDecoder(encoding, start).readEntry(encoding[start] >> 3);
  }

  /** @param start of an entry that was read before */
  static boolean isDirectory(byte[] encoding, int start) {
    return encoding[start] == DirectoryEncoder.tag(DIRECTORIES, BYTES);
  }

  /** Compares the name of the entry at {@code start}, which was read before, with {@code name}. */
  static int compareName(byte[] encoding, int start, ByteString name) {
    return nameAt(encoding, start).compareTo(name);
  }

  private DirectoryDecoder(byte[] encoding, int start) {
    this.encoding = encoding;
    this.at = start;
  }

  private static ByteString nameAt(byte[] encoding, int start) {
    DirectoryDecoder decoder = new DirectoryDecoder(encoding, start + 1);
    decoder.varint();
    return decoder.bytes(NAME, "name");
  }

  private void readList(int list) {
    PathComponent last = null;
    while (nextIs(list, BYTES)) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count * 2);
      }
      starts[count++] = at;
      Entry entry = readEntry(list);
      Directory.requireOrder(last, entry.name());
      last = entry.name();
      if (entry.node() instanceof DirectoryNode directory) {
        size = add(size, directory.size());
      }
    }
  }

  private Entry readEntry(int list) {
    at++;
    int length = length();
    int end = at + length;
    PathComponent name = new PathComponent(bytes(NAME, "name"));
    Node node = switch (list) {
      case DIRECTORIES -> new DirectoryNode(digest(), number(SIZE));
      case FILES -> new FileNode(digest(), number(SIZE), flag(EXECUTABLE));
      default -> new SymlinkNode(bytes(TARGET, "target"));
    };
    if (at != end) {
      throw invalid("the end of entry '" + name + "' at byte " + end);
    }
    return new Entry(name, node);
  }

  private Blake3Digest digest() {
    ByteString digest = bytes(DIGEST, "digest");
    if (digest.length() != Blake3Digest.LENGTH) {
      throw new InvalidCastore("a digest in a directory has " + digest.length() + " bytes, not 32");
    }
    return Blake3Digest.of(digest.toByteArray());
  }

  private ByteString bytes(int field, String what) {
    if (!nextIs(field, BYTES)) {
      throw invalid("a " + what);
    }
    at++;
    int length = length();
    at += length;
    return ByteString.copyOf(encoding, at - length, length);
  }

  private boolean flag(int field) {
    long value = number(field);
    if (value > 1) {
      throw invalid("a flag, not " + value);
    }
    return value == 1;
  }

  /** @return 0 if the field is not there */
  private long number(int field) {
    if (!nextIs(field, VARINT)) {
      return 0;
    }
    at++;
    long value = varint();
    if (value == 0) {
      throw invalid("a number that is not 0, which is left out");
    }
    return value;
  }

  private boolean nextIs(int field, int type) {
    return at < encoding.length && encoding[at] == DirectoryEncoder.tag(field, type);
  }

  private int length() {
    long length = varint();
    if (length > encoding.length - at) {
      throw invalid("no more than the " + (encoding.length - at) + " bytes that follow, not " + length);
    }
    return (int) length;
  }

  /** @return not negative: sizes of 2^63 and more are refused */
  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 63 && at < encoding.length; shift += 7) {
      byte next = encoding[at++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        if (next == 0 && shift > 0) {
          throw invalid("a number in its shortest form");
        }
        return value;
      }
    }
    throw invalid("a number below 2^63");
  }

  private int[] run(int from, int to) {
    return Arrays.copyOfRange(starts, from, to);
  }

  /** Merges two sorted runs of entries. */
  private int[] merge(int[] left, int[] right) {
    if (left.length == 0 || right.length == 0) {
      return left.length == 0 ? right : left;
    }
    int[] merged = new int[left.length + right.length];
    ByteString leftName = nameAt(encoding, left[0]);
    ByteString rightName = nameAt(encoding, right[0]);
    for (int l = 0, r = 0; l + r < merged.length;) {
      int order = l == left.length ? 1 : r == right.length ? -1 : leftName.compareTo(rightName);
      if (order == 0) {
        throw new InvalidCastore("name '" + leftName + "' is there twice");
      }
      if (order < 0) {
        merged[l + r] = left[l];
        l++;
        leftName = l < left.length ? nameAt(encoding, left[l]) : leftName;
      } else {
        merged[l + r] = right[r];
        r++;
        rightName = r < right.length ? nameAt(encoding, right[r]) : rightName;
      }
    }
    return merged;
  }

  private static long add(long size, long more) {
    try {
      return Math.addExact(size, more);
    } catch (ArithmeticException _) {
      throw new InvalidCastore("the directories below have more than 2^63 entries in all");
    }
  }

  private InvalidCastore invalid(String expected) {
    return new InvalidCastore("directory encoding, byte " + at + ": expected " + expected);
  }
}
