"""What the library's transactions cost: the same work with it and with libhdf5 alone, in a program each.

The sources of both are in transactions/. Each run is timed by the program itself, from before the first open to after
the last close (and its fsync), on a file of its own that is on the disk before.
"""

import contextlib
import itertools
import os
import pathlib
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import contest
import h5py
import numpy
from load import MeasuringFailed
from memory import peak, touch
from report import Row

SLAB = 4 << 20
TRANSACTIONS = 1000
APPENDED, OVERWRITTEN, HUGE = (size // SLAB for size in (256 << 20, 64 << 20, 2 << 30))
MOST_SECONDS, MOST_MEMORY = 6.0, 300 << 20
PLAIN = {"process": "plain HDF5", "power": "plain HDF5 with fsync"}
# What a prototype reached, which the product is to keep: the share of the plain program's speed.
LEAST = {("attributes", "process"): 0.6, ("attributes", "power"): 0.3, "append": 0.9, "extend": 0.9, "overwrite": 0.4}


@dataclass
class Work:
    """One piece of work that both programs know; `count` is transactions, or slabs of 4 MiB."""

    name: str
    word: str
    count: int
    slabs_before: int = 1

    @property
    def page_cache(self) -> int:
        """What a run can fill of it: the spill file, the log and the place itself."""
        return 3 * SLAB * (1 if self.word == "attributes" else self.count)

    def check(self, file: pathlib.Path, seed: int) -> None:
        """The program did it, as h5py sees it, or the figures would compare nothing."""
        with h5py.File(file, "r") as opened:
            if self.word == "attributes":
                right = opened["values"].attrs["count"] == seed + self.count - 1
            else:
                name, first = {"append": ("new", 0), "extend": ("chunked", 1), "overwrite": ("values", 0)}[self.word]
                right = _has_slabs(opened[name], first, self.count, seed)
        if not right:
            raise MeasuringFailed(f"{file} has other values than were written")


def _has_slabs(dataset: h5py.Dataset, first: int, count: int, seed: int) -> bool:
    length = SLAB // 8
    expected = numpy.arange(seed, seed + length)
    return len(dataset) == (first + count) * length and all(
        numpy.array_equal(dataset[number * length:(number + 1) * length], expected)
        for number in range(first, first + count))


@dataclass
class Sample:
    seconds: float
    memory: int


@dataclass
class Programs:
    """Both programs, and the folder that they work in."""

    ours: str
    plain: str
    folder: pathlib.Path

    def __post_init__(self) -> None:
        self._seeds = itertools.count(1)

    def sample(self, program: str, work: Work, durability: str, checks: bool) -> Sample:
        file = self.folder / "file.h5"
        seed = next(self._seeds) * 1_000_003
        _run([self.plain, "make", str(file), str(work.slabs_before), "0", "power"])
        try:
            # The host of a virtual machine takes back what the run before has freed.
            touch(work.page_cache)
            taken = _run([program, work.word, str(file), str(work.count), str(seed), durability])
            if checks:
                work.check(file, seed)
            return taken
        finally:
            file.unlink()
            # What the disk still has to do for this one is not the next one's.
            os.sync()


def _run(command: list[str]) -> Sample:
    # libhdf5's own lock is part of what is measured.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HDF5_")}
    with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment) as program:
        line = program.stdout.readline()
        memory = peak(program.pid) if line else 0
        _, errors = program.communicate()
    if program.returncode != 0 or not line:
        raise MeasuringFailed(f"{command[:2]} failed: {errors}")
    return Sample(float(line), memory)


@dataclass
class Overhead:
    """One piece of work done both ways, alternately; each run takes as long as it takes."""

    programs: Programs
    work: Work
    durability: str
    has_limits: bool = False

    def __post_init__(self) -> None:
        self.name = f"{self.work.name}, {self.durability}"
        self.other_name = PLAIN[self.durability]

    def run(self, rounds: int, _: float) -> list[Row]:
        pairs = []
        for number in range(rounds + 1):
            pair = tuple(self.programs.sample(program, self.work, self.durability, checks=number == 0)
                         for program in (self.programs.ours, self.programs.plain))
            # The first round is compared with what h5py reads, and does not count.
            if number > 0:
                pairs.append(pair)
        if self.has_limits:
            return [self._seconds(pairs), self._memory(pairs)]
        many = self.work.word == "attributes"
        each = 1e6 / self.work.count if many else 1e3
        target = LEAST[self.work.word, self.durability] if many else LEAST[self.work.word]
        times = [(ours.seconds * each, plain.seconds * each) for ours, plain in pairs]
        return [contest.row(self.name, times, "us" if many else "ms", self.other_name, target, less_is_better=True)]

    def _seconds(self, pairs: list[tuple[Sample, ...]]) -> Row:
        times = [(ours.seconds * 1e3, plain.seconds * 1e3) for ours, plain in pairs]
        row = contest.row(self.name, times, "ms", self.other_name, None, less_is_better=True)
        row.target = f"less than {MOST_SECONDS:g} s"
        row.met = statistics.median(ours for ours, _ in times) < MOST_SECONDS * 1e3
        return row

    def _memory(self, pairs: list[tuple[Sample, ...]]) -> Row:
        ours, plain = (max(sample.memory for sample in samples) for samples in zip(*pairs, strict=True))
        return Row(
            name=f"{self.name}: memory, peak", ours=f"{ours >> 20} MiB", other=f"{self.other_name} {plain >> 20} MiB",
            ratio="", target=f"less than {MOST_MEMORY >> 20} MiB", met=ours < MOST_MEMORY)


@contextlib.contextmanager
def contests(ours: str, plain: str, folder: pathlib.Path) -> Iterator[list[Overhead]]:
    programs = Programs(ours, plain, folder)
    works = [
        Work(f"{TRANSACTIONS:,} times: open, replace an attribute, close; each", "attributes", TRANSACTIONS),
        Work("append a new dataset of 256 MiB", "append", APPENDED),
        Work("extend a chunked dataset by 256 MiB", "extend", APPENDED),
        Work("overwrite 64 MiB in place", "overwrite", OVERWRITTEN, OVERWRITTEN),
    ]
    huge = Work("overwrite 2 GiB in place", "overwrite", HUGE, HUGE)
    yield [
        *(Overhead(programs, work, durability) for work in works for durability in PLAIN),
        *(Overhead(programs, huge, durability, has_limits=True) for durability in PLAIN),
    ]
