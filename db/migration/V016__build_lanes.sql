-- Whose builds are whose, so that none has to wait for all that another asked for.
alter table build
  -- a hash of requested_by
  add column requester integer not null default 0,
  -- builds of one lane are begun in turn with those of others; another one than the requester's if somebody else asked for the build, too
  add column lane integer not null default 0;
