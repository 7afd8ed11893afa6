package dev.kiln.castore.jpa;

import java.util.Optional;

import org.springframework.data.repository.Repository;

interface DirectoryRows extends Repository<DirectoryRow, byte[]> {

  Optional<DirectoryRow> findById(byte[] digest);
}
