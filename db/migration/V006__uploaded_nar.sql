-- NARs that clients sent, before and after a narinfo made a path of them. Their content is in castore already.
create table uploaded_nar (
  -- <SHA-256 of the file as it was sent, nixbase32>.nar[.<suffix>]
  file_name text primary key check (length(file_name) between 56 and 64),
  compression text not null,
  file_size bigint not null check (file_size > 0),
  root_type text not null check (root_type in ('directory', 'file', 'symlink')),
  root_digest bytea check (octet_length(root_digest) = 32),
  root_size bigint check (root_size >= 0),
  root_executable boolean not null default false,
  root_target bytea check (octet_length(root_target) between 1 and 4095),
  nar_sha256 bytea not null check (octet_length(nar_sha256) = 32),
  nar_size bigint not null check (nar_size > 0 and nar_size % 8 = 0),
  uploaded_at timestamptz not null,
  check (case root_type
    when 'symlink' then root_target is not null and root_digest is null and root_size is null
    else root_target is null and root_digest is not null and root_size is not null
  end),
  check (root_type = 'file' or not root_executable)
);
create index uploaded_nar_uploaded_at on uploaded_nar (uploaded_at);

-- Logs of builds that ran elsewhere (nix store copy-log). The text is a blob.
create table uploaded_log (
  derivation bytea primary key check (octet_length(derivation) = 20),
  digest bytea not null check (octet_length(digest) = 32),
  size bigint not null check (size >= 0),
  uploaded_at timestamptz not null
);
