-- What a derivation needs stands in its own row: a plan reads one row for each derivation instead of one for each of its dozens of
-- inputs, and registering writes as many fewer, with neither an index nor a foreign key to look after. That the inputs are known is
-- seen to by whoever inserts.
alter table derivation
  -- hashes of the input derivations, each as often as outputs of it are wanted; the outputs' names
  add column inputs bytea[] not null default '{}',
  add column input_outputs text[] not null default '{}',
  add constraint derivation_inputs_check check (cardinality(inputs) = cardinality(input_outputs));

update derivation set inputs = edges.inputs, input_outputs = edges.outputs
from (
  select derivation, array_agg(input order by input, output) as inputs, array_agg(output order by input, output) as outputs
  from derivation_input group by derivation) edges
where edges.derivation = derivation.hash;

drop table derivation_input;

-- One row for each edge. Quick where the derivation is given.
create view derivation_input (derivation, input, output) as
select derivation.hash, edge.input, edge.output
from derivation cross join lateral unnest(derivation.inputs, derivation.input_outputs) as edge (input, output);

-- A graph of builds is submitted in one transaction, which holds the inputs' rows: looking for each again, edge by edge, took half of its
-- time. Builds that were submitted are not deleted.
alter table build_input drop constraint build_input_input_fkey;
