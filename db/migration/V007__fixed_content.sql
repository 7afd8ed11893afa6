-- What a fixed output has to be, in Nix's text form. Of derivations that came before this it is not known here: their builds
-- find out.
alter table derivation_output add column ca text check (ca like 'fixed:%');
-- One content can be here under any number of paths.
create index path_info_ca on path_info (ca) where ca is not null;
