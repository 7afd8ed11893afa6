package dev.kiln.derivation.jpa;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface DerivationRows extends Repository<DerivationRow, byte[]> {

  /** What names a derivation. */
  interface PathView {
    byte[] getHash();

    String getName();
  }

  /** An output, whose path may not be known. */
  interface OutputView {
    byte[] getDerivation();

    String getOutput();

    byte @Nullable [] getHash();

    @Nullable
    String getName();
  }

  @Query("select o.path as hash, o.pathName as name from DerivationOutputRow o where o.path = :path limit 1")
  Optional<PathView> findOutput(byte[] path);

  @Query("""
      select o.key.derivation as derivation, o.key.name as output, o.path as hash, o.pathName as name
      from DerivationOutputRow o where o.key.derivation in :derivations""")
  List<OutputView> findOutputs(Collection<byte[]> derivations);

  @Query("select d.hash as hash, d.name as name from DerivationRow d where d.outputHash = :outputHash order by d.registeredAt, d.hash limit 1")
  Optional<PathView> findByOutputHash(byte[] outputHash);

  @Query(nativeQuery = true, value = """
      with recursive closure (hash) as (
        select hash from derivation where hash = :derivation
        union
        select unnest(derivation.inputs) from closure join derivation using (hash)
      )
      select derivation.hash as hash, derivation.name as name from closure join derivation using (hash)""")
  List<PathView> findClosure(byte[] derivation);
}
