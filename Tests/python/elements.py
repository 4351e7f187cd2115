"""Datatypes and their elements for random datasets and attributes, as h5py has them."""

import h5py
import numpy as np
from h5py import h5t

import cases
import wire

NAMED = (
    "i1le", "u2be", "i4le", "i4be", "u8le", "i8be", "f2le", "f4be", "f8le", "c8le", "c16be", "bool", "enum_i4",
    "enum_i2", "ascii_null", "utf8_null", "ascii_vlen", "utf8_vlen", "compound", "with_vlen", "nested")
# No compounds and arrays of variable length: h5py 3.16 crashes when it writes them.
OTHERS = {
    "array": np.dtype(("<i4", (2, 3))),
    "array_of_text": np.dtype(("S3", (2,))),
    "vlen": h5py.vlen_dtype("<i2"),
    "vlen_floats": h5py.vlen_dtype("<f4"),
    "opaque": np.dtype("V5"),
    "date": h5py.opaque_dtype("<M8[s]"),
    "deep": np.dtype([
        ("id", "<i4"), ("grid", ">f8", (2, 2)), ("raw", "V3"), ("in", [("b", "?"), ("list", h5py.vlen_dtype("u1"))])]),
    "reference": h5py.ref_dtype,
    "region": h5py.regionref_dtype,
    "with_reference": np.dtype([("n", "<i2"), ("to", h5py.ref_dtype)]),
}
DTYPES = {name: cases.TYPES[name][1].dtype for name in NAMED} | OTHERS
KINDS = {name: wire.describe(h5t.py_create(dtype, logical=True)) for name, dtype in DTYPES.items()}
# Names of members and attributes.
NAMES = ("a", "b", "long name with spaces", "é", "日本", "n0", "n1", "n2", "n3", "x%41", "a?b#c")
# Where references lead: these are never removed.
KEPT = ("/kept", "/kept/data", "/kept/group")


def name_of(kind):
    """The name of the datatype that this JSON describes; None for any other."""
    return next((name for name, known in KINDS.items() if known == kind), None)


def random_elements(rnd, name, shape, file):
    """An array of random elements, with the dimensions of an array datatype behind those of `shape`."""
    if name in NAMED:
        pool = cases.TYPES[name][1].ravel()
        return pool[[rnd.randrange(len(pool)) for _ in range(int(np.prod(shape)))]].reshape(shape)
    dtype = OTHERS[name]
    value = np.empty(shape, dtype)
    flat = value.reshape(-1, *(dtype.shape or ()))
    for index in range(len(flat)):
        flat[index] = element(rnd, dtype, file)
    return value


def element(rnd, dtype, file):
    """One random element of a type that NumPy needs help with."""
    base = h5py.check_vlen_dtype(dtype)
    if base is not None:
        return np.array([element(rnd, np.dtype(base), file) for _ in range(rnd.randrange(4))], base)
    if h5py.check_ref_dtype(dtype) is h5py.RegionReference:
        stops = [rnd.randrange(1, size + 1) for size in (4, 5)]
        region = tuple(slice(rnd.randrange(stop), stop) for stop in stops)
        return file["/kept/data"].regionref[region] if rnd.random() < 0.8 else h5py.RegionReference()
    if h5py.check_ref_dtype(dtype) is h5py.Reference:
        return file[rnd.choice(KEPT)].ref if rnd.random() < 0.8 else h5py.Reference()
    if dtype.subdtype:
        inner, shape = dtype.subdtype
        return np.array([element(rnd, inner, file) for _ in range(int(np.prod(shape)))], inner).reshape(shape)
    if dtype.fields:
        return tuple(element(rnd, dtype[field], file) for field in dtype.names)
    return scalar(rnd, dtype)


def scalar(rnd, dtype):
    if dtype.kind == "M":
        return np.datetime64(rnd.randrange(2**31), "s")
    if dtype.kind == "V":
        return np.void(rnd.randbytes(dtype.itemsize))
    if dtype.kind == "S":
        return rnd.choice((b"", b"a", b"xyz"))
    if dtype.kind == "f":
        return dtype.type(rnd.choice((0, -0.5, 1e10, np.inf, 3.25)))
    if dtype.kind == "b":
        return rnd.random() < 0.5
    limits = np.iinfo(dtype)
    return rnd.randrange(limits.min, limits.max + 1)
