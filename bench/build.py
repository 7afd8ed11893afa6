#!/usr/bin/env python3
"""Builds: curl from a warm Kiln, and nix-store --realise, by turns. Each builds what nobody has built.

    bench/build.py [--quick] [trivial] [fan] [chain] [inputs]        (default: all of them)

trivial   one input, a busybox; and again, when it is there
fan       200 that do not need each other, and one that needs all of them; two jobs
chain     50, each of which needs the one before
inputs    300 inputs, which are there: what they add to the time of a trivial build is their set-up

One curl, or one nix-store, asks for the whole of each. Both build in a sandbox and have the sources in their store.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time

import kiln

WARM_UP = 100
LEAVES = 200
LENGTH = 50
INPUTS = 300
EXPRESSION = """
let
  bb = %(busybox)s;
  build = name: script: attributes: derivation ({
    inherit name; system = "x86_64-linux"; builder = "${bb}/busybox"; args = [ "sh" "-c" script ];
  } // attributes);
  times = builtins.genList;
  trivial = kind: n: build "trivial-${kind}-${toString n}" "echo ${toString n} > $out" { };
  leaf = round: n: build "leaf-${toString round}-${toString n}" "echo ${toString n} > $out" { };
  fan = round: build "fan-${toString round}" "${bb}/busybox cat $leaves > $out" { leaves = times (leaf round) %(leaves)d; };
  link = round: n: build "link-${toString round}-${toString n}" "${bb}/busybox wc -c < $before > $out"
    { before = if n == 0 then bb + "/busybox" else link round (n - 1); };
  inputs = times (n: builtins.path { name = "input-${toString n}"; path = %(inputs)s + "/${toString n}"; }) %(count)d;
  needy = n: build "needy-${toString n}" "echo ${toString n} > $out" { inherit inputs; };
in {
  warm = times (trivial "warm") %(warm)d;
  trivial = times (trivial "cold") %(trivial)d;
  fan = times fan %(fan)d;
  chain = times (round: link round %(last)d) %(chain)d;
  inputs = times needy %(needy)d;
  beside = times (trivial "beside") %(needy)d;
}
"""


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stdout} {done.stderr}")
    return seconds, done.stdout


class Bench:
    def __init__(self, directory, rounds):
        self.root = os.path.join(directory, "nix")
        self.directory = directory
        self.rounds = rounds
        self.source = os.path.join(directory, "bb")
        os.mkdir(self.source)
        shutil.copy(kiln.busybox(), os.path.join(self.source, "busybox"))
        inputs = os.path.join(directory, "inputs")
        for n in range(INPUTS):
            os.makedirs(f"{inputs}/{n}/share")
            with open(f"{inputs}/{n}/share/{n}", "w") as file:
                file.write(f"input {n}\n")
        self.expression = os.path.join(directory, "builds.nix")
        with open(self.expression, "w") as file:
            file.write(EXPRESSION % {"busybox": self.source, "inputs": inputs, "leaves": LEAVES, "last": LENGTH - 1,
                                     "count": INPUTS, "warm": WARM_UP, "trivial": rounds["trivial"],
                                     "fan": rounds["fan"], "chain": rounds["chain"], "needy": rounds["inputs"]})
        self.derivations = {kind: self.instantiate(kind) for kind in ("warm", "trivial", "fan", "chain", "inputs", "beside")}

    def nix(self, program, *arguments):
        return subprocess.run([program, "--store", self.root, *arguments], check=True, text=True,
                              capture_output=True).stdout.split()

    def instantiate(self, kind):
        derivations = self.nix("nix-instantiate", self.expression, "-A", kind)
        outputs = self.nix("nix-store", "--query", "--outputs", *derivations) if derivations else []
        return list(zip(derivations, outputs))

    def load(self, server):
        self.server = server
        tops = [derivation for kind in self.derivations.values() for derivation, _ in kind]
        closure = self.nix("nix-store", "--query", "--requisites", *tops)
        sources = [path for path in closure if not path.endswith(".drv")]
        subprocess.run(["nix", "--extra-experimental-features", "nix-command", "copy", "--store", self.root, "--no-check-sigs",
                        "--to", server.url("?compression=none"), *sources], check=True, capture_output=True)
        tar = subprocess.run(["tar", "-c", "-C", self.root + "/nix/store",
                              *(os.path.basename(path) for path in closure if path.endswith(".drv"))], check=True,
                             capture_output=True).stdout
        server.ask("POST", "/api/v1/derivations", tar, {"Content-Type": "application/x-tar"})
        for n, (_, output) in enumerate(self.derivations["warm"]):
            if self.read(output)[1] != f"{n}\n":
                sys.exit("Kiln built something else")

    def read(self, output):
        return timed(["curl", "--silent", "--show-error", "--fail-with-body",
                      self.server.url("/store/" + os.path.basename(output))])

    def realise(self, derivation):
        return timed(["nix-store", "--store", self.root, "--realise", derivation, "-j2", *kiln.NIX])

    def compare(self, name, pairs, again=False):
        times = {"Kiln": [], "nix-store": [], "Kiln, there": [], "nix-store, there": []}
        for derivation, output in pairs:
            took, content = self.read(output)
            times["Kiln"].append(took)
            times["nix-store"].append(self.realise(derivation)[0])
            with open(self.root + output) as file:
                if content != file.read():
                    sys.exit(f"{output}: Kiln and nix-store built different things")
            if again:
                times["Kiln, there"].append(self.read(output)[0])
                times["nix-store, there"].append(self.realise(derivation)[0])
        for who, seconds in times.items():
            if seconds:
                print(f"{name:8} {who:16} {kiln.median(seconds)}")
        print(f"{name:8} Kiln takes {statistics.median(times['Kiln']) / statistics.median(times['nix-store']):.2f} "
              "of nix-store's time", flush=True)
        return times

    def trivial(self):
        self.compare("trivial", self.derivations["trivial"], again=True)

    def fan(self):
        self.compare("fan", self.derivations["fan"])

    def chain(self):
        self.compare("chain", self.derivations["chain"])

    def inputs(self):
        self.read(self.derivations["inputs"].pop()[1])  # the inputs are laid out for the first build
        self.derivations["beside"].pop()
        many = self.compare("inputs", self.derivations["inputs"])
        one = self.compare("beside", self.derivations["beside"])
        for who in ("Kiln", "nix-store"):
            added = statistics.median(many[who]) - statistics.median(one[who])
            print(f"inputs   {who:16} {INPUTS} inputs add {1000 * added:.0f} ms")


def main(arguments):
    quick = "--quick" in arguments
    rounds = ({"trivial": 10, "fan": 1, "chain": 2, "inputs": 6} if quick
              else {"trivial": 40, "fan": 3, "chain": 7, "inputs": 21})
    chosen = [each for each in arguments if not each.startswith("-")] or ["trivial", "fan", "chain", "inputs"]
    rounds = {kind: count if kind in chosen else 0 for kind, count in rounds.items()}
    with kiln.scratch() as directory:
        bench = Bench(directory, rounds)
        with kiln.Kiln(directory, "-Xmx256m", arguments=["--kiln.build.max-jobs=2"]) as server:
            bench.load(server)
            for each in chosen:
                getattr(bench, each)()


main(sys.argv[1:])
