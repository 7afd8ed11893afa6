package dev.kiln.pathinfo.jpa;

import java.util.List;

import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;

interface PathInfoRows extends Repository<PathInfoRow, byte[]> {

  @Query("select p from PathInfoRow p join p.references r where r.hash = :hash")
  List<PathInfoRow> findReferrers(byte[] hash);
}
