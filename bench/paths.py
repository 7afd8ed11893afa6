#!/usr/bin/env python3
"""Look-ups of random paths in a Kiln that has 10,000,000 of them, and in one that has 10,000, by turns.

    bench/paths.py [--paths N] [--few N] [--rounds N] [--seconds N] [--keep]        (default 10000000, 10000, 5 and 8)

The rows are made by SQL in each Kiln's own PostgreSQL, with two references a path, most of which lead to few paths, as in real stores; 10,000,000 take
11 GB and some minutes. They are read once, so that the kernel has them in memory, if it has room. Kiln keeps no narinfo in memory here, unless a row says so: each look-up goes to PostgreSQL. Needs wrk and psql;
BENCH_DIR says on which disk. --keep leaves the large one at BENCH_DIR/paths-N, where it is found the next time.
"""

import argparse
import contextlib
import glob
import hashlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

import kiln

DIGITS = "0123456789abcdfghijklmnpqrsvwxyz"
KEY = "substring(sha256(convert_to('path ' || %s, 'UTF8')) for 20)"

# The number of what number i refers to: most lead to few, as in real stores.
OTHER = "1 + (power(abs(hashint8(i * 2::bigint + %d)) / 2147483648.0, 3) * (i - 1))::bigint"

# In a transaction that truncated the tables: what is written into them needs no log. The keys come last.
FILL = """
begin;
set local maintenance_work_mem = '1GB';
set local work_mem = '256MB';
truncate path_info cascade;
create temp table definition on commit drop as
  select conrelid::regclass as place, conname as name, pg_get_constraintdef(oid) as text, contype as type
  from pg_constraint where contype in ('p', 'f') and (conrelid in ('path_info'::regclass, 'path_reference'::regclass)
    or confrelid = 'path_info'::regclass);
create temp table further on commit drop as
  select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text from pg_index
  where indrelid in ('path_info'::regclass, 'path_reference'::regclass) and not indisprimary;
do $$
declare one record;
begin
  for one in select * from definition order by type loop
    execute format('alter table %s drop constraint %I', one.place, one.name);
  end loop;
  for one in select * from further loop execute 'drop index ' || one.name; end loop;
end $$;
insert into path_info (hash, name, root_type, root_digest, root_size, nar_sha256, nar_size, deriver, signatures, reference_hashes, reference_names, registered_at)
select """ + KEY % "i" + """, 'package-' || i || '-1.' || i % 40, 'directory', sha256(convert_to('root ' || i, 'UTF8')), i % 900,
  sha256(convert_to('nar ' || i, 'UTF8')), 8 * (100 + i % 100000),
  translate(md5('drv ' || i), 'e', 'z') || '-package-' || i || '-1.' || i % 40 || '.drv',
  array['cache.example.org-1:' || replace(encode(sha512(convert_to('signature ' || i, 'UTF8')), 'base64'), E'\\n', '')],
  case when one = two then array[""" + KEY % "one" + "] else array[" + KEY % "one" + ", " + KEY % "two" + """] end,
  case when one = two then array['package-' || one || '-1.' || one % 40]
    else array['package-' || one || '-1.' || one % 40, 'package-' || two || '-1.' || two % 40] end, now()
from (select i, """ + OTHER % 0 + " as one, " + OTHER % 1 + """ as two from generate_series(1, {paths}) i) numbers;
insert into path_reference (referrer, reference)
select hash, unnest(reference_hashes) from path_info;
do $$
declare one record;
begin
  for one in select * from definition order by type desc loop
    execute format('alter table %s add constraint %I %s', one.place, one.name, one.text);
  end loop;
  for one in select * from further loop execute one.text; end loop;
end $$;
commit;
vacuum analyze path_info, path_reference;
checkpoint;
"""

LUA = """
local targets, n = {{}}, 0
init = function(args)
  for line in io.lines("{targets}") do targets[#targets + 1] = wrk.format("GET", line) end
end
request = function() n = n % #targets + 1; return targets[n] end
"""


