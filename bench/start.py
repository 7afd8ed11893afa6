#!/usr/bin/env python3
"""How long Kiln takes from its start to its first answer, by turns: from the jar, from the jar laid out in a directory, and with an AOT cache.

    bench/start.py [--rounds 3] [--cold-rounds 1] [--laid-out DIRECTORY]

bin/kiln-aot makes the directory first (half a minute and more), unless one is given. Warm: the data directory is there, with its PostgreSQL.
Cold: there is none. The first answer is that to GET /nix-cache-info, asked for every 10 ms. Then, on the same Kiln, which nobody has asked
for anything before: 20 sources of nine small files each, one after the other, and, where sandboxes work, the example of examples/, which is
three builds. The processor time is that of the JVM until the first answer, all its threads together: it depends less on what else runs.
"""

import argparse
import glob
import http.client
import io
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import time

import kiln

EXAMPLES = os.path.join(kiln.HERE, "..", "examples")
GREETING = "/store/wg7jvpdpvswjfl0j9ksr949fyhinngcb-greeting/share/greeting/world.txt"
SOURCES = 20
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, target, body=None, media_type="application/x-tar"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, target, body=body, headers={"Content-Type": media_type} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def source(number):
    """A tar of small files that nobody has sent before."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for file in range(9):
            content = f"{file} of {number}, {time.time_ns()}\n".encode()
            info = tarfile.TarInfo(f"tree/file-{file}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start(command, data, log):
    """Answers the seconds until the first answer, the processor's until then, those of the sources, and those of the builds or None."""
    port = free_port()
    with open(log, "wb") as out:
        begin = time.perf_counter()
        process = subprocess.Popen([*command, "--kiln.data-dir=" + data, f"--server.port={port}"], stdout=out,
                                   stderr=subprocess.STDOUT)
    try:
        while True:
            try:
                if ask(port, "GET", "/nix-cache-info")[0] == 200:
                    break
            except OSError:
                pass
            if process.poll() is not None:
                with open(log, errors="replace") as text:
                    sys.exit(text.read())
            time.sleep(0.01)
        first = time.perf_counter() - begin
        processor = processor_seconds(process.pid)
        begin = time.perf_counter()
        for number in range(SOURCES):
            status, content = ask(port, "PUT", f"/api/v1/sources/source-{number}", source(number))
            if status >= 300:
                sys.exit(content.decode())
        sources = time.perf_counter() - begin
        builds = None
        if not os.path.exists(os.path.join(data, "built")):
            with open(os.path.join(EXAMPLES, "greeting.tar"), "rb") as example:
                ask(port, "POST", "/api/v1/derivations", example.read())
            begin = time.perf_counter()
            if ask(port, "GET", GREETING)[0] == 200:
                builds = time.perf_counter() - begin
        return first, processor, sources, builds
    finally:
        process.terminate()
        process.wait()


def spread(values, unit=1000, digits=0, name="ms"):
    values = [value for value in values if value is not None]
    if not values:
        return "none"
    return f"{unit * statistics.median(values):.{digits}f} {name} ({unit * min(values):.{digits}f} to {unit * max(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="warm ones")
    parser.add_argument("--cold-rounds", type=int, default=1)
    parser.add_argument("--laid-out", help="what bin/kiln-aot has made")
    arguments = parser.parse_args()
    with kiln.scratch() as directory:
        laid_out = arguments.laid_out
        if laid_out is None:
            laid_out = os.path.join(directory, "kiln")
            home = os.path.dirname(os.path.dirname(kiln.java()))
            subprocess.run([os.path.join(kiln.HERE, "..", "bin", "kiln-aot"), kiln.jar(), laid_out], check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, "JAVA_HOME": home})
        jar = glob.glob(os.path.join(laid_out, "kiln-*.jar"))[0]
        ways = {
            "jar": [kiln.java(), "-Xmx256m", *kiln.OPTIONS, "-jar", kiln.jar()],
            "laid out": [kiln.java(), "-Xmx256m", *kiln.OPTIONS, "-jar", jar],
            "AOT cache": [kiln.java(), "-Xmx256m", "@" + os.path.join(laid_out, "kiln.options")],
        }
        template = os.path.join(directory, "template")
        log = os.path.join(directory, "kiln.log")
        rows = {("cold", name): [] for name in ways} | {("warm", name): [] for name in ways}
        for number in range(max(1, arguments.cold_rounds)):
            for name, command in ways.items():
                data = os.path.join(directory, f"cold-{number}-{name.replace(' ', '-')}")
                rows["cold", name].append(start(command, data, log))
                if not os.path.exists(template):
                    os.rename(data, template)
                else:
                    shutil.rmtree(data)
        open(os.path.join(template, "built"), "w").close()
        for _ in range(arguments.rounds):
            for name, command in ways.items():
                rows["warm", name].append(start(command, template, log))
        print(f"| data directory | started | first answer | processor until then | {SOURCES} sources | three builds |")
        print("| --- | --- | --- | --- | --- | --- |")
        for (data, name), row in rows.items():
            if row:
                first, processor, sources, builds = zip(*row)
                print(f"| {data} | {name} | {spread(first, 1, 1, 's')} | {spread(processor, 1, 1, 's')} | {spread(sources)} "
                      f"| {spread(builds)} |")


main()
