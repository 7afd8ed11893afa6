-- What is in small packs whose files are not yet forced to disk: a commit keeps them safe at once, and the files are forced later, many at
-- a time. What is left here when the machine stops makes the files again.
create table pack_journal (
  pack bigint primary key references pack,
  -- the whole file
  content bytea not null check (octet_length(content) > 0)
);
-- It lives for seconds, and its blobs may be compressed already.
alter table pack_journal alter column content set storage external;
