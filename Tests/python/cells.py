"""The cells of history.py in a file, through h5py and through the interface."""

import io
import json
from array import array

import h5py
import numpy as np

from cases import BOUNDS
from history import CELLS, COUNT

SIZES = {"plain": 4096, "packed": 12_000}
ALONE = [cell for cell in CELLS if cell != COUNT]
OCTETS = "application/octet-stream"


class Broken(Exception):
    """Something that no order of operations explains."""


# Through h5py


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


# Through the interface


def target(name, cell):
    return f"/v1/attributes/{name}/plain?name=mark" if cell == "mark" else f"/v1/values/{name}/{cell}"


def is_array(cell):
    return cell in SIZES


def encoded(cell, value):
    """The body that makes a cell hold a number, and its media type."""
    if is_array(cell):
        return array("q", [value]).tobytes() * SIZES[cell], OCTETS
    return json.dumps(value).encode(), "application/json"


def decoded(cell, body):
    """The numbers in the body of an answer."""
    if not is_array(cell):
        return [json.loads(body)]
    if len(body) != SIZES[cell] * 8:
        raise Broken(f"{cell} is {len(body)} bytes long")
    return sorted(set(array("q", body)))
