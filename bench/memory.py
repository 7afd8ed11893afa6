#!/usr/bin/env python3
"""What is large goes through a Kiln that has little memory (-Xmx256m): in, and out again, compared by its hash.

    bench/memory.py [file MiB] [entries] [NAR MiB]        (default 1024, 50000 and 2048)
"""

import hashlib
import http.client
import io
import json
import os
import sys
import tarfile
import time

import kiln

MIB = 2 ** 20


class Pattern(io.RawIOBase):
    """Bytes that look random, do not repeat within a blob, and cost little to make. Hashes what was read of it."""

    def __init__(self, size, head=b"", tail=b""):
        self.block = hashlib.shake_256(b"kiln").digest(MIB)
        self.parts = self.chunks(size, head, tail)
        self.size = len(head) + size + len(tail)
        self.sha256 = hashlib.sha256()

    def chunks(self, size, head, tail):
        if head:
            yield head, False
        for number in range(-(-size // MIB)):
            chunk = number.to_bytes(8, "big") + self.block[8:]
            yield chunk[:min(MIB, size - number * MIB)], True
        if tail:
            yield tail, False

    def read(self, _=-1):
        chunk, content = next(self.parts, (b"", False))
        if content:
            self.sha256.update(chunk)
        return chunk


def nar_string(value):
    return len(value).to_bytes(8, "little") + value + bytes(-len(value) % 8)


def nar_of_file(size):
    """A NAR of a directory with one file."""
    words = [b"nix-archive-1", b"(", b"type", b"directory", b"entry", b"(", b"name", b"large", b"node", b"(", b"type",
             b"regular", b"contents"]
    head = b"".join(map(nar_string, words)) + size.to_bytes(8, "little")
    tail = bytes(-size % 8) + b"".join(map(nar_string, [b")", b")", b")"]))
    return Pattern(size, head, tail)


def tar_of_directory(directory, entries):
    path = os.path.join(directory, "entries.tar")
    with tarfile.open(path, "w") as tar:
        for number in range(entries):
            content = f"entry {number}\n".encode()
            info = tarfile.TarInfo(f"entry-{number:06}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def send(server, name, body, size, media_type):
    start = time.perf_counter()
    answer = json.loads(server.ask("PUT", "/api/v1/sources/" + name, body,
                                   {"Content-Type": media_type, "Content-Length": str(size)}))
    return os.path.basename(answer["path"]), time.perf_counter() - start


def receive(server, target):
    """Answers the body's SHA-256 and the seconds."""
    connection = http.client.HTTPConnection(server.address)
    start = time.perf_counter()
    connection.request("GET", target)
    answer = connection.getresponse()
    digest = hashlib.sha256()
    while chunk := answer.read(MIB):
        digest.update(chunk)
    if answer.status != 200:
        sys.exit(f"GET {target}: {answer.status}")
    return digest.hexdigest(), time.perf_counter() - start


def report(server, what, seconds_in, seconds_out):
    print(f"{what:24} in {seconds_in:6.1f} s, out {seconds_out:6.1f} s, the JVM's peak RSS so far {server.peak_rss()} MiB",
          flush=True)


def large(server, what, name, body, media_type, below):
    path, seconds_in = send(server, name, body, body.size, media_type)
    digest, seconds_out = receive(server, "/store/" + path + below)
    if digest != body.sha256.hexdigest():
        sys.exit(what + " came back changed")
    report(server, what, seconds_in, seconds_out)


def main(file_mib=1024, entries=50000, nar_mib=2048):
    with kiln.scratch() as directory, kiln.Kiln(directory, "-Xmx256m") as server:
        print(f"started{'':17} the JVM's RSS {server.peak_rss()} MiB", flush=True)
        large(server, f"file of {file_mib} MiB", "file", Pattern(file_mib * MIB), "application/octet-stream", "")
        tar = tar_of_directory(directory, entries)
        with open(tar, "rb") as body:
            path, seconds_in = send(server, "entries", body, os.path.getsize(tar), "application/x-tar")
        start = time.perf_counter()
        listing = json.loads(server.ask("GET", "/store/" + path))
        seconds_out = time.perf_counter() - start
        if len(listing["entries"]) != entries:
            sys.exit("entries are missing")
        report(server, f"{entries} entries, listed", seconds_in, seconds_out)
        large(server, f"NAR of {nar_mib} MiB", "nar", nar_of_file(nar_mib * MIB), "application/x-nix-nar", "/large")


main(*map(int, sys.argv[1:]))
