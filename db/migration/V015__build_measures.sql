-- What the processes of a build used together, as far as it was measured.
alter table build
  add column processor_ms bigint check (processor_ms >= 0),
  -- in bytes
  add column peak_memory bigint check (peak_memory >= 0);
