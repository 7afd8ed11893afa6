#!/usr/bin/env python3
"""Registers a closure of derivations in one request; nix-instantiate, which makes the same in a store of its own, beside it.

    bench/register.py [derivations] [rounds]        (default 2000 and 5)

Each derivation needs up to three of those before it. Each round has derivations of its own.
"""

import os
import subprocess
import sys
import time

import kiln

EXPRESSION = """
let
  all = builtins.genList (n: derivation {
    name = "node-${toString n}"; system = "x86_64-linux"; builder = "/bin/sh"; round = "%s";
    args = [ "-c" "echo $inputs > $out" ];
    inputs = map (builtins.elemAt all) (builtins.filter (i: i >= 0) [ (n - 1) (n / 2 - 1) (n / 3 - 1) ]);
  }) %d;
in builtins.elemAt all (%d - 1)
"""


def main(count, rounds):
    with kiln.scratch() as directory, kiln.Kiln(directory, "-Xmx256m") as server:
        times = {"Kiln, new": [], "Kiln, known": [], "nix-instantiate": []}
        for number in range(rounds):
            root = os.path.join(directory, f"nix-{number}")
            expression = os.path.join(directory, "graph.nix")
            with open(expression, "w") as file:
                file.write(EXPRESSION % (f"{number}", count, count))
            start = time.perf_counter()
            subprocess.run(["nix-instantiate", "--store", root, expression], check=True, capture_output=True)
            times["nix-instantiate"].append(time.perf_counter() - start)
            store = root + "/nix/store"
            names = "\n".join(name for name in os.listdir(store) if name.endswith(".drv"))
            tar = subprocess.run(["tar", "-c", "-C", store, "-T", "-"], input=names.encode(), check=True,
                                 capture_output=True).stdout
            for name in ("Kiln, new", "Kiln, known"):
                start = time.perf_counter()
                answer = server.ask("POST", "/api/v1/derivations", tar, {"Content-Type": "application/x-tar"})
                times[name].append(time.perf_counter() - start)
                if str(count).encode() not in answer:
                    sys.exit(answer.decode())
        print(f"{count} derivations, {len(tar) / 2**20:.1f} MiB of tar; the JVM's peak RSS {server.peak_rss()} MiB")
        for name, seconds in times.items():
            print(f"{name:18} {kiln.median(seconds)}; the first {1000 * seconds[0]:.0f} ms")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
