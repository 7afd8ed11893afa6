#!/usr/bin/env python3
"""Files below store paths, read from Kiln and from an nginx that serves the same bytes, by turns.

    bench/files.py [--quick] [--rounds N] [--seconds N] [small] [large]        (default: both)

small     by wrk, 64 connections: files of 1 KiB and of 64 KiB, one and a thousand by turns
large     one file of 256 MiB by curl into nothing

Each row is of runs by turns, A B A B; a ratio is of medians. CPU is of the servers' processes (of Kiln: the JVM's). What the two send
is compared first. Needs wrk, nginx, curl and tar; BENCH_DIR says on which disk.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

import kiln
import nginx

COMMANDS = ("small", "large")
LUA = """
local targets, n = {}, 0
init = function(args)
  for line in io.lines("%s") do targets[#targets + 1] = wrk.format("GET", line) end
end
request = function() n = n %% #targets + 1; return targets[n] end
"""


class Bench:
    def __init__(self, directory, server, options):
        self.directory = directory
        self.server = server
        self.quick = options.quick
        self.rounds = options.rounds or (2 if options.quick else 7)
        self.seconds = options.seconds or (1 if options.quick else 3)
        self.root = os.path.join(directory, "root")
        os.makedirs(os.path.join(self.root, "store"))

    def tree(self, name, sizes):
        """Puts files of random bytes into Kiln and into nginx's directory, under the same target."""
        top = os.path.join(self.directory, name)
        os.mkdir(top)
        for number, size in enumerate(sizes):
            with open(os.path.join(top, f"file-{number}"), "wb") as file:
                file.write(os.urandom(size))
        tar = subprocess.Popen(["tar", "-c", "-C", top, "--format=posix", "--owner=0", "--group=0", "."], stdout=subprocess.PIPE)
        answer = self.server.ask("PUT", f"/api/v1/sources/{name}", tar.stdout, {"Content-Type": "application/x-tar"})
        path = os.path.basename(json.loads(answer)["path"])
        os.rename(top, os.path.join(self.root, "store", path))
        return [f"/store/{path}/file-{number}" for number in range(len(sizes))]

    def same(self, targets, web):
        for target in targets:
            ours, theirs = (urllib.request.urlopen(url(target)).read() for url in (self.server.url, web.url))
            if ours != theirs:
                sys.exit(f"{target}: not the same bytes")

    def turns(self, title, runs, unit, better):
        """runs: what gives a figure and the CPU for one unit of work, by name, Kiln's first."""
        figures = {name: [] for name in runs}
        for _ in range(self.rounds):
            for name, run in runs.items():
                figures[name].append(run())
        medians = {name: [statistics.median(column) for column in zip(*values)] for name, values in figures.items()}
        (ours, our_cpu), (theirs, their_cpu) = medians["Kiln"], medians["nginx"]
        cells = [f"{name} {medians[name][0]:,.0f} {unit} ({min(v for v, _ in values):,.0f} to {max(v for v, _ in values):,.0f})"
                 for name, values in figures.items()]
        ratio = ours / theirs if better == "more" else theirs / ours
        print(f"| {title} | " + " | ".join(cells) + f" | {ratio:.2f} as fast | CPU {our_cpu:.1f} and {their_cpu:.1f} µs, "
              f"{our_cpu / their_cpu:.2f} times |", flush=True)

    def small(self, web):
        for size in (1, 64):
            targets = self.tree(f"of-{size}-kib", [size << 10] * (100 if self.quick else 1000))
            self.same(targets[:10], web)
            for some in (targets[:1], targets):
                kiln_run, nginx_run = self.wrk(self.server.url("/"), some, lambda: [self.server.process.pid]), \
                    self.wrk(web.url("/"), some, web.pids)
                for _ in range(1 if self.quick else 4):
                    # what the JVM has not compiled yet is measured nowhere
                    kiln_run()
                nginx_run()
                self.turns(f"{size} KiB, {len(some):,} by turns", {"Kiln": kiln_run, "nginx": nginx_run}, "/s", "more")

    def wrk(self, url, targets, pids):
        script = os.path.join(self.directory, f"wrk-{time.monotonic_ns()}")
        with open(script + ".txt", "w") as file:
            file.write("\n".join(targets))
        with open(script + ".lua", "w") as file:
            file.write(LUA % (script + ".txt"))

        def run():
            before = cpu_seconds(pids())
            out = subprocess.run(["wrk", "-t1", "-c64", f"-d{self.seconds}s", "-s", script + ".lua", url],
                                 capture_output=True, text=True).stdout
            if "Non-2xx" in out or "Socket errors" in out:
                sys.exit(out)
            count = int(re.search(r"(\d+) requests in", out).group(1))
            return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), \
                (cpu_seconds(pids()) - before) * 1e6 / count
        return run

    def large(self, web):
        mib = 32 if self.quick else 256
        (target,) = self.tree("large", [mib << 20])
        self.same([target], web)

        def curl(url, pids):
            def run():
                # several at a time: processor time is counted in ticks of 10 ms
                times = 1 if self.quick else 4
                before = cpu_seconds(pids())
                start = time.perf_counter()
                for _ in range(times):
                    subprocess.run(["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", url], check=True)
                return (time.perf_counter() - start) * 1000 / times, (cpu_seconds(pids()) - before) * 1e6 / times / mib
            return run

        runs = {"Kiln": curl(self.server.url(target), lambda: [self.server.process.pid]), "nginx": curl(web.url(target), web.pids)}
        for run in runs.values():
            run()
        self.turns(f"{mib} MiB by curl, CPU for each MiB", runs, "ms", "less")


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*", metavar="command", help=", ".join(COMMANDS))
    parser.add_argument("--quick", action="store_true", help="few files and two rounds: does it work?")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of each run of wrk")
    parser.add_argument("--java", default="", help="more options for Kiln's JVM")
    options = parser.parse_args()
    if unknown := set(options.commands) - set(COMMANDS):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for command in options.commands or COMMANDS:
        with kiln.scratch() as directory, kiln.Kiln(directory, "-Xmx256m", *options.java.split()) as server:
            bench = Bench(directory, server, options)
            with nginx.Nginx(directory, bench.root) as web:
                print(f"| {command} |", flush=True)
                getattr(bench, command)(web)


main()
