package dev.kiln.castore;

import java.io.ByteArrayOutputStream;

import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/** Writes the entries of snix's castore.proto in protobuf's canonical form: fields in order, defaults left out. */
final class DirectoryEncoder {

  /** Fields of the message Directory. */
  static final int DIRECTORIES = 1;
  static final int FILES = 2;
  static final int SYMLINKS = 3;

  /** Fields of an entry. A link's target has the number of a digest. */
  static final int NAME = 1;
  static final int DIGEST = 2;
  static final int TARGET = 2;
  static final int SIZE = 3;
  static final int EXECUTABLE = 4;

  static final int VARINT = 0;
  static final int BYTES = 2;

  private DirectoryEncoder() {}

  static int listOf(Node node) {
    return switch (node) {
      case DirectoryNode _ -> DIRECTORIES;
      case FileNode _ -> FILES;
      case SymlinkNode _ -> SYMLINKS;
    };
  }

  static int tag(int field, int type) {
    return field << 3 | type;
  }

  static void write(PathComponent name, Node node, ByteArrayOutputStream list) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream(64);
    bytes(NAME, name.bytes().toByteArray(), entry);
    switch (node) {
      case DirectoryNode directory -> {
        bytes(DIGEST, directory.digest().toByteArray(), entry);
        number(SIZE, directory.size(), entry);
      }
      case FileNode file -> {
        bytes(DIGEST, file.digest().toByteArray(), entry);
        number(SIZE, file.size(), entry);
        number(EXECUTABLE, file.executable() ? 1 : 0, entry);
      }
      case SymlinkNode link -> bytes(TARGET, link.target().toByteArray(), entry);
    }
    bytes(listOf(node), entry.toByteArray(), list);
  }

  private static void bytes(int field, byte[] value, ByteArrayOutputStream out) {
    out.write(tag(field, BYTES));
    varint(value.length, out);
    out.writeBytes(value);
  }

  private static void number(int field, long value, ByteArrayOutputStream out) {
    if (value != 0) {
      out.write(tag(field, VARINT));
      varint(value, out);
    }
  }

  private static void varint(long value, ByteArrayOutputStream out) {
    long rest = value;
    for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
      out.write((int) (rest & 0x7f | 0x80));
    }
    out.write((int) rest);
  }
}
