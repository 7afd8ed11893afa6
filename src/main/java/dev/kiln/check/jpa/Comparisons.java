package dev.kiln.check.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

import dev.kiln.bytes.ByteString;
import dev.kiln.castore.Node;
import dev.kiln.castore.Node.DirectoryNode;
import dev.kiln.castore.Node.FileNode;
import dev.kiln.castore.Node.SymlinkNode;
import dev.kiln.check.Difference;
import dev.kiln.check.OutputComparison;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.jdbc.BulkInsert;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

/** The rows of {@code rebuild_check_output} and {@code rebuild_difference}: thousands for one check, so without entities. */
@Component
class Comparisons {

  private static final String FIND_OUTPUTS = """
      select output, stored, stored_name, rebuilt, rebuilt_name, truncated
      from rebuild_check_output where check_id = ? order by output""";

  private static final String FIND_DIFFERENCES = """
      select output, path, stored_type, stored_digest, stored_size, stored_executable, stored_target,
        rebuilt_type, rebuilt_digest, rebuilt_size, rebuilt_executable, rebuilt_target
      from rebuild_difference where check_id = ? order by output, position""";

  private record Row(UUID check, OutputComparison output, int position) {
    Difference difference() {
      return output.differences().get(position);
    }
  }

  private static final BulkInsert<Row> OUTPUTS = BulkInsert.<Row>into("rebuild_check_output")
      .column("check_id", "uuid", Row::check)
      .column("output", "text", row -> row.output().output())
      .column("stored", "bytea", row -> row.output().stored().hash().toByteArray())
      .column("stored_name", "text", row -> row.output().stored().name().value())
      .column("rebuilt", "bytea", row -> row.output().rebuilt().hash().toByteArray())
      .column("rebuilt_name", "text", row -> row.output().rebuilt().name().value())
      .column("truncated", "boolean", row -> row.output().truncated());

  private static final BulkInsert<Row> DIFFERENCES = node("rebuilt", row -> row.difference().rebuilt(),
      node("stored", row -> row.difference().stored(), BulkInsert.<Row>into("rebuild_difference")
          .column("check_id", "uuid", Row::check)
          .column("output", "text", row -> row.output().output())
          .column("position", "integer", Row::position)
          .column("path", "bytea", row -> row.difference().path().toByteArray())));

  private final JdbcTemplate jdbc;

  Comparisons(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  void insert(UUID check, List<OutputComparison> outputs) {
    OUTPUTS.insert(jdbc, outputs.stream().map(output -> new Row(check, output, 0)).toList());
    List<Row> differences = new ArrayList<>();
    for (OutputComparison output : outputs) {
      for (int i = 0; i < output.differences().size(); i++) {
        differences.add(new Row(check, output, i));
      }
    }
    DIFFERENCES.insert(jdbc, differences);
  }

  /** @return in the order of their names */
  List<OutputComparison> find(UUID check) {
    Map<String, List<Difference>> differences = new HashMap<>();
    jdbc.query(FIND_DIFFERENCES, row -> {
      differences.computeIfAbsent(row.getString("output"), _ -> new ArrayList<>()).add(new Difference(
          ByteString.owning(row.getBytes("path")), node(row, "stored"), node(row, "rebuilt")));
    }, check);
    return jdbc.query(FIND_OUTPUTS, (row, _) -> new OutputComparison(row.getString("output"), path(row, "stored"),
        path(row, "rebuilt"), differences.getOrDefault(row.getString("output"), List.of()),
        row.getBoolean("truncated")), check);
  }

  private static StorePath path(ResultSet row, String column) throws SQLException {
    return new StorePath(StorePathHash.of(row.getBytes(column)), new StorePathName(row.getString(column + "_name")));
  }

  /** @param prefix of the columns' names */
  private static BulkInsert<Row> node(String prefix, Function<Row, Optional<Node>> node, BulkInsert<Row> insert) {
    return insert.column(prefix + "_type", "text", row -> node.apply(row).map(Comparisons::type).orElse(null))
        .column(prefix + "_digest", "bytea", row -> digest(node.apply(row).orElse(null)))
        .column(prefix + "_size", "bigint", row -> size(node.apply(row).orElse(null)))
        .column(prefix + "_executable", "boolean",
            row -> node.apply(row).orElse(null) instanceof FileNode file ? file.executable() : null)
        .column(prefix + "_target", "bytea",
            row -> node.apply(row).orElse(null) instanceof SymlinkNode(ByteString target)
                ? target.toByteArray()
                : null);
  }

  private static String type(Node node) {
    return switch (node) {
      case DirectoryNode _ -> "directory";
      case FileNode _ -> "file";
      case SymlinkNode _ -> "symlink";
    };
  }

  private static byte @Nullable [] digest(@Nullable Node node) {
    return switch (node) {
      case DirectoryNode directory -> directory.digest().toByteArray();
      case FileNode file -> file.digest().toByteArray();
      case SymlinkNode _ -> null;
      case null -> null;
    };
  }

  private static @Nullable Long size(@Nullable Node node) {
    return switch (node) {
      case DirectoryNode directory -> directory.size();
      case FileNode file -> file.size();
      case SymlinkNode _ -> null;
      case null -> null;
    };
  }

  private static Optional<Node> node(ResultSet row, String prefix) throws SQLException {
    String type = row.getString(prefix + "_type");
    if (type == null) {
      return Optional.empty();
    }
    return Optional.of(switch (type) {
      case "directory" ->
        new DirectoryNode(Blake3Digest.of(row.getBytes(prefix + "_digest")), row.getLong(prefix + "_size"));
      case "file" -> new FileNode(Blake3Digest.of(row.getBytes(prefix + "_digest")), row.getLong(prefix + "_size"),
          row.getBoolean(prefix + "_executable"));
      case "symlink" -> new SymlinkNode(ByteString.owning(row.getBytes(prefix + "_target")));
      default -> throw new IllegalStateException(prefix + "_type '" + type + "'");
    });
  }
}
