package dev.kiln.castore.jpa;

import java.util.Objects;
import java.util.function.Function;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import org.jspecify.annotations.Nullable;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.jdbc.BulkInsert;

/** The columns {@code root_type}, {@code root_digest} and so on, which hold the root of a tree in more than one table. */
@Embeddable
public class NodeColumns {

  @Column(name = "root_type")
  private String type = "";
  @Column(name = "root_digest")
  private byte @Nullable [] digest;
  @Column(name = "root_size")
  private @Nullable Long size;
  @Column(name = "root_executable")
  private boolean executable;
  @Column(name = "root_target")
  private byte @Nullable [] target;

  protected NodeColumns() {}

  public static NodeColumns of(Node root) {
    NodeColumns columns = new NodeColumns();
    switch (root) {
      case DirectoryNode(Blake3Digest digest, long size) -> {
        columns.type = "directory";
        columns.digest = digest.toByteArray();
        columns.size = size;
      }
      case FileNode(Blake3Digest digest, long size, boolean executable) -> {
        columns.type = "file";
        columns.digest = digest.toByteArray();
        columns.size = size;
        columns.executable = executable;
      }
      case SymlinkNode(ByteString target) -> {
        columns.type = "symlink";
        columns.target = target.toByteArray();
      }
    }
    return columns;
  }

  /** @return {@code insert}, which fills these columns too */
  public static <T> BulkInsert<T> in(BulkInsert<T> insert, Function<T, NodeColumns> root) {
    return insert.column("root_type", "text", row -> root.apply(row).type)
        .column("root_digest", "bytea", row -> root.apply(row).digest)
        .column("root_size", "bigint", row -> root.apply(row).size)
        .column("root_executable", "boolean", row -> root.apply(row).executable)
        .column("root_target", "bytea", row -> root.apply(row).target);
  }

  public Node node() {
    return switch (type) {
      case "directory" -> new DirectoryNode(requireDigest(), Objects.requireNonNull(size));
      case "file" -> new FileNode(requireDigest(), Objects.requireNonNull(size), executable);
      case "symlink" -> new SymlinkNode(ByteString.copyOf(Objects.requireNonNull(target)));
      default -> throw new IllegalStateException("root_type '" + type + "'");
    };
  }

  private Blake3Digest requireDigest() {
    return Blake3Digest.of(Objects.requireNonNull(digest));
  }
}
