-- The paths that are here: each a promise that all of its bytes can be read, and those of all that it refers to.
create table path_info (
  hash bytea primary key check (octet_length(hash) = 20),
  name text not null check (length(name) between 1 and 211),
  root_type text not null check (root_type in ('directory', 'file', 'symlink')),
  -- of the directory's encoding, or of the file's content
  root_digest bytea check (octet_length(root_digest) = 32),
  -- a directory's number of entries below, a file's bytes
  root_size bigint check (root_size >= 0),
  root_executable boolean not null default false,
  root_target bytea check (octet_length(root_target) between 1 and 4095),
  nar_sha256 bytea not null check (octet_length(nar_sha256) = 32),
  nar_size bigint not null check (nar_size > 0 and nar_size % 8 = 0),
  -- base name of the derivation
  deriver text check (deriver like '%.drv'),
  -- in Nix's text form
  ca text check (ca like 'text:%' or ca like 'fixed:%'),
  signatures text[] not null default '{}',
  registered_at timestamptz not null,
  check (case root_type
    when 'symlink' then root_target is not null and root_digest is null and root_size is null
    else root_target is null and root_digest is not null and root_size is not null
  end),
  check (root_type = 'file' or not root_executable)
);

-- What refers to what. The foreign keys are the closure promise: whatever a path refers to is here.
create table path_reference (
  referrer bytea not null references path_info,
  reference bytea not null references path_info,
  primary key (referrer, reference)
);
create index path_reference_reference on path_reference (reference, referrer);
