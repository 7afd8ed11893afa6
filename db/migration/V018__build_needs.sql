-- What it takes to build a derivation, in words with blanks between: its system, or the builtin that is its builder, then a word with
-- a + before it for each feature that it requires. Null where it was registered before this was looked at.
alter table derivation add column needs text collate "C";

-- Nothing where it is not known: any Kiln may try.
alter table build add column needs text collate "C" not null default '';

-- The words that a Kiln has to offer; null if it runs no builds.
alter table replica add column offers text[];

drop index build_queue;
create index build_queue on build (priority desc, lane desc, needs desc, height desc, queued_at) where state = 'queued';
create index build_needs on build (needs) where state in ('waiting', 'queued');
