package dev.kiln.pathinfo.jpa;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import dev.kiln.hash.NixHash;
import dev.kiln.pathinfo.MissingReferenceException;
import dev.kiln.pathinfo.PathInfo;
import dev.kiln.pathinfo.PathInfos;
import dev.kiln.pathinfo.Signature;
import dev.kiln.storepath.ContentAddress;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

@Repository
class JpaPathInfos implements PathInfos {

  private static final String PRESENT = "select hash from path_info where hash = any(?::bytea[])";

  private static final String ADD_SIGNATURES = """
      update path_info set signatures = (signatures || array(
        select signature from unnest(?::text[]) with ordinality as given (signature, place)
        where signature <> all (signatures) order by place))[1:?]
      where hash = ?""";

  private final PathInfoRows rows;
  private final PathInfoQueries queries;
  private final PathInfoInserts inserts;
  private final JdbcTemplate jdbc;
  private final TransactionTemplate transactions;

  JpaPathInfos(PathInfoRows rows, PathInfoQueries queries, PathInfoInserts inserts, JdbcTemplate jdbc,
      TransactionTemplate transactions) {
    this.rows = rows;
    this.queries = queries;
    this.inserts = inserts;
    this.jdbc = jdbc;
    this.transactions = transactions;
  }

  @Override
  public Optional<PathInfo> find(StorePathHash path) {
    return queries.find(path);
  }

  @Override
  public Optional<PathInfo> findByNarHash(NixHash narHash) {
    return queries.findByNar(narHash);
  }

  @Override
  public Optional<PathInfo> findByContentAddress(ContentAddress.Fixed address) {
    return queries.findByContentAddress(address);
  }

  @Override
  public Set<StorePathHash> present(Collection<StorePathHash> paths) {
    return new HashSet<>(hashes(PRESENT, paths));
  }

  @Override
  public List<PathInfo> closure(Collection<StorePathHash> paths) {
    return paths.isEmpty() ? List.of() : queries.findClosure(paths);
  }

  @Override
  @Transactional(readOnly = true)
  public SortedSet<StorePath> referrers(StorePathHash path) {
    SortedSet<StorePath> referrers = new TreeSet<>();
    rows.findReferrers(path.toByteArray())
        .forEach(row -> referrers.add(new StorePath(StorePathHash.of(row.hash), new StorePathName(row.name))));
    return referrers;
  }

  @Override
  public Set<StorePathHash> register(Collection<PathInfo> paths) {
    if (paths.size() == 1) {
      PathInfo path = paths.iterator().next();
      return inserts.insert(path) ? Set.of(path.path().hash()) : Set.of();
    }
    return transactions.execute(_ -> registerTogether(paths));
  }

  private Set<StorePathHash> registerTogether(Collection<PathInfo> paths) {
    SortedSet<StorePath> missing = missingReferences(paths);
    if (!missing.isEmpty()) {
      throw new MissingReferenceException(missing);
    }
    return inserts.insert(paths);
  }

  @Override
  public void addSignatures(StorePathHash path, Collection<Signature> signatures) {
    if (!signatures.isEmpty()) {
      String[] given = signatures.stream().map(Signature::toString).distinct().toArray(String[]::new);
      jdbc.update(ADD_SIGNATURES, statement -> {
        statement.setArray(1, statement.getConnection().createArrayOf("text", given));
        statement.setInt(2, MAX_SIGNATURES);
        statement.setBytes(3, path.toByteArray());
      });
    }
  }

  private SortedSet<StorePath> missingReferences(Collection<PathInfo> paths) {
    SortedSet<StorePath> missing = new TreeSet<>();
    paths.forEach(info -> missing.addAll(info.references()));
    paths.forEach(info -> missing.remove(info.path()));
    Set<StorePathHash> present = present(missing.stream().map(StorePath::hash).toList());
    missing.removeIf(path -> present.contains(path.hash()));
    return missing;
  }

  private List<StorePathHash> hashes(String query, Collection<StorePathHash> paths) {
    if (paths.isEmpty()) {
      return List.of();
    }
    byte[][] keys = paths.stream().map(StorePathHash::toByteArray).toArray(byte[][]::new);
    return jdbc.query(query, statement -> statement.setArray(1, statement.getConnection().createArrayOf("bytea", keys)),
        (row, _) -> StorePathHash.of(row.getBytes(1)));
  }

}
