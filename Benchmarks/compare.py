"""Measures lockedh5 and the others alternately and writes the ratios: called by run.sh."""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import data
import load
import servers
import transactions
import waiting
import writes
from contest import Contest
from memory import memory, touch
from report import Row, page

OCTETS = "application/octet-stream"
FRAME = 7
LEAST_FASTER = 8.0
LEAST_OF_NGINX = 0.6
MOST_MEMORY = 200 << 20
# What `pip install h5grove[fastapi] uvicorn` gives, which the targets are meant against, and its fastest set-up.
GROVES = [("h5grove", ("asyncio", "h11"), True), ("h5grove with uvloop", ("uvloop", "httptools"), False)]


@dataclass
class Grove:
    """One way to run h5grove, and whether the targets are meant against it."""

    name: str
    server: servers.Server
    has_targets: bool

    def __post_init__(self) -> None:
        self.metadata = f"{self.server.url}/meta?file=many.h5&path=/{data.ONE}"
        self.slice = f"{self.server.url}/data?file=stack.h5&path=/frames&format=bin&selection={FRAME}"


class Ours:
    def __init__(self, server: servers.Server) -> None:
        self.server = server
        url = server.url
        self.metadata = f"{url}/v1/datasets/many.h5/{data.ONE}"
        self.slice = f"{url}/v1/values/stack.h5/frames?select={FRAME}"
        self.whole = f"{url}/v1/values/whole.h5/values"
        self.raw = f"{url}/v1/raw/whole.h5"


def check(ours: Ours, grove: Grove, folder: pathlib.Path) -> None:
    """Both must answer with the same thing, or the figures would compare nothing."""
    described = [json.loads(load.fetch(url)) for url in (ours.metadata, grove.metadata)]
    if not described[0]["shape"] == described[1]["shape"] == [data.LENGTH]:
        raise load.MeasuringFailed(f"the metadata differ: {described}")
    expected = data.frame(folder, FRAME)
    if not expected == load.fetch(ours.slice, OCTETS) == load.fetch(grove.slice):
        raise load.MeasuringFailed("the slices differ from what h5py reads")


def against_grove(ours: Ours, grove: Grove) -> list[Contest]:
    target = LEAST_FASTER if grove.has_targets else None
    return [
        Contest(f"metadata of one dataset of {data.DATASETS}, 32 connections",
                lambda seconds: load.rate(ours.metadata, seconds),
                lambda seconds: load.rate(grove.metadata, seconds), "requests/s", grove.name, target),
        Contest("metadata, processor time of a request",
                lambda seconds: load.cost(ours.metadata, seconds, lambda: servers.processor_time(ours.server.pid)),
                lambda seconds: load.cost(grove.metadata, seconds, lambda: servers.processor_time(grove.server.pid)),
                "us", grove.name, None, less_is_better=True),
        Contest("metadata, median latency at 1 connection",
                lambda seconds: load.median_latency(ours.metadata, seconds),
                lambda seconds: load.median_latency(grove.metadata, seconds), "us", grove.name, target,
                less_is_better=True),
        Contest(f"slice of {data.SIDE * data.SIDE * 4 >> 10} KiB as bytes, 32 connections",
                lambda seconds: load.rate(ours.slice, seconds, accept=OCTETS),
                lambda seconds: load.rate(grove.slice, seconds), "requests/s", grove.name, target),
    ]


def against_nginx(ours: Ours, nginx: str, size: int) -> list[Contest]:
    def static(seconds: float) -> float:
        return load.speed(f"{nginx}/whole.h5", size, seconds)

    return [
        Contest(f"dataset of {data.WHOLE >> 20} MiB, contiguous, as bytes",
                lambda seconds: load.speed(ours.whole, data.WHOLE, seconds, OCTETS), static,
                "MiB/s", "nginx", LEAST_OF_NGINX),
        Contest("the same file raw", lambda seconds: load.speed(ours.raw, size, seconds), static,
                "MiB/s", "nginx", None),
    ]


def memory_row(part: str, leader: int, most: int | None) -> Row:
    found = memory(leader)
    counted = found.resident if found.proportional is None else found.proportional
    shared = "not visible" if found.proportional is None else f"{found.proportional >> 20} MiB"
    return Row(
        name=f"memory of our {found.processes} processes after the {part}",
        ours=f"{shared} (PSS), {found.resident >> 20} MiB (RSS, shared pages counted in each)",
        other="", ratio=f"peak of each, added up: {found.peak >> 20} MiB (RSS)",
        target="" if most is None else f"less than {most >> 20} MiB", met=None if most is None else counted < most)


@contextlib.contextmanager
def reads(
    server: servers.Server, _: str, folder: pathlib.Path, state: pathlib.Path
) -> Iterator[list[Contest]]:
    data.make(folder)
    ours = Ours(server)
    with contextlib.ExitStack() as stack:
        contests = []
        for name, setup, has_targets in GROVES:
            grove = Grove(name, stack.enter_context(servers.h5grove(folder, state, *setup)), has_targets)
            check(ours, grove, folder)
            contests += against_grove(ours, grove)
        nginx = stack.enter_context(servers.nginx(folder, state))
        yield contests + against_nginx(ours, nginx.url, (folder / "whole.h5").stat().st_size)


# What takes a server.
SERVED = {"reads": (reads, MOST_MEMORY), "writes": (writes.contests, None), "waiting": (waiting.contests, None)}
PARTS = [*SERVED, "transactions"]


def measure(options: argparse.Namespace, part: str) -> list[Row]:
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
        if part in SERVED:
            return measure_served(options, part, temporary, stack)
        contests = transactions.contests(*options.programs, pathlib.Path(temporary))
        return run(options, stack.enter_context(contests))


def measure_served(
    options: argparse.Namespace, part: str, temporary: str, stack: contextlib.ExitStack
) -> list[Row]:
    contests_of, most_memory = SERVED[part]
    folder, state = pathlib.Path(temporary, "data"), pathlib.Path(temporary, "state")
    folder.mkdir()
    state.mkdir()
    server = stack.enter_context(servers.lockedh5(options.binary, folder, state))
    rows = run(options, stack.enter_context(contests_of(server, options.binary, folder, state)))
    return [*rows, memory_row(part, server.pid, most_memory)]


def run(options: argparse.Namespace, contests: list) -> list[Row]:
    rows = []
    for contest in contests:
        if options.only in contest.name:
            print(f"measuring: {contest.name}, {getattr(contest, 'other_name', 'alone')}", file=sys.stderr)
            rows += contest.run(options.rounds, options.seconds)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="only one part (all)")
    parser.add_argument("--binary", help="the server to measure")
    parser.add_argument("--programs", nargs=2, metavar=("OURS", "PLAIN"), help="the programs of transactions/")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="where results.md and temporary files go")
    parser.add_argument("--seconds", type=float, default=4, help="length of one measurement (4)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--only", default="", metavar="WORD", help="only measures whose name has this in it")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    options = parser.parse_args()
    # The servers are ended on the way out, however that begins.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    load_before = os.getloadavg()[0]
    touch()
    rows = [row for part in ([options.part] if options.part else PARTS) for row in measure(options, part)]
    how = f"{options.rounds} rounds of {options.seconds:g} s, alternately; the median of the rounds' ratios"
    text = page(rows, how, load_before, options.binary)
    (options.folder / "results.md").write_text(text)
    print(text)
    return 1 if options.check and any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (load.MeasuringFailed, servers.ServerFailed) as error:
        sys.exit(f"compare.py: {error}")
