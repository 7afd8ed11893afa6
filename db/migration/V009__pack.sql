-- Packs: files in the data directory that hold small blobs, and a table of them at their end. What is here can be made of those again.
create table pack (
  -- random; names the file
  id bigint primary key,
  -- whether each of its blobs is in packed_blob: that comes after the pack is kept
  indexed boolean not null
);

create index pack_not_indexed on pack (id) where not indexed;

create table packed_blob (
  digest bytea primary key check (octet_length(digest) = 32),
  pack bigint not null references pack,
  -- in the pack's file, in bytes
  start integer not null check (start >= 0),
  length integer not null check (length >= 0)
);
