"""The Swift client's streams and the commands `get` and `put` beside curl: the same bytes and server, in one run.

    python Benchmarks/streaming.py [--gibibytes 10] [--directory DIR] [--check]

needs release builds of `lockedh5` and `ClientDriver` (`LOCKEDH5_BINARY`, `LOCKEDH5_CLIENT_DRIVER`), curl, h5py, and free
space of three times the size. Each step is done by the client, then by curl, then by a command; the client checks every
value that it reads, and the commands compute the file's SHA-256. It prints a table of rates and of the largest memory of each process; `--check` fails below 0.8 of curl's rate, or
above 100 MiB.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Tests/python"))

import support
from dropping import drive

MEBIBYTE = 1 << 20
SLAB = 6 * MEBIBYTE
LEAST_RATIO = 0.8
MOST_MEMORY = 100 * MEBIBYTE


class Failed(Exception):
    pass


def curl(*arguments, body=None):
    """Runs curl once; the seconds that it took."""
    os.sync()
    begin = time.monotonic()
    command = ["curl", "-sS", "-f", "--http1.1", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=body, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(command[:8])}: {done.stderr}")
    return time.monotonic() - begin


def warm(path):
    """Reads a file into the page cache, so that who comes second does not profit by the first."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


class Comparison:
    def __init__(self, server, directory, count):
        self.server, self.directory, self.count = server, directory, count
        self.size = 8 * count
        self.rows, self.memory = [], {}

    def client(self, command, **values):
        """Runs the driver once; the seconds that it took."""
        # What was written before does not wait for the disk meanwhile.
        os.sync()
        begin = time.monotonic()
        result = drive(self.server.url, command, **values)
        seconds = time.monotonic() - begin
        if "error" in result or "isWrong" in result or result.get("count", self.count) != self.count:
            raise Failed(f"{command}: {result}")
        self.memory[f"client, {command}"] = result["peak"]
        return seconds

    def command(self, *arguments):
        """Runs `lockedh5` once; the seconds that it took."""
        os.sync()
        begin = time.monotonic()
        process = subprocess.Popen(
            [support.BINARY, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        peak = 0
        while process.poll() is None:
            try:
                peak = int(support.status_of(process.pid).get("VmHWM", "0").split()[0]) << 10 or peak
            except OSError:
                pass
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        seconds = time.monotonic() - begin
        if process.returncode:
            raise Failed(f"{arguments[0]}: {process.stderr.read()}")
        self.memory[f"lockedh5 {arguments[0]}"] = peak
        return seconds

    def note(self, what, client, curl):
        rates = [self.size / MEBIBYTE / seconds for seconds in (client, curl)]
        self.rows.append((what, *rates, rates[0] / rates[1]))
        print(f"{what}: {rates[0]:.0f} MiB/s, curl {rates[1]:.0f} MiB/s, ratio {rates[0] / rates[1]:.2f}", flush=True)
        for pid in self.server.family():
            status = support.status_of(pid)
            name = "gate" if pid == self.server.pid else "zygote" if pid == self.server.zygote() else "worker"
            peak = int(status["VmHWM"].split()[0]) << 10
            self.memory[name] = max(self.memory.get(name, 0), peak)

    # Steps

    def dataset(self, name):
        """An empty dataset; the values' place is not in the file yet."""
        with h5py.File(self.directory / "root" / name, "w") as file:
            file.create_dataset("x", (self.count,), "<f8")

    def write(self):
        """Slabs of 6 MiB, a request each."""
        self.dataset("a.h5")
        seconds = self.client("write", file="a.h5", path="/x", count=self.count, size=SLAB)
        self.dataset("b.h5")
        slab, config = self.directory / "slab", self.directory / "config"
        slab.write_bytes(os.urandom(SLAB))
        step = SLAB // 8
        with open(config, "w") as text:
            for first in range(0, self.count, step):
                last = min(first + step, self.count)
                text.write(f'url = "{self.server.url}/v1/values/b.h5/x?select={first}:{last}&order=little"\n')
                text.write(f'upload-file = "{slab}"\n')
        header = "Content-Type: application/octet-stream"
        self.note("write", seconds, curl("-H", header, "-K", config))
        (self.directory / "root/b.h5").unlink()

    def read(self):
        """The client in slabs, curl in one answer."""
        seconds = self.client("read", file="a.h5", path="/x")
        url = f"{self.server.url}/v1/values/a.h5/x?order=little"
        self.note("read", seconds, curl("-H", "Accept: application/octet-stream", url))

    def download(self):
        """A whole file."""
        copy = self.directory / "copy.h5"
        url = f"{self.server.url}/v1/raw/a.h5"
        seconds = self.client("download", file="a.h5", to=copy)
        copy.unlink()
        # The client waits for the disk.
        theirs = curl("-o", copy, url)
        begin = time.monotonic()
        with open(copy, "rb+") as file:
            os.fsync(file.fileno())
        theirs += time.monotonic() - begin
        self.note("download", seconds, theirs)
        copy.unlink()
        self.note("lockedh5 get", self.command("get", f"{self.server.url}/a.h5", copy), theirs)

    def upload(self):
        copy = self.directory / "copy.h5"
        (self.directory / "root/a.h5").unlink()
        warm(copy)
        seconds = self.client("upload", **{"from": copy}, file="c.h5")
        (self.directory / "root/c.h5").unlink()
        warm(copy)
        theirs = curl("-T", copy, f"{self.server.url}/v1/raw/d.h5")
        self.note("upload", seconds, theirs)
        (self.directory / "root/d.h5").unlink()
        warm(copy)
        self.note("lockedh5 put", self.command("put", copy, f"{self.server.url}/d.h5"), theirs)
        copy.unlink()
        # The last server's file is read once more: it is what was written.
        self.client("read", file="d.h5", path="/x")


def run(gibibytes, directory):
    count = int(gibibytes * (1 << 30)) // SLAB * (SLAB // 8)
    (directory / "root").mkdir()
    server = support.Server(directory / "root", directory / "state", "--workers", 2)
    try:
        comparison = Comparison(server, directory, count)
        for step in (comparison.write, comparison.read, comparison.download, comparison.upload):
            step()
    finally:
        server.stop()
    return comparison


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gibibytes", type=float, default=10)
    parser.add_argument("--directory", default=None, help="where the files go; a temporary directory by default")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        comparison = run(arguments.gibibytes, pathlib.Path(folder))
    print("\n| step | client MiB/s | curl MiB/s | ratio |\n| --- | --- | --- | --- |")
    for what, ours, theirs, ratio in comparison.rows:
        print(f"| {what} | {ours:.0f} | {theirs:.0f} | {ratio:.2f} |")
    print("\n| process | largest RSS, MiB |\n| --- | --- |")
    for name, peak in comparison.memory.items():
        print(f"| {name} | {peak / MEBIBYTE:.0f} |")
    isSlow = any(ratio < LEAST_RATIO for *_, ratio in comparison.rows)
    isLarge = any(peak > MOST_MEMORY for peak in comparison.memory.values())
    if arguments.check and (isSlow or isLarge):
        sys.exit("a target is missed")


if __name__ == "__main__":
    main()
