-- Directories of castore, each once, by the BLAKE3 digest of their canonical encoding.
create table directory (
  digest bytea primary key check (octet_length(digest) = 32),
  -- number of entries below, at any depth
  size bigint not null check (size >= 0),
  -- canonical protobuf, as it was digested
  encoded bytea not null
);
