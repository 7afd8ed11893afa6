-- Known derivations: verified, and with all of their input derivations known.
create table derivation (
  hash bytea primary key check (octet_length(hash) = 20),
  name text not null check (name like '%.drv' and length(name) <= 211),
  aterm bytea not null,
  -- what stands for it in the hash of derivations that need it (Nix: hashDerivationModulo)
  modulo text not null,
  registered_at timestamptz not null
);

create table derivation_output (
  derivation bytea not null references derivation,
  name text not null,
  -- hash and name of the store path, where it is known before the build
  path bytea check (octet_length(path) = 20),
  path_name text,
  primary key (derivation, name),
  check ((path is null) = (path_name is null))
);
-- Several derivations can produce one fixed output.
create index derivation_output_path on derivation_output (path);

create table derivation_input (
  derivation bytea not null references derivation,
  input bytea not null references derivation,
  output text not null,
  primary key (derivation, input, output)
);
create index derivation_input_input on derivation_input (input);

-- Sources may arrive after the derivations that need them.
create table derivation_source (
  derivation bytea not null references derivation,
  source bytea not null check (octet_length(source) = 20),
  source_name text not null,
  primary key (derivation, source)
);
create index derivation_source_source on derivation_source (source);
