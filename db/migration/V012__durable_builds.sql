-- Builds belong to no process: any Kiln on this database takes up what is queued, and what a Kiln that died left behind.

-- The Kilns on this database. One whose lease has run out is taken for dead; it comes back under a new identity.
create table replica (
  id uuid primary key,
  -- where people find it
  address text not null,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null,
  -- it begins no more builds
  draining boolean not null default false
);

-- Of the Kiln that is being replaced, which had builds in its memory only.
update build set state = 'lost', ended_at = now(), failure = 'LOST', message = 'Kiln stopped before the build ended'
where state in ('queued', 'running');

alter table build
  alter submitted_at set default now(),
  -- who asked first: a network address and what the client calls itself
  add column requested_by text,
  -- the higher, the sooner
  add column priority integer not null default 0,
  -- how many builds, one after the other, wait for this one
  add column height integer not null default 0,
  -- how many builds this one waits for
  add column waits_for integer not null default 0 check (waits_for >= 0),
  -- when there was nothing more to wait for but a free job
  add column queued_at timestamptz default now(),
  -- not to be begun earlier: what failed for a reason of the machine's is tried again, but not at once
  add column not_before timestamptz,
  -- who runs it, or ran it last
  add column replica uuid,
  -- grows each time a replica takes it: who has an older number has lost it
  add column fence bigint not null default 0,
  add column attempt integer not null default 1,
  -- from the builder's end to the registration of what it made
  add column ingest_ms bigint,
  -- a failure that answers for the derivation until then
  add column remember_until timestamptz,
  drop constraint build_state_check,
  drop constraint build_check,
  drop constraint build_check1,
  add constraint build_state_check
    check (state in ('waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost')),
  add constraint build_ended_check check ((state in ('waiting', 'queued', 'running')) = (ended_at is null)),
  add constraint build_failure_check check ((state in ('failed', 'lost')) = (failure is not null)),
  add constraint build_waiting_check check (ended_at is not null or (state = 'waiting') = (waits_for > 0)),
  add constraint build_running_check check (state <> 'running' or (replica is not null and started_at is not null));

drop index build_live;
-- One at a time for a derivation, over all replicas.
create unique index build_live on build (derivation) where state in ('waiting', 'queued', 'running');
create index build_queue on build (priority desc, height desc, queued_at) where state = 'queued';
create index build_running on build (replica) where state = 'running';
create index build_remembered on build (derivation) where remember_until is not null;

-- Which builds a build waits for, or waited for.
create table build_input (
  build uuid not null references build on delete cascade,
  input uuid not null references build on delete cascade,
  primary key (build, input)
);
create index build_input_input on build_input (input);
