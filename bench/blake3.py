#!/usr/bin/env python3
"""BLAKE3 of the same files by Kiln's classes and by b3sum with one thread, by turns. The digests are compared.

    bench/blake3.py [rounds [MiB per file [files]]]        (default 30 rounds, 1 MiB, 200 files)

Both read the files from the page cache: b3sum maps them, Kiln reads them in pieces of 64 KiB, as it does when it takes files
in. A second figure is of the same bytes in Kiln's memory, which is where those are that come from the network.
Processor seconds count, of the user and the system: they are the same on a busy machine as on a quiet one, nearly.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
import zipfile

import kiln

WARM_UP = 10  # seconds


def b3sum(files):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["b3sum", "--num-threads", "1", "--no-names", *files], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout.split()


def main(rounds=30, mebibytes=1, count=200):
    with kiln.scratch() as directory:
        with zipfile.ZipFile(kiln.jar()) as jar:
            for name in jar.namelist():
                if name.startswith(("BOOT-INF/classes/dev/kiln/hash/", "BOOT-INF/classes/dev/kiln/bytes/")):
                    jar.extract(name, directory)
        data = os.path.join(directory, "files")
        os.mkdir(data)
        files = [os.path.join(data, f"{n:06}") for n in range(count)]
        for file in files:
            with open(file, "wb") as out:
                out.write(os.urandom(mebibytes << 20))

        program = os.path.join(kiln.HERE, "HashFiles.java")
        with subprocess.Popen([kiln.java(), *kiln.OPTIONS, f"-Xmx{3 * count * mebibytes + 128}m", "-cp", os.path.join(directory, "BOOT-INF/classes"),
                               program, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as java:

            def once():
                java.stdin.write("\n")
                java.stdin.flush()
                reading, memory, *digests = java.stdout.readline().split()
                return float(reading), float(memory), digests

            begin = time.monotonic()
            while time.monotonic() - begin < WARM_UP:
                once()
            times = {"Kiln, memory": [], "Kiln, files": [], "b3sum, files": []}
            for _ in range(rounds):
                reading, memory, digests = once()
                theirs, expected = b3sum(files)
                if digests != expected:
                    sys.exit("the digests differ")
                for each, seconds in zip(times.values(), (memory, reading, theirs)):
                    each.append(seconds)
            java.stdin.close()

        size = count * mebibytes * (1 << 20) / 1e6
        for name, seconds in times.items():
            rates = [size / s for s in seconds]
            ratios = [theirs / ours for ours, theirs in zip(seconds, times["b3sum, files"])]
            print(f"{name:12} median {statistics.median(rates):5.0f} MB per processor second "
                  f"({min(rates):.0f} to {max(rates):.0f}); median ratio to b3sum {statistics.median(ratios):.2f}")


main(*map(int, sys.argv[1:]))
