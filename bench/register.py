#!/usr/bin/env python3
"""Registers derivations; nix-instantiate, which makes the same in a store of its own, beside it, by turns.

    bench/register.py [derivations] [rounds]         (default 15000 and 3) in one request
    bench/register.py --copy [derivations] [rounds]  (default 1000 and 3) by `nix copy --derivation`, which sends them one after the other

They are of nixpkgs' size: 10 to 40 inputs and an environment of some lines, 3 to 4 KiB each. Each round has derivations of its own. Kiln
runs with -Xmx256m, and forces what it keeps to disk; nix-instantiate does not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time

import kiln

EXPRESSION = """
let
  mod = a: b: a - (a / b) * b;
  min = a: b: if a < b then a else b;
  max = a: b: if a < b then b else a;
  all = builtins.genList (n:
    let
      wanted = 10 + min (mod (n * 13) 31) (mod (n * 7) 31);
      # every other one is among the first, as a compiler is
      input = k: if mod k 2 == 0 then mod (n * 31 + k * 7919) (min n 200) else n - 1 - mod (n * 17 + k * 104729) (min n 2000);
      inputs = if n == 0 then [] else map (k: builtins.elemAt all (input k)) (builtins.genList (k: k) wanted);
    in derivation {
      name = "package-${toString n}-1.0"; system = "x86_64-linux"; builder = "/bin/sh"; round = "%s";
      outputs = if mod n 3 == 0 then [ "out" "dev" ] else [ "out" ];
      args = [ "-c" "echo $buildInputs > $out" ];
      buildInputs = inputs; strictDeps = "1"; doCheck = "1";
      configureFlags = "--enable-shared --disable-static --with-number=${toString n}";
      postInstall = ''
        for each in $out/bin/*; do
          wrapProgram "$each" --prefix PATH : "$out/bin"
          substituteInPlace "$each" --replace '/usr/bin/env' "''${coreutils}/bin/env"
        done
      '';
      meta = "A package that does number ${toString n} of all the things that there are to be done, as others do theirs.";
    }) %d;
in all
"""


def instantiate(directory, name, count):
    """Answers the seconds that it took, and the store."""
    root = os.path.join(directory, "nix-" + name)
    expression = os.path.join(directory, "graph.nix")
    with open(expression, "w") as file:
        file.write(EXPRESSION % (name, count))
    start = time.perf_counter()
    with open(os.path.join(directory, "instantiated"), "w") as out:
        subprocess.run(["nix-instantiate", "--store", root, expression], check=True, stdout=out, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, root


def derivations(root):
    return [name for name in os.listdir(root + "/nix/store") if name.endswith(".drv")]


def tar_of(root):
    return subprocess.run(["tar", "-c", "-C", root + "/nix/store", "-T", "-"], input="\n".join(derivations(root)).encode(), check=True,
                          capture_output=True).stdout


def together(directory, server, count, rounds):
    times = {"Kiln, new": [], "Kiln, known": [], "nix-instantiate": []}
    before = server.peak_rss()
    for number in range(rounds):
        seconds, root = instantiate(directory, str(number), count)
        times["nix-instantiate"].append(seconds)
        tar = tar_of(root)
        names = derivations(root)
        size = sum(os.path.getsize(f"{root}/nix/store/{name}") for name in names) / len(names) / 1024
        for name in ("Kiln, new", "Kiln, known"):
            start = time.perf_counter()
            answer = server.ask("POST", "/api/v1/derivations", tar, {"Content-Type": "application/x-tar"})
            times[name].append(time.perf_counter() - start)
            if str(count).encode() not in answer:
                sys.exit(answer.decode())
        remove(root)
    print(f"{count:,} derivations of {size:.1f} KiB, {len(tar) / 2**20:.1f} MiB of tar; the JVM's peak RSS {before} MiB before, {server.peak_rss()} MiB after")
    report(times)
    ratio = kiln.statistics.median(times["Kiln, new"]) / kiln.statistics.median(times["nix-instantiate"])
    print(f"Kiln takes {ratio:.2f} of nix-instantiate's time")


def copied(directory, server, count, rounds):
    times = {"Kiln": [], "file://": []}
    for number in range(rounds):
        _, root = instantiate(directory, f"copy-{number}", count)
        paths = ["/nix/store/" + name for name in derivations(root)]
        for name, url in (("Kiln", f"http://{server.address}?compression=none"), ("file://", f"file://{directory}/cache-{number}?compression=none")):
            home = os.path.join(directory, f"home-{number}-{len(name)}")
            start = time.perf_counter()
            subprocess.run(["xargs", "-n", "100000", "nix", "--extra-experimental-features", "nix-command", "--store", root, "copy",
                            "--no-check-sigs", "--derivation", "--to", url],
                           input="\n".join(paths), text=True, check=True, env=dict(os.environ, HOME=home, XDG_CACHE_HOME=home))
            times[name].append(time.perf_counter() - start)
        remove(root)
    print(f"{count:,} derivations by nix copy, one after the other")
    report(times)
    print("for each: " + ", ".join(f"{name} {1000 * kiln.statistics.median(seconds) / count:.1f} ms" for name, seconds in times.items()))


def report(times):
    for name, seconds in times.items():
        print(f"{name:18} {kiln.median(seconds)}; the first {1000 * seconds[0]:.0f} ms", flush=True)


def remove(root):
    subprocess.run(["chmod", "-R", "u+w", root], check=True)
    shutil.rmtree(root)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copy", action="store_true")
    parser.add_argument("derivations", type=int, nargs="?")
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    options = parser.parse_args()
    with kiln.scratch() as directory, kiln.Kiln(directory, "-Xmx256m") as server:
        if options.copy:
            copied(directory, server, options.derivations or 1_000, options.rounds)
        else:
            together(directory, server, options.derivations or 15_000, options.rounds)


main()
