-- Every time that what is here was built again, to see whether the same comes of it.
create table rebuild_check (
  id uuid primary key,
  build uuid not null references build on delete cascade,
  derivation bytea not null,
  derivation_name text not null,
  state text not null check (state in ('queued', 'running', 'identical', 'different', 'failed', 'lost')),
  -- who builds; whose lease has run out has lost it
  replica uuid not null,
  submitted_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  -- of a failure: its kind, and the sentence that tells it
  failure text,
  message text,
  exit_code integer,
  check ((state in ('queued', 'running')) = (ended_at is null)),
  check ((state = 'failed') = (failure is not null)),
  check ((failure is null) = (message is null))
);
create index rebuild_check_build on rebuild_check (build, submitted_at desc);
-- One at a time for each derivation.
create unique index rebuild_check_live on rebuild_check (derivation) where state in ('queued', 'running');

-- What a check compared. The paths may be gone since.
create table rebuild_check_output (
  check_id uuid not null references rebuild_check on delete cascade,
  output text not null check (length(output) between 1 and 211),
  stored bytea not null check (octet_length(stored) = 20),
  stored_name text not null,
  -- another path, where the content names it
  rebuilt bytea not null check (octet_length(rebuilt) = 20),
  rebuilt_name text not null,
  -- whether there are more differences than are kept
  truncated boolean not null,
  primary key (check_id, output)
);
create index rebuild_check_output_stored on rebuild_check_output (stored);

-- What differed. Of each side: null where there is nothing.
create table rebuild_difference (
  check_id uuid not null,
  output text not null,
  -- counted from 0, in the order of the paths
  position integer not null check (position >= 0),
  -- below the output; empty for the output itself
  path bytea not null,
  stored_type text check (stored_type in ('directory', 'file', 'symlink')),
  stored_digest bytea check (octet_length(stored_digest) = 32),
  -- of a file in bytes, of a directory in entries
  stored_size bigint check (stored_size >= 0),
  stored_executable boolean,
  stored_target bytea,
  rebuilt_type text check (rebuilt_type in ('directory', 'file', 'symlink')),
  rebuilt_digest bytea check (octet_length(rebuilt_digest) = 32),
  rebuilt_size bigint check (rebuilt_size >= 0),
  rebuilt_executable boolean,
  rebuilt_target bytea,
  primary key (check_id, output, position),
  foreign key (check_id, output) references rebuild_check_output on delete cascade,
  check (stored_type is not null or rebuilt_type is not null)
);
