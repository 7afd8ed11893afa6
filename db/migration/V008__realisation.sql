-- What stands for a derivation in the names of its outputs' realisations (Nix: staticOutputHashes). Null where the derivation was
-- registered before there were any: Kiln fills it in when it starts.
alter table derivation add column output_hash bytea check (octet_length(output_hash) = 32);
create index derivation_output_hash on derivation (output_hash);

-- Which path an output of a derivation came to have, where the derivation alone does not tell.
create table realisation (
  -- of the derivation; any number of derivations, known or not, can have it
  output_hash bytea not null check (octet_length(output_hash) = 32),
  output text not null check (length(output) between 1 and 211),
  out_path bytea not null references path_info,
  signatures text[] not null default '{}',
  realised_at timestamptz not null,
  primary key (output_hash, output)
);
create index realisation_out_path on realisation (out_path);

-- The realisations that a realised path's references come from. They have the paths that it refers to: that is not said again.
create table realisation_dependency (
  output_hash bytea not null,
  output text not null,
  dependency_hash bytea not null,
  dependency_output text not null,
  primary key (output_hash, output, dependency_hash, dependency_output),
  foreign key (output_hash, output) references realisation,
  foreign key (dependency_hash, dependency_output) references realisation
);
