package dev.kiln.castore.jpa;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /** The columns' names, for a statement, and a place for a parameter for each, to be set by {@link #write}. */
  public static final String NAMES = "root_type, root_digest, root_size, root_executable, root_target";
  public static final String PLACES = "?, ?, ?, ?, ?";
  /** How many they are. */
  public static final int COUNT = 5;

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

  /** @return the columns of the table that is called {@code alias}, to be selected for {@link #read} */
  public static String names(String alias) {
    return Stream.of(NAMES.split(", ")).map(name -> alias + "." + name).collect(Collectors.joining(", "));
  }

  /** @return the root that a row tells in these columns */
  public static Node read(ResultSet row) throws SQLException {
    NodeColumns columns = new NodeColumns();
    columns.type = row.getString("root_type");
    columns.digest = row.getBytes("root_digest");
    columns.size = row.getObject("root_size", Long.class);
    columns.executable = row.getBoolean("root_executable");
    columns.target = row.getBytes("root_target");
    return columns.node();
  }

  /** @return {@code insert}, which fills these columns too */
  public static <T> BulkInsert<T> in(BulkInsert<T> insert, Function<T, NodeColumns> root) {
    return insert.column("root_type", "text", row -> root.apply(row).type)
        .column("root_digest", "bytea", row -> root.apply(row).digest)
        .column("root_size", "bigint", row -> root.apply(row).size)
        .column("root_executable", "boolean", row -> root.apply(row).executable)
        .column("root_target", "bytea", row -> root.apply(row).target);
  }

  /** @param first the number of the first of the statement's parameters that are {@link #PLACES} */
  public void write(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, type);
    statement.setBytes(first + 1, digest);
    statement.setObject(first + 2, size, Types.BIGINT);
    statement.setBoolean(first + 3, executable);
    statement.setBytes(first + 4, target);
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
