package dev.kiln.castore.jpa;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.castore.Directories;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.jdbc.BulkInsert;

@Repository
class JpaDirectories implements Directories {

  private static final BulkInsert<Directory> DIRECTORIES = BulkInsert.<Directory>into("directory")
      .column("digest", "bytea", directory -> directory.digest().toByteArray())
      .column("size", "bigint", Directory::size)
      .column("encoded", "bytea", Directory::encode);

  private final DirectoryRows rows;
  private final JdbcTemplate jdbc;

  JpaDirectories(DirectoryRows rows, JdbcTemplate jdbc) {
    this.rows = rows;
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<Directory> find(Blake3Digest digest) {
    return rows.findById(digest.toByteArray()).map(row -> verified(digest, row));
  }

  /** A row that does not hash to its name is never served. */
  private static Directory verified(Blake3Digest digest, DirectoryRow row) {
    Directory directory = Directory.decode(row.encoded());
    if (!directory.digest().equals(digest) || directory.size() != row.size()) {
      throw new InvalidCastore("the stored directory " + digest + " is of digest " + directory.digest());
    }
    return directory;
  }

  @Override
  @Transactional
  public void putAll(Collection<Directory> directories) {
    DIRECTORIES.insert(jdbc, directories.stream().sorted(Comparator.comparing(Directory::digest)).toList());
  }
}
