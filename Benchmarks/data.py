"""The files that are served: some to be read, some to be written, and what is written into them."""

import fcntl
import pathlib
from dataclasses import dataclass

import h5py
import numpy as np

# What every HDF5 from 1.10 on can read.
FORMAT = ("earliest", "v110")

DATASETS = 1000
LENGTH = 100
# The one that is asked for.
ONE = "d0500"
FRAMES = 64
# 128 x 128 values of 4 bytes: a frame is 64 KiB.
SIDE = 128
WHOLE = 512 << 20

# What is written: small files whose rows have one value all over, and large datasets. FILES and ROWS have no divisor in
# common, see writes.lua.
FILES = 100
ROWS = 97
LARGE = 256 << 20
CHUNK = 1 << 20


@dataclass
class Upload:
    """The same numbers as bytes, and as an HDF5 file."""

    values: pathlib.Path
    file: pathlib.Path


def make(folder: pathlib.Path) -> None:
    """Writes many.h5, stack.h5 and whole.h5."""
    with h5py.File(folder / "many.h5", "w", libver=FORMAT) as file:
        for number in range(DATASETS):
            dataset = file.create_dataset(f"d{number:04}", data=np.arange(LENGTH, dtype="f8") + number)
            dataset.attrs["units"] = "mm"
    with h5py.File(folder / "stack.h5", "w", libver=FORMAT) as file:
        frames = np.arange(FRAMES * SIDE * SIDE, dtype="f4").reshape(FRAMES, SIDE, SIDE)
        file.create_dataset("frames", data=frames)
    with h5py.File(folder / "whole.h5", "w", libver=FORMAT) as file:
        whole = file.create_dataset("values", (WHOLE // 8,), "f8")
        part = WHOLE // 8 // 16
        for start in range(0, whole.shape[0], part):
            whole[start:start + part] = np.arange(start, start + part, dtype="f8")


def frame(folder: pathlib.Path, number: int) -> bytes:
    """The bytes of one frame of stack.h5, as h5py reads them."""
    with h5py.File(folder / "stack.h5", "r") as file:
        return file["frames"][number].tobytes()


def make_row_file(path: pathlib.Path) -> None:
    with h5py.File(path, "w", libver=FORMAT) as file:
        dataset = file.create_dataset("values", data=np.zeros(ROWS * LENGTH))
        dataset.attrs["count"] = 0


def make_rows(folder: pathlib.Path) -> None:
    """Writes f00.h5 to f99.h5."""
    for number in range(FILES):
        make_row_file(folder / f"f{number:02}.h5")


def make_writable(folder: pathlib.Path) -> None:
    """Writes f00.h5 to f99.h5, contiguous.h5, chunked.h5."""
    make_rows(folder)
    for name, chunks in (("contiguous", None), ("chunked", (CHUNK // 8,))):
        with h5py.File(folder / f"{name}.h5", "w", libver=FORMAT) as file:
            file.create_dataset("values", data=np.zeros(LARGE // 8), chunks=chunks)


def make_uploads(folder: pathlib.Path) -> list[Upload]:
    """Two of each, so that one sent after the other changes every value."""
    uploads = []
    for number in (1, 2):
        values = np.arange(LARGE // 8, dtype="f8") * number
        upload = Upload(folder / f"values{number}", folder / f"file{number}.h5")
        values.tofile(upload.values)
        with h5py.File(upload.file, "w", libver=FORMAT) as file:
            file["values"] = values
        uploads.append(upload)
    return uploads


def values(file: pathlib.Path) -> np.ndarray:
    """Waits until a server has finished what it was asked for by a client that is gone."""
    with open(file, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with h5py.File(file, "r") as opened:
            return opened["values"][:]


def torn_rows(file: pathlib.Path) -> int:
    """Rows that are not what one request has written."""
    table = values(file).reshape(ROWS, LENGTH)
    return int((table != table[:, :1]).any(axis=1).sum())
