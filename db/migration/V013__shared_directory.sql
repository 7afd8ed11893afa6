-- The directory, shared by all Kilns on this database, in which blobs, packs and logs are: what its file shared-id says.
create table shared_directory (
  one boolean primary key default true check (one),
  id text not null
);
