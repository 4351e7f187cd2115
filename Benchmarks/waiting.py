"""A thousand requests that wait for a file that another program has locked: what they cost, and what others notice."""

import contextlib
import fcntl
import http.client
import json
import pathlib
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import contest
import data
import servers
import uploads
from load import MeasuringFailed, fetch
from memory import resident, threads
from report import Row

WAITERS = 1000
# Seconds: the most that the server allows where it is not told otherwise.
WAIT = 60
LEAST_ALONE = 0.9
MOST_MEMORY = 64 << 10
WAITED = "waited.h5"
TARGET = "/v1/values/FILE.h5/values?select=START:STOP"
# What the other files are asked for: the name in the table, the kind in writes.lua, connections.
KINDS = [("rows read", "read", 32), ("rows written", "values", 16)]


class Crowd:
    """Requests that wait while this is entered, every second one to write; then all of them are answered."""

    def __init__(self, url: str, file: pathlib.Path) -> None:
        self.url, self.file = url, file
        self.connections: list[http.client.HTTPConnection] = []

    def __enter__(self) -> "Crowd":
        self.lock = open(self.file, "rb")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        for number in range(WAITERS):
            self._ask(number)
        deadline = time.monotonic() + WAIT / 2
        while self.waiting() < WAITERS:
            if time.monotonic() > deadline:
                raise MeasuringFailed(f"of {WAITERS} requests {self.waiting()} wait for {self.file.name}")
            time.sleep(0.05)
        return self

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=120)
        self.connections.append(connection)
        target, fields = f"/v1/values/{self.file.name}/values?select=0:3", {"Prefer": f"wait={WAIT}"}
        if number % 2:
            fields["Content-Type"] = "application/json"
            connection.request("PUT", target, f"[{number}, {number}, {number}]", fields)
        else:
            connection.request("GET", target, headers=fields)

    def waiting(self) -> int:
        return len(json.loads(fetch(f"{self.url}/v1/locks/{self.file.name}"))["waiters"])

    def __exit__(self, *raised: object) -> None:
        fcntl.flock(self.lock, fcntl.LOCK_UN)
        self.lock.close()
        with contextlib.ExitStack() as stack:
            for connection in self.connections:
                stack.callback(connection.close)
            if raised[0] is None:
                self._receive()

    def _receive(self) -> None:
        for number, connection in enumerate(self.connections):
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != (204 if number % 2 else 200):
                raise MeasuringFailed(f"a request that has waited is answered {answer.status}: {body[:200]!r}")


@dataclass
class Cost:
    """What the gate needs for the crowd: memory, threads, and processes beside it."""

    server: servers.Server
    file: pathlib.Path
    rate: Callable[[float], float]

    def __post_init__(self) -> None:
        self.name = f"{WAITERS} requests that wait for one file"

    def run(self, _: int, seconds: float) -> list[Row]:
        # What any request needs is not theirs. No such crowd before: what it needed would be there to be used again.
        self.rate(seconds)
        gate = self.server.pid
        before, before_threads, before_processes = resident(gate), threads(gate), len(servers.session(gate))
        with Crowd(self.server.url, self.file):
            memory = (resident(gate) - before) / WAITERS
            more = threads(gate) - before_threads, len(servers.session(gate)) - before_processes
        return [
            Row(f"{self.name}: memory of one (RSS of the gate)", f"{memory / 1024:.1f} KiB", "", "",
                f"less than {MOST_MEMORY >> 10} KiB", memory < MOST_MEMORY),
            Row(f"{self.name}: threads and processes more than without them", f"{more[0]} and {more[1]}", "", "",
                "0 and 0", more == (0, 0))]


@dataclass
class Beside:
    """How fast other files are served beside the crowd, and without it."""

    what: str
    rate: Callable[[float], float]
    url: str
    file: pathlib.Path

    def __post_init__(self) -> None:
        self.name = f"{self.what} of {data.FILES} files while {WAITERS} requests wait for another one"

    def run(self, rounds: int, seconds: float) -> list[Row]:
        pairs = contest.alternate(self._beside, self.rate, rounds, seconds)
        return [contest.row(self.name, pairs, "requests/s", "alone", LEAST_ALONE)]

    def _beside(self, seconds: float) -> float:
        with Crowd(self.url, self.file) as crowd:
            rate = self.rate(seconds)
            if crowd.waiting() < WAITERS:
                raise MeasuringFailed("some of those who wait were answered too early")
            return rate


@contextlib.contextmanager
def contests(
    server: servers.Server, _: str, folder: pathlib.Path, state: pathlib.Path
) -> Iterator[list[Cost | Beside]]:
    data.make_rows(folder)
    file = folder / WAITED
    data.make_row_file(file)

    def rate(kind: str, connections: int) -> Callable[[float], float]:
        return lambda seconds: uploads.rate(server.url + TARGET, kind, data.FILES, connections, seconds)

    yield [Cost(server, file, rate(*KINDS[0][1:])),
           *(Beside(what, rate(kind, connections), server.url, file) for what, kind, connections in KINDS)]
