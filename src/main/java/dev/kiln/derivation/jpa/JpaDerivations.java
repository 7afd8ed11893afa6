package dev.kiln.derivation.jpa;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementSetter;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

import dev.kiln.bytes.ByteString;
import dev.kiln.derivation.ATermReader;
import dev.kiln.derivation.Derivation;
import dev.kiln.derivation.DerivationFile;
import dev.kiln.derivation.DerivationHash;
import dev.kiln.derivation.Derivations;
import dev.kiln.derivation.KnownDerivation;
import dev.kiln.derivation.VerifiedDerivations;
import dev.kiln.derivation.jpa.DerivationRows.OutputView;
import dev.kiln.derivation.jpa.DerivationRows.PathView;
import dev.kiln.hash.NixHash;
import dev.kiln.storepath.StorePath;
import dev.kiln.storepath.StorePathHash;
import dev.kiln.storepath.StorePathName;

@Repository
class JpaDerivations implements Derivations {

  /** Keys in one query. */
  private static final int PAGE = 1_000;

  private static final String HASHES = "select hash, modulo from derivation where hash = any(?::bytea[])";
  private static final String KNOWN = "select hash from derivation where hash = any(?::bytea[])";
  private static final String FIND = "select name, aterm, modulo, output_hash from derivation where hash = ?";

  private static final String PRODUCERS = """
      select derivation.hash, derivation.name
      from derivation_output output join derivation on derivation.hash = output.derivation
      where output.path = ? and output.path_name = ? order by derivation.registered_at, derivation.hash""";

  private final DerivationRows rows;
  private final DerivationInserts inserts;
  private final JdbcTemplate jdbc;

  JpaDerivations(DerivationRows rows, DerivationInserts inserts, JdbcTemplate jdbc) {
    this.rows = rows;
    this.inserts = inserts;
    this.jdbc = jdbc;
  }

  /** By a plain statement: every look-up of a path that is not here comes to it. */
  @Override
  public Optional<KnownDerivation> find(StorePathHash derivation) {
    byte[] hash = derivation.toByteArray();
    return jdbc.query(FIND, (row, _) -> toKnownDerivation(path(hash, row.getString("name")), row), hash).stream()
        .findFirst();
  }

  /** By plain statements, as {@link #known}: whatever is registered asks both. */
  @Override
  public Map<StorePathHash, DerivationHash> hashes(Collection<StorePathHash> derivations) {
    Map<StorePathHash, DerivationHash> modulos = new HashMap<>();
    pages(derivations).forEach(page -> jdbc.query(HASHES, given(page), row -> {
      modulos.put(StorePathHash.of(row.getBytes(1)), DerivationHash.parse(row.getString(2)));
    }));
    return modulos;
  }

  /** By a plain statement: every build that somebody asks for begins with it. */
  @Override
  public List<StorePath> producersOf(StorePath output) {
    return jdbc.query(PRODUCERS, (row, _) -> path(row.getBytes(1), row.getString(2)), output.hash().toByteArray(),
        output.name().value());
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<StorePath> findOutput(StorePathHash output) {
    return rows.findOutput(output.toByteArray()).map(row -> path(row.getHash(), row.getName()));
  }

  @Override
  @Transactional(readOnly = true)
  public Optional<StorePath> findByOutputHash(NixHash outputHash) {
    return rows.findByOutputHash(outputHash.value().toByteArray()).map(row -> path(row.getHash(), row.getName()));
  }

  @Override
  @Transactional(readOnly = true)
  public Map<StorePathHash, Map<String, Optional<StorePath>>> outputs(Collection<StorePathHash> derivations) {
    Map<StorePathHash, Map<String, Optional<StorePath>>> outputs = new HashMap<>();
    pages(derivations).forEach(page -> rows.findOutputs(page).forEach(
        row -> outputs.computeIfAbsent(StorePathHash.of(row.getDerivation()), _ -> new TreeMap<>()).put(
            row.getOutput(), statedPath(row))));
    return outputs;
  }

  private static Optional<StorePath> statedPath(OutputView row) {
    byte[] hash = row.getHash();
    String name = row.getName();
    return hash == null || name == null ? Optional.empty() : Optional.of(path(hash, name));
  }

  @Override
  @Transactional(readOnly = true)
  public List<StorePath> closure(StorePathHash derivation) {
    return paths(rows.findClosure(derivation.toByteArray()));
  }

  @Override
  public Set<StorePathHash> known(Collection<StorePathHash> derivations) {
    Set<StorePathHash> known = new HashSet<>();
    pages(derivations).forEach(page -> jdbc.query(KNOWN, given(page), row -> {
      known.add(StorePathHash.of(row.getBytes(1)));
    }));
    return known;
  }

  @Override
  @Transactional
  public int register(VerifiedDerivations derivations) {
    return inserts.insert(derivations);
  }

  private KnownDerivation toKnownDerivation(StorePath path, ResultSet row) throws SQLException {
    ByteString aterm = ByteString.owning(row.getBytes("aterm"));
    DerivationFile file = new DerivationFile(path, aterm, ATermReader.read(aterm));
    byte[] outputHash = row.getBytes("output_hash");
    return new KnownDerivation(file, DerivationHash.parse(row.getString("modulo")),
        outputHash == null ? outputHash(file.derivation()) : NixHash.sha256(outputHash));
  }

  /** Of a derivation that was registered before this hash was kept. */
  private NixHash outputHash(Derivation derivation) {
    Map<StorePathHash, DerivationHash> inputs = hashes(
        derivation.inputDerivations().keySet().stream().map(StorePath::hash).toList());
    return DerivationHash.ofOutputs(derivation, input -> inputs.get(input.hash()));
  }

  private static PreparedStatementSetter given(List<byte[]> hashes) {
    return statement -> statement.setArray(1,
        statement.getConnection().createArrayOf("bytea", hashes.toArray(byte[][]::new)));
  }

  private static List<List<byte[]>> pages(Collection<StorePathHash> hashes) {
    List<byte[]> keys = hashes.stream().map(StorePathHash::toByteArray).toList();
    List<List<byte[]>> pages = new ArrayList<>();
    for (int from = 0; from < keys.size(); from += PAGE) {
      pages.add(keys.subList(from, Math.min(from + PAGE, keys.size())));
    }
    return pages;
  }

  private static List<StorePath> paths(List<PathView> rows) {
    return rows.stream().map(row -> path(row.getHash(), row.getName())).toList();
  }

  private static StorePath path(byte[] hash, String name) {
    return new StorePath(StorePathHash.of(hash), new StorePathName(name));
  }
}
