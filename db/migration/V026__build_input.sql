-- A graph of builds is submitted in one transaction, which holds the inputs' rows: looking for each again, edge by edge, took half of its
-- time. Builds that were submitted are not deleted.
alter table build_input drop constraint build_input_input_fkey;
