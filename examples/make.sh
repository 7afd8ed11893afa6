#!/bin/sh
# Makes drv/ and greeting.tar from greeting.nix, with Nix in a store of its own that is thrown away afterwards.
set -eu
cd "$(dirname "$0")"
root=$(mktemp -d)
trap 'chmod -R u+w "$root" && rm -rf "$root"' EXIT
nix-instantiate --store "$root" greeting.nix >/dev/null 2>&1
rm -rf drv && mkdir drv
cp "$root"/nix/store/*.drv drv/
chmod 644 drv/*
# The same bytes whoever makes it, and whenever.
tar --create --file greeting.tar --directory drv --format ustar --sort name --owner 0 --group 0 --numeric-owner --mtime @1 .
