-- A binary cache's clients ask for NARs by their hash.
create index path_info_nar_sha256 on path_info (nar_sha256);
