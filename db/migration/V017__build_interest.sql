-- Who waits for builds that are not to go on when nobody does.
alter table build
  -- whether it goes on in any case
  add column kept boolean not null default true;

-- A replica of which readers wait for a build that may be cancelled.
create table build_interest (
  build uuid not null references build on delete cascade,
  replica uuid not null,
  -- null while they wait; when they have left, until when one of them may come back
  until timestamptz,
  primary key (build, replica)
);
