"""Many at once at one file: readers and writers over HTTP, and a program beside the server that writes with h5py."""

import json
import pathlib
import subprocess
import sys
from dataclasses import dataclass

import contest
import uploads
from load import MeasuringFailed
from report import Row

READERS, WRITERS = 16, 2
# Of each sample: the name in the table, unit and target.
FIGURES = [
    ("reads", "reads", "/s", 1.0),
    ("writes", "writes", "/s", 1.0),
    ("the program's writes", "outside", "/s", None),
    ("longest write", "longest_write", "ms", None),
    ("the program's longest write", "longest_outside", "ms", None),
]
PROGRAM = pathlib.Path(__file__).with_name("contender.py")


@dataclass
class Sample:
    """Of one round: rates a second, the longest times in milliseconds, and how often something went wrong."""

    reads: float
    writes: float
    outside: float
    longest_write: float
    longest_outside: float
    locked: int
    failed: int
    torn: int


@dataclass
class Contention:
    """The same crowd at the same file through one server and through the other, alternately."""

    file: pathlib.Path
    ours: str
    other: str
    other_name: str
    promise: str

    def __post_init__(self) -> None:
        self.name = f"{READERS} readers, {WRITERS} writers and an h5py program at one file, {self.promise}"

    def run(self, rounds: int, seconds: float) -> list[Row]:
        pairs = contest.alternate(
            lambda seconds: self._sample(self.ours, seconds), lambda seconds: self._sample(self.other, seconds),
            rounds, seconds)
        rows = [
            contest.row(
                f"{self.name}: {what}", [(getattr(mine, field), getattr(theirs, field)) for mine, theirs in pairs],
                unit, self.other_name, target, less_is_better=unit == "ms")
            for what, field, unit, target in FIGURES
        ]
        return [*rows, self._errors(*zip(*pairs, strict=True))]

    def _errors(self, ours: tuple[Sample, ...], other: tuple[Sample, ...]) -> Row:
        def told(samples: tuple[Sample, ...]) -> str:
            return ", ".join(f"{sum(getattr(sample, what) for sample in samples)} {what}"
                             for what in ("failed", "torn", "locked"))

        return Row(
            name=f"{self.name}: requests that failed, torn reads, and answers 423", ours=told(ours),
            other=f"{self.other_name} {told(other)}", ratio="", target="0 failed, 0 torn",
            met=not any(sample.failed or sample.torn for sample in ours))

    def _sample(self, url: str, seconds: float) -> Sample:
        command = [sys.executable, "-B", str(PROGRAM), str(self.file), str(seconds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            if program.stdout.readline() != "ready\n":
                raise MeasuringFailed(f"contender.py does not start: {program.stderr.read()}")
            reading = uploads.begin(url, "read", 1, READERS, seconds, checks=True)
            writing = uploads.begin(url, "values", 1, WRITERS, seconds, checks=True)
            reads, writes = uploads.figures(reading), uploads.figures(writing)
            output, errors = program.communicate()
        if program.returncode != 0:
            raise MeasuringFailed(f"contender.py failed: {errors}")
        outside = json.loads(output)
        return Sample(
            reads=_succeeded(reads), writes=_succeeded(writes), outside=outside["rate"],
            longest_write=writes["longest"] / 1000, longest_outside=outside["longest"] * 1000,
            locked=reads["locked"] + writes["locked"],
            failed=sum(figures["failed"] + figures["broken"] for figures in (reads, writes)), torn=reads["torn"])


def _succeeded(figures: dict) -> float:
    """A second."""
    return (figures["requests"] - figures["locked"] - figures["failed"]) * 1e6 / figures["microseconds"]
