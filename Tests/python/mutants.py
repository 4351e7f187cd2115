"""Small valid files that use much of the format, and seeded damage to them."""

import random
import struct

import h5py
import numpy as np

from cases import create

SIGNATURES = (
    b"TREE", b"HEAP", b"SNOD", b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTIN", b"BTLF", b"GCOL", b"FAHD",
    b"FADB", b"EAHD", b"EAIB", b"EASB", b"EADB", b"\x89HDF")
NUMBERS = (0, 1, 2, 8, 255, 256, 0x7FFF, 0xFFFF, 0x10000, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1)


def make_basis(path, bounds):
    with create(path, bounds, track_order=True) as file:
        group = file.create_group("group/inner")
        group["numbers"] = np.arange(20.0)
        group.attrs["units"], group.attrs["list"] = "m", np.arange(5)
        file["soft"], file["outside"] = h5py.SoftLink("/group/inner"), h5py.ExternalLink("other.h5", "/x")
        file["strings"] = np.array(["a", "bb", "ccc"], h5py.string_dtype())
        file["rows"] = np.array([(1, 2.5, b"ab"), (3, 4.5, b"cd")], [("a", "<i4"), ("b", "<f8"), ("s", "S4")])
        file["enum"] = np.array([0, 1]).astype(h5py.enum_dtype({"A": 0, "B": 1}, "i4"))
        file["lists"] = np.array([np.arange(3), np.arange(2)], h5py.vlen_dtype("i4"))
        file["null"], file["opaque"], file["type"] = h5py.Empty("f4"), np.void(b"\0\1\2"), np.dtype("f8")
        file["reference"] = np.array([group.ref], h5py.ref_dtype)
        data = np.random.default_rng(4).integers(0, 9, (40, 30)).astype("i4")
        file.create_dataset(
            "zipped", data=data, chunks=(7, 8), maxshape=(None, None), compression=4, shuffle=True, fletcher32=True)
        file.create_dataset("lzf", data=data, chunks=(10, 10), compression="lzf")
        file.create_dataset("scaled", data=data, chunks=(10, 10), scaleoffset=0)
        file.create_dataset("growing", data=data[:, 0], chunks=(4,), maxshape=(None,))
        for number in range(40):
            file.create_group(f"many/n{number:02d}").attrs["i"] = number


def marks_of(data):
    """Where the format's signatures are."""
    return [place for mark in SIGNATURES for place in places_of(mark, data)] or [0]


def places_of(mark, data):
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def damaged(data, rnd, marks):
    """One to eight edits; most are near the metadata."""
    data = bytearray(data)
    for _ in range(rnd.choice((1, 1, 1, 2, 3, 5, 8))):
        where = rnd.random()
        if where < 0.25:
            place = rnd.randrange(min(4096, len(data)))
        elif where < 0.7:
            place = min(len(data) - 1, rnd.choice(marks) + rnd.randrange(64))
        else:
            place = rnd.randrange(len(data))
        what = rnd.random()
        if what < 0.35:
            data[place] ^= 1 << rnd.randrange(8)
        elif what < 0.55:
            data[place] = rnd.randrange(256)
        elif what < 0.9:
            size = rnd.choice((2, 4, 8))
            number = struct.pack("<Q", rnd.choice(NUMBERS))[:size]
            data[place : place + size] = number[: len(data) - place]
        elif what < 0.95:
            swap(data, place, rnd.randrange(len(data)), rnd.choice((8, 64, 512)))
        else:
            del data[rnd.randrange(len(data) // 2, len(data)) :]
    return bytes(data)


def swap(data, one, other, size):
    """Exchanges two blocks, which may overlap or end early."""
    size = min(size, len(data) - one, len(data) - other)
    first, second = data[one : one + size], data[other : other + size]
    data[one : one + size], data[other : other + size] = second, first


def write_mutants_of(sources, root, count, seed):
    """Writes `count` damaged copies of some of the files `sources`; {name: source}."""
    rnd, names = random.Random(seed), {}
    for number in range(count):
        source = rnd.choice(sources)
        data = source.read_bytes()
        name = f"mutant-{number:04d}.h5"
        (root / name).write_bytes(damaged(data, rnd, marks_of(data)))
        names[name] = source
    return names


def write_mutants(root, count, seed):
    """Writes `count` damaged files; their names."""
    rnd, names, bases = random.Random(seed), [], []
    for bounds in ("earliest", "v110"):
        path = root / f"basis-{bounds}.h5"
        make_basis(path, bounds)
        data = path.read_bytes()
        bases.append((data, marks_of(data)))
    for number in range(count):
        data, marks = rnd.choice(bases)
        names.append(f"mutant-{number:04d}.h5")
        (root / names[-1]).write_bytes(damaged(data, rnd, marks))
    return names
