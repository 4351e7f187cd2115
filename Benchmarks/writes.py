"""What is compared where files are written: lockedh5 with naive.py, and uploads of files with nginx too."""

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


def small(sides: tuple[Side, Side], what: str, connections: int, files: int, target: float | None) -> Contest:
    def rate(side: Side) -> Callable[[float], float]:
        kind = "attribute" if what == ATTRIBUTE else "values"
        return lambda seconds: uploads.rate(side.url + side.small[what], kind, files, connections, seconds)

    ends = "1 connection" if connections == 1 else f"{connections} connections"
    where = "one file" if files == 1 else f"{files} files"
    return Contest(f"{what}, {ends}, {where}", *map(rate, sides), "requests/s", sides[1].name, target)


def large(sides: tuple[Side, Side], what: str, bodies: list[data.Upload], target: float | None) -> Contest:
    def speed(side: Side) -> Callable[[float], float]:
        return lambda seconds: uploads.speed(side.large[what].send, [body.values for body in bodies], seconds)

    return Contest(
        f"put {data.LARGE >> 20} MiB {what}", *map(speed, sides), "MiB/s", sides[1].name, target)


def raw(urls: tuple[str, str], name: str, bodies: list[data.Upload]) -> Contest:
    def speed(url: str) -> Callable[[float], float]:
        return lambda seconds: uploads.speed(
            lambda body: uploads.put(url, body), [body.file for body in bodies], seconds)

    return Contest(f"put a file of {data.LARGE >> 20} MiB, raw", *map(speed, urls), "MiB/s", name, None)


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
    server: servers.Server, folder: pathlib.Path, state: pathlib.Path
) -> Iterator[list[Contest | Contention]]:
    data.make_writable(folder)
    bodies = data.make_uploads(state)
    mine = ours(server)
    with contextlib.ExitStack() as stack:
        plain, synced = (naive(stack.enter_context(servers.naive(folder, state, syncs)), name)
                         for name, syncs in (("naive", False), ("naive with fdatasync", True)))
        nginx = stack.enter_context(servers.nginx(folder, state))
        for side in (mine, plain):
            check(side, folder, bodies)
        both, durable = (mine, plain), (mine, synced)
        yield [
            *(small(both, SMALL, connections, files, LEAST_FASTER) for connections in (1, 16) for files in (1, 100)),
            small(durable, SMALL, 16, 1, None),
            small(both, ATTRIBUTE, 16, 1, None),
            *(large(both, what, bodies, LEAST_FASTER) for what in (CONTIGUOUS, CHUNKED, NEW)),
            large(durable, CONTIGUOUS, bodies, None),
            raw((mine.raw, plain.raw), plain.name, bodies),
            raw((mine.raw, f"{nginx.url}/raw-nginx.h5"), "nginx", bodies),
            Contention(folder / "f00.h5", *(side.url + side.small[SMALL] for side in both), plain.name),
        ]
        check_rows(folder)
