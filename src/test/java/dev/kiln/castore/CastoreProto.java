package dev.kiln.castore;

import java.util.SortedMap;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;

import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;

/** The messages of snix's castore.proto as protobuf-java encodes them. */
final class CastoreProto {

  private static final FileDescriptor FILE = file();
  private static final Descriptor DIRECTORY = FILE.findMessageTypeByName("Directory");

  private CastoreProto() {}

  static byte[] encode(SortedMap<PathComponent, Node> entries) {
    DynamicMessage.Builder directory = DynamicMessage.newBuilder(DIRECTORY);
    entries.forEach((name, node) -> {
      switch (node) {
        case DirectoryNode child -> directory.addRepeatedField(DIRECTORY.findFieldByNumber(1),
            entry("DirectoryEntry", bytes(name.bytes()), bytes(child.digest().toByteArray()), child.size()));
        case FileNode file -> directory.addRepeatedField(DIRECTORY.findFieldByNumber(2), entry("FileEntry",
            bytes(name.bytes()), bytes(file.digest().toByteArray()), file.size(), file.executable()));
        case SymlinkNode link -> directory.addRepeatedField(DIRECTORY.findFieldByNumber(3),
            entry("SymlinkEntry", bytes(name.bytes()), bytes(link.target())));
      }
    });
    return directory.build().toByteArray();
  }

  private static DynamicMessage entry(String type, Object... fields) {
    Descriptor descriptor = FILE.findMessageTypeByName(type);
    DynamicMessage.Builder entry = DynamicMessage.newBuilder(descriptor);
    for (int i = 0; i < fields.length; i++) {
      entry.setField(descriptor.findFieldByNumber(i + 1), fields[i]);
    }
    return entry.build();
  }

  private static ByteString bytes(dev.kiln.bytes.ByteString bytes) {
    return bytes(bytes.toByteArray());
  }

  private static ByteString bytes(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  private static FileDescriptor file() {
    FileDescriptorProto file = FileDescriptorProto.newBuilder().setName("castore.proto").setSyntax("proto3")
        .addMessageType(message("Directory").addField(list("directories", 1, "DirectoryEntry"))
            .addField(list("files", 2, "FileEntry")).addField(list("symlinks", 3, "SymlinkEntry")))
        .addMessageType(message("DirectoryEntry").addField(field("name", 1, FieldDescriptorProto.Type.TYPE_BYTES))
            .addField(field("digest", 2, FieldDescriptorProto.Type.TYPE_BYTES))
            .addField(field("size", 3, FieldDescriptorProto.Type.TYPE_UINT64)))
        .addMessageType(message("FileEntry").addField(field("name", 1, FieldDescriptorProto.Type.TYPE_BYTES))
            .addField(field("digest", 2, FieldDescriptorProto.Type.TYPE_BYTES))
            .addField(field("size", 3, FieldDescriptorProto.Type.TYPE_UINT64))
            .addField(field("executable", 4, FieldDescriptorProto.Type.TYPE_BOOL)))
        .addMessageType(message("SymlinkEntry").addField(field("name", 1, FieldDescriptorProto.Type.TYPE_BYTES))
            .addField(field("target", 2, FieldDescriptorProto.Type.TYPE_BYTES)))
        .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static DescriptorProto.Builder message(String name) {
    return DescriptorProto.newBuilder().setName(name);
  }

  private static FieldDescriptorProto field(String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL).build();
  }

  private static FieldDescriptorProto list(String name, int number, String type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number)
        .setType(FieldDescriptorProto.Type.TYPE_MESSAGE)
        .setTypeName(type).setLabel(FieldDescriptorProto.Label.LABEL_REPEATED).build();
  }
}
