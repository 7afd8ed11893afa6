#!/usr/bin/env python3
"""A trivial build: curl from a warm Kiln, and nix-store --realise, by turns. Each builds variants that nobody has built.

    bench/build.py [variants]        (default 40; Kiln builds another hundred before, to be warm)

Both start a process for each build, both build in a sandbox, and both have the one input, a busybox, in their store.
"""

import os
import shutil
import subprocess
import sys
import time

import kiln

WARM_UP = 100
EXPRESSION = """
let bb = %s; in builtins.genList (n: derivation {
  name = "trivial-${toString n}"; system = "x86_64-linux"; builder = "${bb}/busybox";
  args = [ "sh" "-c" "echo ${toString n} > $out" ];
}) %d
"""


def timed(command, expected=None):
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0 or (expected is not None and done.stdout != expected):
        sys.exit(f"{command}: {done.stdout} {done.stderr}")
    return seconds


def main(variants):
    with kiln.scratch() as directory:
        root = os.path.join(directory, "nix")
        source = os.path.join(directory, "bb")
        os.mkdir(source)
        shutil.copy(kiln.busybox(), os.path.join(source, "busybox"))
        expression = os.path.join(directory, "trivial.nix")
        with open(expression, "w") as file:
            file.write(EXPRESSION % (source, WARM_UP + variants))
        derivations = subprocess.run(["nix-instantiate", "--store", root, expression], check=True, text=True,
                                     capture_output=True).stdout.split()
        outputs = subprocess.run(["nix-store", "--store", root, "--query", "--outputs", *derivations], check=True,
                                 text=True, capture_output=True).stdout.split()
        tar = subprocess.run(["tar", "-c", "-C", root + "/nix/store", *map(os.path.basename, derivations)], check=True,
                             capture_output=True).stdout
        nar = subprocess.run(["nix-store", "--dump", source], check=True, capture_output=True).stdout

        with kiln.Kiln(directory, "-Xmx256m") as server:
            server.ask("PUT", "/api/v1/sources/bb", nar, {"Content-Type": "application/x-nix-nar"})
            server.ask("POST", "/api/v1/derivations", tar, {"Content-Type": "application/x-tar"})
            times = {"Kiln, build": [], "nix-store, build": [], "Kiln, there": [], "nix-store, there": []}
            for n, (derivation, output) in enumerate(zip(derivations, outputs)):
                read = ["curl", "--silent", "--show-error", "--fail-with-body", server.url("/store/" + os.path.basename(output))]
                realise = ["nix-store", "--store", root, "--realise", derivation, *kiln.NIX]
                if n < WARM_UP:
                    timed(read, f"{n}\n")
                    continue
                row = [timed(read, f"{n}\n"), timed(realise), timed(read, f"{n}\n"), timed(realise)]
                for each, seconds in zip(times.values(), row):
                    each.append(seconds)
            for name, seconds in times.items():
                print(f"{name:18} {kiln.median(seconds)}")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
