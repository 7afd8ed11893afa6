#!/usr/bin/env python3
"""Kiln as a binary cache, and what serves or keeps the same without a thought: nginx, and Nix's own file:// caches, by turns.

    bench/cache.py [--quick] [--mib N] [--rounds N] [--only TITLE] [narinfo] [nars] [pull] [push] [together]        (default: all)

narinfo   look-ups by wrk, 64 connections: one narinfo, and a thousand by turns; the same texts as files of nginx
nars      NARs by curl and by wrk: a file of N MiB (default 1024), a tree of 10,000 files, small trees; as files of nginx
pull      the same paths by `nix copy --from` into a fresh store
push      the same kinds by `nix copy --to`: Kiln, an nginx that keeps what is PUT as it comes, file://, and
          nix-store --import; none, zstd and xz
together  8 pushes at once of 64 MiB each, and the JVM's peak RSS before and after

Each row is of runs by turns, A B A B; a ratio is of medians. CPU is of the servers' processes (of Kiln: the JVM's), for one run.
Needs wrk, nginx and nix; BENCH_DIR says on which disk.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

import kiln
import nginx

COMMANDS = ("narinfo", "nars", "pull", "push", "together")
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
        self.rounds = options.rounds or (2 if options.quick else 5)
        self.mib = options.mib or (32 if options.quick else 1024)
        self.only = options.only
        self.seconds = 2 if options.quick else 8
        self.files = 1000 if options.quick else 10_000
        self.root = os.path.join(directory, "nix")
        self.cache = os.path.join(directory, "cache")
        os.mkdir(self.cache)
        self.number = 0
        with open("/dev/urandom", "rb") as random:
            self.block = random.read(2 ** 20)

    # what is served

    def fresh(self, name="x"):
        self.number += 1
        return os.path.join(self.directory, f"{name}-{self.number}")

    def large(self, mib):
        """A file that is like no other from its first byte on."""
        path = self.fresh("large")
        with open(path, "wb") as file:
            for number in range(mib):
                file.write(os.urandom(16) + self.block[16:])
        return path

    def tree(self, files, directories):
        """Files of a line to a few KB, all with a number that no other tree has."""
        path = self.fresh("tree")
        for d in range(directories):
            os.makedirs(os.path.join(path, f"d{d // 10}", f"d{d}"))
        for f in range(files):
            d = f % directories
            with open(os.path.join(path, f"d{d // 10}", f"d{d}", f"file-{f}"), "w") as file:
                file.write(f"tree {path} file {f}\n" * (1 + f % 7 if f % 50 else 200))
        return path

    def add(self, path):
        """Makes a store path of the client's, which has a CA and so needs no signature."""
        added = self.nix("nix-store", "--store", self.root, "--add", path).strip()
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        return added

    def nix(self, *command, **options):
        """Each run with a memory of its own of what caches have."""
        home = self.fresh("home")
        os.mkdir(home)
        environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home, NIX_REMOTE="")
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        if done.returncode != 0:
            sys.exit(f"{command}: {done.stderr}")
        return done.stdout

    def copy(self, *arguments, store=None):
        self.nix("nix", "--extra-experimental-features", "nix-command", "--store", store or self.root, "copy",
                 "--no-check-sigs", *arguments)

    def both(self, paths):
        """Puts paths into Kiln and into nginx's directory, and tells their NARs' names in the two."""
        self.copy("--to", f"http://{self.server.address}?compression=none", *paths)
        self.copy("--to", f"file://{self.cache}?compression=none", *paths)
        names = []
        for path in paths:
            hash = os.path.basename(path)[:32]
            with open(os.path.join(self.cache, hash + ".narinfo")) as file:
                names.append((nar_of(self.server.ask("GET", f"/{hash}.narinfo").decode()), nar_of(file.read())))
        return names

    # how it is measured

    def timed(self, run):
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    def row(self, title, runs, rounds=None, better="less", unit="ms", scale=1000):
        """runs: what gives a figure, by name, Kiln's first. After each other's figure stands Kiln's speed in terms of it."""
        figures = {name: [] for name in runs}
        for _ in range(rounds or self.rounds):
            for name, run in runs.items():
                figures[name].append(run())
        ours = statistics.median(next(iter(figures.values())))
        cells = []
        for number, (name, values) in enumerate(figures.items()):
            median = statistics.median(values)
            ratio = "" if number == 0 else f": Kiln {(median / ours if better == 'less' else ours / median):.2f} as fast"
            cells.append(f"{name} {scale * median:,.0f} {unit} ({scale * min(values):,.0f} to {scale * max(values):,.0f}){ratio}")
        print(f"| {title} | " + " | ".join(cells) + " |", flush=True)

    def cpu_row(self, title, kiln_run, nginx_run, web, rounds=None):
        """Times, and the servers' CPU seconds for one run."""
        cpu = {"Kiln": [], "nginx": []}

        def counted(name, pids, run):
            def measured():
                before = cpu_seconds(pids())
                seconds = self.timed(run)
                cpu[name].append(cpu_seconds(pids()) - before)
                return seconds
            return measured

        self.row(title, {"Kiln": counted("Kiln", lambda: [self.server.process.pid], kiln_run),
                         "nginx": counted("nginx", web.pids, nginx_run)}, rounds)
        ours, theirs = (statistics.median(cpu[name]) for name in ("Kiln", "nginx"))
        print(f"|   CPU | Kiln {1000 * ours:,.0f} ms | nginx {1000 * theirs:,.0f} ms |", flush=True)

    def wrk(self, title, ours, theirs, web):
        def load(url, targets, pids):
            script = self.fresh("lua")
            with open(script + ".txt", "w") as file:
                file.write("\n".join(targets))
            with open(script, "w") as file:
                file.write(LUA % (script + ".txt"))

            def run():
                before = cpu_seconds(pids())
                out = subprocess.run(["wrk", "-t1", "-c64", f"-d{self.seconds}s", "-s", script, url],
                                     capture_output=True, text=True).stdout
                if "Non-2xx" in out:
                    sys.exit(out)
                count = int(re.search(r"(\d+) requests in", out).group(1))
                micros.append((cpu_seconds(pids()) - before) * 1e6 / count)
                return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
            micros = []
            return run, micros

        kiln_run, kiln_micros = load(self.server.url("/"), ours, lambda: [self.server.process.pid])
        nginx_run, nginx_micros = load(web.url("/"), theirs, web.pids)
        for _ in range(2):
            # what the JVM has not compiled yet is measured nowhere
            kiln_run()
        kiln_micros.clear()
        self.row(title, {"Kiln": kiln_run, "nginx": nginx_run}, better="more", unit="/s", scale=1)
        print(f"|   CPU a request | Kiln {statistics.median(kiln_micros):.0f} µs | "
              f"nginx {statistics.median(nginx_micros):.0f} µs |", flush=True)

    # the benchmarks

    def narinfo(self, web):
        def source(n):
            answer = self.server.ask("PUT", f"/api/v1/sources/narinfo-{n}", b"%d\n" % n,
                                     {"Content-Type": "application/octet-stream"})
            target = "/" + os.path.basename(json.loads(answer)["path"])[:32] + ".narinfo"
            with open(self.cache + target, "wb") as file:
                file.write(self.server.ask("GET", target))
            return target

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            targets = list(pool.map(source, range(100 if self.quick else 1000)))
        self.wrk("one narinfo", targets[:1], targets[:1], web)
        self.wrk(f"{len(targets):,} narinfos", targets, targets, web)

    def nars(self, web):
        for title, path in self.kinds():
            ((ours, theirs),) = self.both([path])
            curl(self.server.url(ours)), curl(web.url(theirs))
            self.cpu_row(f"{title}, NAR by curl", lambda: curl(self.server.url(ours)), lambda: curl(web.url(theirs)), web)
        names = self.both([self.add(self.tree(6, 2)) for _ in range(20 if self.quick else 100)])
        self.wrk("small trees, NARs by wrk", [ours for ours, _ in names], [theirs for _, theirs in names], web)

    def pull(self, web):
        small = [self.add(self.tree(6, 2)) for _ in range(20)]
        for title, paths in [*((title, [path]) for title, path in self.kinds()), ("20 small trees", small)]:
            self.both(paths)

            def from_url(url):
                store = self.fresh("store")
                seconds = self.timed(lambda: self.copy("--from", url, *paths, store=store))
                remove(store)
                return seconds

            self.row(f"{title}, nix copy --from", {"Kiln": lambda: from_url(self.server.url("")),
                                                   "nginx": lambda: from_url(web.url())})

    def kinds(self):
        yield f"a file of {self.mib} MiB", self.add(self.large(self.mib))
        yield f"{self.files:,} files", self.add(self.tree(self.files, 100))

    def push(self, web):
        kinds = [(f"{self.files:,} files", lambda: [self.add(self.tree(self.files, 100))], ("none", "zstd", "xz"), None),
                 ("20 small trees", lambda: [self.add(self.tree(6, 2)) for _ in range(20)], ("none", "zstd", "xz"), None),
                 (f"a file of {self.mib} MiB", lambda: [self.add(self.large(self.mib))], ("none",), min(3, self.rounds))]
        for title, make, compressions, rounds in kinds:
            for compression in compressions if not self.only or self.only in title else ():
                paths = []

                def to(url):
                    return self.timed(lambda: self.copy("--to", f"{url}?compression={compression}", *paths))

                def to_kiln():
                    paths[:] = make()
                    return to("http://" + self.server.address)

                runs = {"Kiln": to_kiln, "nginx": lambda: to(web.url("/uploads")), "file://": lambda: to("file://" + self.cache)}
                if compression == "none":
                    runs["nix-store --import"] = lambda: self.imported(paths)
                self.row(f"{title}, {compression}", runs, rounds)
                # what was pushed is of no use any more
                remove(self.cache)
                os.mkdir(self.cache)

    def imported(self, paths):
        export, store = self.fresh("export"), self.fresh("store")
        with open(export, "wb") as out:
            subprocess.run(["nix-store", "--store", self.root, "--export", *paths], check=True, stdout=out)
        with open(export, "rb") as file:
            seconds = self.timed(lambda: self.nix("nix-store", "--store", store, "--import", stdin=file))
        os.remove(export)
        remove(store)
        return seconds

    def together(self, _):
        size = 8 if self.quick else 64
        paths = [self.add(self.large(size)) for _ in range(8)]
        before = self.server.peak_rss()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seconds = self.timed(lambda: list(pool.map(
                lambda path: self.copy("--to", f"http://{self.server.address}?compression=none", path), paths)))
        print(f"| 8 pushes of {size} MiB at once | {1000 * seconds:,.0f} ms | peak RSS of the JVM before {before} MiB, "
              f"after {self.server.peak_rss()} MiB |", flush=True)


def nar_of(narinfo):
    return "/" + re.search(r"^URL: (.*)$", narinfo, re.M).group(1)


def curl(url):
    subprocess.run(["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", url], check=True)


def remove(directory):
    subprocess.run(["chmod", "-R", "u+w", directory], check=True)
    shutil.rmtree(directory)


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
    parser.add_argument("--quick", action="store_true", help="small sizes and two rounds: does it work?")
    parser.add_argument("--mib", type=int, help="of the large file")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", help="pushes of what is titled so in the table, in part")
    options = parser.parse_args()
    if unknown := set(options.commands) - set(COMMANDS):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    # whoever is ended by `timeout` still ends what it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for command in options.commands or COMMANDS:
        # each with a Kiln of its own: what one keeps in memory does not count for the next
        with kiln.scratch() as directory, kiln.Kiln(directory, "-Xmx256m") as server:
            bench = Bench(directory, server, options)
            with nginx.Nginx(directory, bench.cache) as web:
                print(f"| {command} |", flush=True)
                getattr(bench, command)(web)


main()
