package dev.kiln.pathinfo.jpa;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PathInfoRows extends Repository<PathInfoRow, byte[]> {

  @Query("select p from PathInfoRow p left join fetch p.references where p.hash = :hash")
  Optional<PathInfoRow> findWithReferences(byte[] hash);

  @Query("select p.hash from PathInfoRow p where p.narSha256 = :narSha256 limit 1")
  Optional<byte[]> findOneByNar(byte[] narSha256);

  @Query("select p.hash from PathInfoRow p where p.ca = :ca and p.references is empty limit 1")
  Optional<byte[]> findOneByContentAddress(String ca);

  @Query("select distinct p from PathInfoRow p left join fetch p.references where p.hash in :hashes")
  List<PathInfoRow> findAllWithReferences(Collection<byte[]> hashes);

  @Query("select p from PathInfoRow p join p.references r where r.hash = :hash")
  List<PathInfoRow> findReferrers(byte[] hash);
}
