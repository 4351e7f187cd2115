"""The files that are served: many small datasets, a stack of frames, and one large contiguous dataset."""

import pathlib

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
