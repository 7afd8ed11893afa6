package dev.kiln.castore.jpa;

import java.util.Collection;
import java.util.List;
import java.util.Set;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PackRows extends Repository<PackRow, Long> {

  @Query("select p.id from PackRow p where not p.indexed order by p.id")
  List<Long> findNotIndexed();

  @Query("select p.id from PackRow p where p.id in :ids")
  Set<Long> findRegistered(Collection<Long> ids);
}