def base32(digest):
    number = int.from_bytes(digest, "little")
    return "".join(DIGITS[number >> 5 * n & 31] for n in reversed(range((len(digest) * 8 + 4) // 5)))


def target(number):
    return "/" + base32(hashlib.sha256(b"path %d" % number).digest()[:20]) + ".narinfo"


def sql(directory, text):
    """In the PostgreSQL of the Kiln that runs there."""
    (socket,) = [name for name in glob.glob(directory + "/data/**/.s.PGSQL.*", recursive=True) if not name.endswith(".lock")]
    done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", os.path.dirname(socket), "-p",
                           socket.rpartition(".")[2], "-U", "kiln", "kiln"], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout.strip()


def fill(directory, paths):
    start = time.perf_counter()
    with kiln.Kiln(directory, "-Xmx256m"):
        if sql(directory, "select count(*) from (select from path_info limit 1) one") == "0":
            sql(directory, FILL.format(paths=paths))
        size = sql(directory, "select pg_size_pretty(pg_database_size('kiln')) || ', key ' || pg_size_pretty(pg_relation_size('path_info_pkey'))")
    print(f"{paths:,} paths: {size}; filled in {time.perf_counter() - start:.0f} s", flush=True)


class Load:
    def __init__(self, directory, server, numbers, seconds):
        self.server = server
        self.seconds = seconds
        self.script = os.path.join(directory, "load.lua")
        with open(self.script + ".txt", "w") as file:
            file.write("\n".join(map(target, numbers)))
        with open(self.script, "w") as file:
            file.write(LUA.format(targets=self.script + ".txt"))

    def __call__(self):
        """In look-ups a second."""
        out = subprocess.run(["wrk", "-t1", "-c64", f"-d{self.seconds}s", "-s", self.script, self.server.url("/")],
                             capture_output=True, text=True).stdout
        if "Non-2xx" in out or "Requests/sec" not in out:
            sys.exit(out)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def started(directory, *options):
    start = time.perf_counter()
    server = kiln.Kiln(directory, "-Xmx256m", *options)
    seconds = time.perf_counter() - start
    # what the kernel has in memory: as much as there is room for
    subprocess.run(f"find {directory}/data/postgres -path '*/base/*' -type f -exec cat {{}} + > /dev/null", shell=True, check=True)
    return server, seconds


def compare(title, few, many, rounds):
    figures = [[], []]
    # what the JVM has not compiled yet, and PostgreSQL has not read yet, is measured nowhere
    few(), many(), few(), many()
    for _ in range(rounds):
        figures[0].append(few())
        figures[1].append(many())
    medians = [statistics.median(values) for values in figures]
    cells = [f"{median:,.0f} /s ({min(values):,.0f} to {max(values):,.0f})" for median, values in zip(medians, figures)]
    print(f"| {title} | {cells[0]} | {cells[1]} | {medians[1] / medians[0]:.2f} |", flush=True)


def measure(few, many, options, scratch):
    picked = random.Random(1)
    for memory in ("0B", None):
        given = [f"-Dkiln.cache.narinfo-memory={memory}"] if memory else []
        servers = [started(directory, *given) for directory in (few, many)]
        try:
            if memory:
                print("started in " + " and ".join(f"{seconds:.1f} s" for _, seconds in servers), flush=True)
            (small, _), (large, _) = servers
            count = min(options.few, options.paths)
            loads = Load(few, small, range(1, count + 1), options.seconds)
            title = "Kiln asks PostgreSQL each time" if memory else "as it is, with its memory"
            compare(f"{count:,} different paths; {title}", loads,
                    Load(many, large, picked.sample(range(1, options.paths + 1), count), options.seconds), options.rounds)
            if memory:
                wide = min(200_000, options.paths)
                compare(f"{count:,} and {wide:,} different paths; {title}", loads,
                        Load(many, large, picked.sample(range(1, options.paths + 1), wide), options.seconds), options.rounds)
        finally:
            for server, _ in servers:
                server.__exit__()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=10_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--fill", action="store_true", help="no more than that, with --keep")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with kiln.scratch() as scratch, contextlib.ExitStack() as stack:
        many = os.path.join(os.environ.get("BENCH_DIR", scratch) if options.keep else scratch, f"paths-{options.paths}")
        os.makedirs(many, exist_ok=True)
        fill(many, options.paths)
        if not options.fill:
            few = os.path.join(scratch, "few")
            os.makedirs(few)
            fill(few, options.few)
            measure(few, many, options, scratch)


main()
