package dev.kiln.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Inserts rows into a table, a thousand with each statement: every column travels as one array. Rows whose key is there
 * already are left as they are, so who comes first wins. Callers sort the rows by key, so that two writers of the same rows
 * wait for each other instead of dead-locking.
 *
 * @param <T> what a row is made of
 */
public final class BulkInsert<T> {

  /** Rows in one statement. */
  private static final int BATCH = 1_000;

  private record Column<T>(String name, String type, String expression, Function<T, @Nullable Object> value) {}

  private final String table;
  private final List<Column<T>> columns = new ArrayList<>();

  private BulkInsert(String table) {
    this.table = table;
  }

  public static <T> BulkInsert<T> into(String table) {
    return new BulkInsert<>(table);
  }

  /** @param type the column's, as SQL calls it */
  public BulkInsert<T> column(String name, String type, Function<T, @Nullable Object> value) {
    return column(name, type, name, value);
  }

  /** @param expression makes the column's value of one of {@code type}, which it calls {@code name} */
  public BulkInsert<T> column(String name, String type, String expression, Function<T, @Nullable Object> value) {
    columns.add(new Column<>(name, type, expression, value));
    return this;
  }

  /**
   * Makes an array of hashes that come as one value, one behind the other: arrays of arrays do not travel.
   *
   * @param length of each, in bytes
   */
  public static String hashes(String name, int length) {
    return "array(select substring(%1$s from place for %2$d) from generate_series(1, octet_length(%1$s), %2$d) place order by place)"
        .formatted(name, length);
  }

  /** @return the keys, as {@code key} calls their column, of the rows that were not there before */
  public List<byte[]> insertReturning(String key, JdbcTemplate jdbc, List<T> rows) {
    String sql = sql() + " returning " + key;
    List<byte[]> inserted = new ArrayList<>();
    for (List<T> batch : batches(rows)) {
      inserted.addAll(jdbc.query(sql, statement -> setColumns(statement, batch), (row, _) -> row.getBytes(1)));
    }
    return inserted;
  }

  public void insert(JdbcTemplate jdbc, List<T> rows) {
    String sql = sql();
    for (List<T> batch : batches(rows)) {
      jdbc.update(sql, statement -> setColumns(statement, batch));
    }
  }

  private String sql() {
    String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
    String expressions = columns.stream().map(Column::expression).collect(Collectors.joining(", "));
    String arrays = columns.stream().map(column -> "?::" + column.type() + "[]").collect(Collectors.joining(", "));
    return """
        insert into %s (%s) select %s from unnest(%s) as given (%s) on conflict do nothing"""
        .formatted(table, names, expressions, arrays, names);
  }

  private void setColumns(PreparedStatement statement, List<T> rows) throws SQLException {
    Connection connection = statement.getConnection();
    for (int i = 0; i < columns.size(); i++) {
      Column<T> column = columns.get(i);
      // the driver takes bytea for what it is only if the array's type says so
      Object[] values = rows.stream().map(column.value())
          .toArray(column.type().equals("bytea") ? byte[][]::new : Object[]::new);
      statement.setArray(i + 1, connection.createArrayOf(column.type(), values));
    }
  }

  private static <T> List<List<T>> batches(List<T> rows) {
    List<List<T>> batches = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += BATCH) {
      batches.add(rows.subList(from, Math.min(from + BATCH, rows.size())));
    }
    return batches;
  }
}
