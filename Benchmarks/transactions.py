"""Transactions of the local library beside a plain HDF5 program in C: what crash safety costs."""

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Iterator

import h5py
import numpy as np

import load
import servers
from contest import Contest

HERE = pathlib.Path(__file__).parent
# What is changed, how much of it (changes, or MiB), how often in one measurement.
SIZES = {"attributes": 1000, "append": 256, "overwrite": 64}
LARGE = 2048
MOST_SECONDS, MOST_KIB = 6.0, 300 << 10
# With `process` the plain program does not wait for the disk either.
LEVELS = ("process", "power")


def built(scratch: pathlib.Path) -> tuple[str, str]:
    """Our program and the plain one."""
    package = HERE / "transactions"
    swift = ["swift", "build", "--package-path", str(package), "--scratch-path", str(scratch / "transactions-build"),
             "-c", "release"]
    subprocess.run(swift, check=True, stdout=subprocess.DEVNULL)
    folder = subprocess.run([*swift, "--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    plain = scratch / "plain"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "hdf5"], check=True, capture_output=True, text=True)
    subprocess.run(["cc", "-O2", "-o", plain, package / "plain.c", *flags.stdout.split()], check=True)
    return f"{folder}/transactions", str(plain)


def fresh(path: pathlib.Path, mebibytes: int) -> None:
    """A file with a dataset of so many MiB to overwrite, or without one, on the disk."""
    with h5py.File(path, "w") as file:
        if mebibytes:
            values = file.create_dataset("values", (mebibytes << 17,), "<f8")
            for part in range(mebibytes):
                values[part << 17:(part + 1) << 17] = np.float64(part)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def run(program: str, what: str, path: pathlib.Path, size: int, level: str) -> tuple[float, int]:
    """Seconds, and the peak of memory in KiB."""
    environment = os.environ | {"HDF5_USE_FILE_LOCKING": "FALSE"}
    done = subprocess.run([program, what, path, str(size), level], check=False, capture_output=True, text=True,
                          env=environment)
    if done.returncode != 0:
        raise load.MeasuringFailed(done.stderr.strip())
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def contest(programs: tuple[str, str], folder: pathlib.Path, what: str, size: int, level: str) -> Contest:
    path = folder / f"{what}.h5"

    def measure(program: str) -> float:
        fresh(path, size if what == "overwrite" else 0)
        seconds, memory = run(program, what, path, size, level)
        if what == "overwrite" and size == LARGE:
            print(f"  {pathlib.Path(program).name}: {seconds:.2f} s, {memory >> 10} MiB", flush=True)
        path.unlink()
        return seconds * 1e6 / size if what == "attributes" else seconds * 1e3

    unit = "us each" if what == "attributes" else "ms"
    amount = f"{size:,} changes of an attribute" if what == "attributes" else f"{what} of {size} MiB"
    return Contest(f"{amount}, {level}", lambda _: measure(programs[0]), lambda _: measure(programs[1]), unit,
                   "plain HDF5" + (", one wait" if level == "power" else ", no wait"), None, less_is_better=True)


@contextlib.contextmanager
def contests(
    server: servers.Server, binary: str, folder: pathlib.Path, state: pathlib.Path
) -> Iterator[list[Contest]]:
    del server, binary
    programs = built(state)
    sizes = [*SIZES.items(), ("overwrite", LARGE)]
    yield [contest(programs, folder, what, size, level) for what, size in sizes for level in LEVELS]
