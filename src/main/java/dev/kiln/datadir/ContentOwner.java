package dev.kiln.datadir;

import java.util.Optional;

/** Remembers which shared directory the content is in that the database tells of. */
public interface ContentOwner {

  /** @return its id, if a Kiln has claimed this database */
  Optional<String> known();

  /** @return {@code id}, if nobody came before; else the id of whoever did */
  String claim(String id);
}
