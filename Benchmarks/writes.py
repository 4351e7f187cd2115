"""What is compared where files are written: lockedh5 with naive.py, and uploads of files with nginx too.

Each is measured twice, by what an answered write is sure to withstand: the end of a process, where the system writes to
the disk when it likes, and a power cut, where the answer waits for the disk.
"""

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import data
import load
import servers
import uploads
from contention import Contention
from contest import Contest

LEAST_FASTER = 1.0
SMALL, ATTRIBUTE = f"put {data.LENGTH} values into a slice", "put an attribute"
CONTIGUOUS, CHUNKED, NEW = "into a contiguous dataset", "into a chunked dataset", "into a new dataset"


@dataclass
class Large:
    """How a large body is sent, which tells the seconds, and the file that has it then."""

    send: Callable[[pathlib.Path], float]
    file: str


@dataclass
class Side:
    """Where a server takes things. In the targets of small ones FILE, START and STOP are put in by writes.lua."""

    name: str
    url: str
    small: dict[str, str]
    large: dict[str, Large]
    raw: str


def ours(server: servers.Server) -> Side:
    url = f"{server.url}/v1"

    def make(body: pathlib.Path) -> float:
        uploads.put(f"{url}/files/new-ours.h5", b"{}", "application/json")
        dataset = json.dumps({"shape": [body.stat().st_size // 8], "datatype": "<f8"}).encode()
        made = uploads.put(f"{url}/datasets/new-ours.h5/values", dataset, "application/json")
        return made + uploads.put(f"{url}/values/new-ours.h5/values", body)

    return Side(
        name="lockedh5", url=server.url,
        small={SMALL: "/v1/values/FILE.h5/values?select=START:STOP",
               ATTRIBUTE: "/v1/attributes/FILE.h5/values?name=count"},
        large={CONTIGUOUS: Large(lambda body: uploads.put(f"{url}/values/contiguous.h5/values", body), "contiguous.h5"),
               CHUNKED: Large(lambda body: uploads.put(f"{url}/values/chunked.h5/values", body), "chunked.h5"),
               NEW: Large(make, "new-ours.h5")},
        raw=f"{url}/raw/raw-ours.h5")


def naive(server: servers.Server, name: str) -> Side:
    url = server.url

    def make(body: pathlib.Path) -> float:
        target = f"{url}/datasets/new-naive.h5/values?datatype=f8"
        uploads.put(target, bytes(8))
        return uploads.put(target, body)

    return Side(
        name=name, url=url,
        small={SMALL: "/values/FILE.h5/values?start=START&stop=STOP",
               ATTRIBUTE: "/attributes/FILE.h5/values?name=count"},
        large={CONTIGUOUS: Large(lambda body: uploads.put(f"{url}/values/contiguous.h5/values", body), "contiguous.h5"),
               CHUNKED: Large(lambda body: uploads.put(f"{url}/values/chunked.h5/values", body), "chunked.h5"),
               NEW: Large(make, "new-naive.h5")},
        raw=f"{url}/raw/raw-naive.h5")


@dataclass
class Match:
    """Two servers that promise the same of an answered write."""

    ours: Side
    other: Side
    promise: str
    bodies: list[data.Upload]

    def small(self, what: str, connections: int, files: int) -> Contest:
        def rate(side: Side) -> Callable[[float], float]:
            kind = "attribute" if what == ATTRIBUTE else "values"
            return lambda seconds: uploads.rate(side.url + side.small[what], kind, files, connections, seconds)

        ends = "1 connection" if connections == 1 else f"{connections} connections"
        where = "one file" if files == 1 else f"{files} files"
        return self._contest(f"{what}, {ends}, {where}", rate, "requests/s")

    def large(self, what: str) -> Contest:
        return self._contest(
            f"put {data.LARGE >> 20} MiB {what}",
            lambda side: lambda seconds: uploads.speed(
                side.large[what].send, [body.values for body in self.bodies], seconds), "MiB/s")

    def raw(self) -> Contest:
        return self._contest(
            f"put a file of {data.LARGE >> 20} MiB, raw",
            lambda side: lambda seconds: raw_speed(side.raw, self.bodies, seconds), "MiB/s")

    def contention(self, file: pathlib.Path) -> Contention:
        return Contention(
            file, *(side.url + side.small[SMALL] for side in (self.ours, self.other)), self.other.name, self.promise)

    def _contest(self, name: str, measure: Callable[[Side], Callable[[float], float]], unit: str) -> Contest:
        return Contest(f"{name}, {self.promise}", measure(self.ours), measure(self.other), unit, self.other.name,
                       LEAST_FASTER)


def raw_speed(url: str, bodies: list[data.Upload], seconds: float) -> float:
    return uploads.speed(lambda body: uploads.put(url, body), [body.file for body in bodies], seconds)


def check(side: Side, folder: pathlib.Path, bodies: list[data.Upload]) -> None:
    """Both must write what they are sent, or the figures would compare nothing."""
    for large in side.large.values():
        for body in bodies:
            large.send(body.values)
            if data.values(folder / large.file).tobytes() != body.values.read_bytes():
                raise load.MeasuringFailed(f"{side.name} has written something else into {large.file}")


def check_rows(folder: pathlib.Path) -> None:
    """After all small writes: each wrote whole rows."""
    torn = [number for number in range(data.FILES) if data.torn_rows(folder / f"f{number:02}.h5")]
    if torn:
        raise load.MeasuringFailed(f"rows of these files are torn: {torn}")


@contextlib.contextmanager
def contests(
    server: servers.Server, binary: str, folder: pathlib.Path, state: pathlib.Path
) -> Iterator[list[Contest | Contention]]:
    data.make_writable(folder)
    bodies = data.make_uploads(state)
    with contextlib.ExitStack() as stack:
        quick = ours(stack.enter_context(servers.lockedh5(binary, folder, state, "process")))
        plain, synced = (naive(stack.enter_context(servers.naive(folder, state, syncs)), name)
                         for syncs, name in ((False, "naive"), (True, "naive with fdatasync")))
        nginx = stack.enter_context(servers.nginx(folder, state))
        process = Match(quick, plain, "process", bodies)
        power = Match(ours(server), synced, "power", bodies)
        for match in (process, power):
            for side in (match.ours, match.other):
                check(side, folder, bodies)
        file = folder / "f00.h5"
        yield [
            *(match.small(SMALL, connections, files)
              for match in (process, power) for connections in (1, 16) for files in (1, 100)),
            *(match.small(ATTRIBUTE, 16, 1) for match in (process, power)),
            *(match.large(what) for match in (process, power) for what in (CONTIGUOUS, CHUNKED, NEW)),
            *(match.raw() for match in (process, power)),
            Contest(f"put a file of {data.LARGE >> 20} MiB, raw, process",
                    lambda seconds: raw_speed(quick.raw, bodies, seconds),
                    lambda seconds: raw_speed(f"{nginx.url}/raw-nginx.h5", bodies, seconds), "MiB/s", "nginx", None),
            *(match.contention(file) for match in (process, power)),
        ]
        check_rows(folder)
