-- Every build that was asked for, one row each time.
create table build (
  id uuid primary key,
  derivation bytea not null references derivation,
  derivation_name text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'lost')),
  submitted_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  -- of a failure: its kind, and the sentence that tells it
  failure text,
  message text,
  exit_code integer,
  -- the build that failed, where this one failed for want of its outputs
  failed_input uuid references build,
  log_size bigint not null default 0 check (log_size >= 0),
  check ((state in ('queued', 'running')) = (ended_at is null)),
  check ((state in ('failed', 'lost')) = (failure is not null))
);
create index build_derivation on build (derivation, submitted_at desc);
create index build_submitted on build (submitted_at desc, id);
create index build_live on build (state) where state in ('queued', 'running');
