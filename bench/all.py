#!/usr/bin/env python3
"""All benchmarks of this directory, one after the other, briefly: what they print, in one go.

    bench/all.py [--list] [--only NAME,...] [--skip NAME,...]

What they need is looked for before the first of them runs. The settings here are for a look at the whole in about half an hour on a
machine that does nothing else; docs/performance.md says how each is asked for more. A benchmark that fails does not keep the others from
running, but the exit status tells.
"""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

import kiln

NIX = ("nix", "nix-store", "nix-instantiate")


class Benchmark(NamedTuple):
    """A script beside this one, with settings that are brief, and the programs that it starts besides Java and its own."""
    name: str
    arguments: tuple = ()
    needs: tuple = ()


# In this order. A script that is in no line here is run as it is.
BENCHMARKS = (
    Benchmark("start", ("--rounds", "3", "--cold-rounds", "1")),
    Benchmark("blake3", (), ("b3sum",)),
    Benchmark("build", ("20",), (*NIX, "curl", "tar", "bwrap")),
    Benchmark("register", ("2000", "3"), (*NIX, "tar")),
    Benchmark("cache", ("--mib", "128", "--rounds", "3"), (*NIX, "wrk", "nginx", "curl")),
    Benchmark("files", (), ("wrk", "nginx")),
    Benchmark("paths", (), ()),
    Benchmark("memory", ("128", "5000", "128"), ()),
)
NOT_BENCHMARKS = {"all", "kiln", "nginx"}


def present():
    """Those whose script is here, and scripts that BENCHMARKS does not know."""
    scripts = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(kiln.HERE, "*.py"))} - NOT_BENCHMARKS
    known = [benchmark for benchmark in BENCHMARKS if benchmark.name in scripts]
    return known + [Benchmark(name) for name in sorted(scripts - {benchmark.name for benchmark in BENCHMARKS})]


def is_there(program):
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def names(text):
    return set(filter(None, (text or "").split(",")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="tell what would be run, and what is missing")
    parser.add_argument("--only", metavar="NAME,...")
    parser.add_argument("--skip", metavar="NAME,...")
    arguments = parser.parse_args()
    chosen = [benchmark for benchmark in present()
              if (not arguments.only or benchmark.name in names(arguments.only)) and benchmark.name not in names(arguments.skip)]
    unknown = (names(arguments.only) | names(arguments.skip)) - {benchmark.name for benchmark in present()}
    if unknown:
        sys.exit("no such benchmark: " + ", ".join(sorted(unknown)))
    missing = {program: benchmark.name for benchmark in chosen for program in benchmark.needs if not is_there(program)}
    if arguments.list:
        for benchmark in chosen:
            print(f"bench/{benchmark.name}.py {' '.join(benchmark.arguments)}")
    if missing:
        sys.exit("missing: " + ", ".join(f"{program} (for {name})" for program, name in sorted(missing.items())))
    if arguments.list:
        return
    kiln.java(), kiln.jar()

    failed = []
    for benchmark in chosen:
        print(f"\n## bench/{benchmark.name}.py {' '.join(benchmark.arguments)}\n", flush=True)
        begin = time.monotonic()
        script = os.path.join(kiln.HERE, benchmark.name + ".py")
        if subprocess.run([sys.executable, script, *benchmark.arguments]).returncode != 0:
            failed.append(benchmark.name)
        print(f"\n({time.monotonic() - begin:.0f} s; load {os.getloadavg()[0]:.1f})", flush=True)
    if failed:
        sys.exit("failed: " + ", ".join(failed))


main()
