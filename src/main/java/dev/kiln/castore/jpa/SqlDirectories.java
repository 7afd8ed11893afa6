package dev.kiln.castore.jpa;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

import dev.kiln.castore.Directories;
import dev.kiln.castore.Directory;
import dev.kiln.castore.InvalidCastore;
import dev.kiln.hash.Blake3Digest;
import dev.kiln.jdbc.BulkInsert;

/** By plain statements: every read of a tree that is not in memory is little else. One alone needs no transaction. */
@Repository
@EnableConfigurationProperties(DirectoryCacheProperties.class)
class SqlDirectories implements Directories {

  private static final BulkInsert<Directory> DIRECTORIES = BulkInsert.<Directory>into("directory")
      .column("digest", "bytea", directory -> directory.digest().toByteArray())
      .column("size", "bigint", Directory::size)
      .column("encoded", "bytea", Directory::encode);

  private static final String FIND = "select size, encoded from directory where digest = ?";

  /** Large ones are left out: what many are at once must not be more than a little memory holds. */
  private static final String PREFETCH = """
      select digest, size, encoded from directory where digest = any(?::bytea[]) and octet_length(encoded) <= ?""";
  private static final int MAX_PREFETCHED_BYTES = 16 << 10;

  /** What an entry of the cache takes beside the directory, in bytes. */
  private static final int OVERHEAD = 120;

  private final JdbcTemplate jdbc;
  /** Their names say what they hold: one that is here never becomes wrong. */
  private final Cache<Blake3Digest, Directory> cache;

  SqlDirectories(JdbcTemplate jdbc, DirectoryCacheProperties properties) {
    this.jdbc = jdbc;
    this.cache = Caffeine.newBuilder().maximumWeight(properties.directoryMemory().toBytes())
        .<Blake3Digest, Directory>weigher((_, directory) -> OVERHEAD + directory.footprint()).build();
  }

  @Override
  public Optional<Directory> find(Blake3Digest digest) {
    Directory known = cache.getIfPresent(digest);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Directory> found = jdbc
        .query(FIND, (row, _) -> verified(digest, row.getLong("size"), row.getBytes("encoded")), digest.toByteArray())
        .stream().findFirst();
    found.ifPresent(directory -> cache.put(digest, directory));
    return found;
  }

  @Override
  public void prefetch(Collection<Blake3Digest> digests) {
    byte[][] missing = digests.stream().filter(digest -> cache.getIfPresent(digest) == null)
        .map(Blake3Digest::toByteArray).toArray(byte[][]::new);
    if (missing.length > 1) {
      jdbc.query(PREFETCH, statement -> {
        statement.setArray(1, statement.getConnection().createArrayOf("bytea", missing));
        statement.setInt(2, MAX_PREFETCHED_BYTES);
      }, row -> {
        Blake3Digest digest = Blake3Digest.of(row.getBytes("digest"));
        cache.put(digest, verified(digest, row.getLong("size"), row.getBytes("encoded")));
      });
    }
  }

  /** A row that does not hash to its name is never served. */
  private static Directory verified(Blake3Digest digest, long size, byte[] encoded) {
    Directory directory = Directory.decode(encoded);
    if (!directory.digest().equals(digest) || directory.size() != size) {
      throw new InvalidCastore("the stored directory " + digest + " is of digest " + directory.digest());
    }
    return directory;
  }

  /** Of many, some may be kept before others fail: each says by itself what it is, and nothing names it yet. */
  @Override
  public void putAll(Collection<Directory> directories) {
    DIRECTORIES.insert(jdbc, directories.stream().sorted(Comparator.comparing(Directory::digest)).toList());
  }
}
