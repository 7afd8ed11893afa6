-- How long the last builds of a derivation of this name took.
create index build_times on build (derivation_name, ended_at desc) where state = 'succeeded';
