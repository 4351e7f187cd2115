"""The cells of history.py in a file, through h5py."""

import io

import h5py
import numpy as np

from cases import BOUNDS
from exchange import SIZES
from history import COUNT


def make(path, bounds):
    with h5py.File(path, "w", libver=BOUNDS[bounds]) as file:
        file["plain"] = np.zeros(SIZES["plain"], "<i8")
        file["plain"].attrs["mark"] = np.int64(0)
        file.create_dataset("packed", data=np.zeros(SIZES["packed"], "<i8"), chunks=(3000,), compression=1)
        file["flag"] = file[COUNT] = np.int64(0)


def read(file):
    """The numbers in each cell of an open file."""
    found = {name: np.unique(file[name][()]).tolist() for name in ("plain", "packed", "flag", COUNT)}
    return found | {"mark": [int(file["plain"].attrs["mark"])]}


def write(file, makes):
    for cell, value in makes.items():
        if cell == "mark":
            file["plain"].attrs.modify("mark", np.int64(value))
        else:
            file[cell][...] = value


def read_image(content):
    """What is in a file's bytes."""
    with h5py.File(io.BytesIO(content), "r") as file:
        return read(file)


def changed_image(content, makes):
    image = io.BytesIO(content)
    with h5py.File(image, "r+") as file:
        write(file, makes)
    return image.getvalue()
