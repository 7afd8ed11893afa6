-- What a path refers to, once more in its own row, so that a look-up reads that one row instead of two for each reference, which lie anywhere.
-- Null where it was registered before: path_reference, which keeps the promise that they are here, tells it.
alter table path_info
  add column reference_hashes bytea[],
  add column reference_names text[],
  add constraint path_info_references_check check (cardinality(reference_hashes) = cardinality(reference_names));
