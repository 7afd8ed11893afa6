-- How builds of a derivation of this name went before.
create index build_name on build (derivation_name, submitted_at desc, id);
