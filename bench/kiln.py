"""A Kiln from the packaged jar, in a directory that is thrown away, for the benchmarks beside this file."""

import contextlib
import glob
import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ["--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"]
NIX = ["--option", "sandbox", "true", "--option", "build-users-group", "", "--option", "substitute", "false"]


def java():
    """JAVA_HOME's, or the first of the usual places that has a JDK 25."""
    homes = [os.environ.get("JAVA_HOME", "")] + sorted(glob.glob("/usr/lib/jvm/*25*"))
    for home in homes:
        program = os.path.join(home, "bin", "java")
        if os.access(program, os.X_OK):
            version = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
            if re.search(r'version "(2[5-9]|[3-9]\d)', version):
                return program
    sys.exit("no JDK 25: set JAVA_HOME")


def jar():
    if "KILN_JAR" in os.environ:
        return os.environ["KILN_JAR"]
    jars = glob.glob(os.path.join(HERE, "..", "target", "kiln-*.jar"))
    return jars[0] if jars else sys.exit("package Kiln first: ./mvnw package")


@contextlib.contextmanager
def scratch():
    """A directory for all that a benchmark writes. BENCH_DIR says on which disk; Nix's trees are read-only."""
    directory = tempfile.mkdtemp(prefix="kiln-bench-", dir=os.environ.get("BENCH_DIR"))
    try:
        yield directory
    finally:
        subprocess.run(["chmod", "-R", "u+w", directory], stderr=subprocess.DEVNULL)
        shutil.rmtree(directory, ignore_errors=True)


class Kiln:
    def __init__(self, directory, *options, arguments=()):
        self.log = os.path.join(directory, "kiln.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [java(), *OPTIONS, *options, "-jar", jar(), "--kiln.data-dir=" + os.path.join(directory, "data"),
                 "--server.port=0", *arguments], stdout=log, stderr=subprocess.STDOUT)
        while not (listens := re.search(r"Kiln listens on http://([^,\s]+)", self.text())):
            if self.process.poll() is not None:
                sys.exit(self.text())
            time.sleep(0.1)
        self.address = listens.group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def url(self, target):
        return "http://" + self.address + target

    def ask(self, method, target, body=None, headers=None):
        """Answers the whole body; ends the benchmark where the status is no success."""
        connection = http.client.HTTPConnection(self.address)
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            sys.exit(f"{method} {target}: {answer.status} {content[:2000].decode(errors='replace')}")
        return content

    def peak_rss(self):
        """In MiB, since its start: of the JVM, without PostgreSQL."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) // 1024


def median(seconds):
    return f"median {1000 * statistics.median(seconds):.0f} ms (of {len(seconds)}; {1000 * min(seconds):.0f} to {1000 * max(seconds):.0f})"


def busybox():
    return next(p for p in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(p))
