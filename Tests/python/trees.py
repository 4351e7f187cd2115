"""The files of the listing tests: groups of many kinds and sizes, links of every class."""

import os

import h5py
import numpy as np

from cases import BOUNDS, create

MANY = 10_000
# The order of creation is neither that of the names nor its reverse.
SHUFFLED = [f"n{(number * 37) % 101:03d}" for number in range(101)]


def make_links(path):
    with create(path, "v110") as file:
        data = file.create_dataset("data", data=np.arange(6.0).reshape(2, 3), maxshape=(None, 3), chunks=(1, 3))
        data.attrs["units"] = "m"
        file["group/inner/deep"] = np.int32(5)
        file["group/again"] = data
        file["type"] = np.dtype("<f4")
        file["soft"] = h5py.SoftLink("/group/inner")
        file["relative"] = h5py.SoftLink("group/inner/deep")
        file["dangling"] = h5py.SoftLink("/no/where")
        file["circle"] = h5py.SoftLink("/circle")
        file["outside"] = h5py.ExternalLink("small.h5", "/counts")
        file["outside_nothing"] = h5py.ExternalLink("missing.h5", "/x")
        file["outside_far"] = h5py.ExternalLink("/etc/hostname", "/x")
        file["loop/back"] = file["group"]
        file["group/up"] = file["loop"]
        names = file.create_group("names")
        odd = (b"\xff\xfe", b"caf\xe9", "žluť".encode(), b"with space", b"a?b&c=d#e%2F+", b"quote\"\\", b"tab\t")
        for name in odd:
            names.create_dataset(name, data=1)
        h5py.h5g.create(names.id, b"..")


def make_many(path, bounds, **options):
    with create(path, bounds) as file:
        group = file.create_group("many", **options)
        for number in range(MANY):
            group.create_group(f"g{number:05d}")
        ordered = file.create_group("ordered", track_order=True)
        unordered = file.create_group("unordered")
        for name in SHUFFLED:
            ordered[name] = unordered[name] = 0
        file.create_group("empty")


def make_datasets(path):
    """Datasets whose description has more than the usual, and those whose values are not served."""
    with create(path, "v110") as file:
        file.create_dataset("plain", data=np.arange(4, dtype=">i2"))
        file.create_dataset(
            "zipped", (10, 10), "<f4", chunks=(5, 2), maxshape=(20, None), compression=6, shuffle=True, fletcher32=True,
            fillvalue=1.5)
        file.create_dataset("null", data=h5py.Empty("<i8"))
        file.create_dataset("scalar", data=np.uint8(1))
        group = file.create_group("special")
        kind = np.dtype([("a", "<i4", (2, 3))])
        group.create_dataset("array_field", (2,), kind)
        group.create_dataset("sequence", (2,), h5py.vlen_dtype("<u2"))
        group.create_dataset("opaque", data=np.void(b"\0\1\2\3"))
        group.create_dataset("reference", data=np.array([file["plain"].ref], h5py.ref_dtype))
        group.create_dataset("region", data=np.array([file["plain"].regionref[1:3]], h5py.regionref_dtype))
        bits = h5py.h5t.STD_B16LE
        h5py.h5d.create(group.id, b"bitfield", bits, h5py.h5s.create_simple((2,)))
        wide = h5py.h5t.IEEE_F64LE.copy()
        wide.set_size(16)
        wide.set_precision(80)
        wide.set_fields(79, 64, 15, 0, 64)
        wide.set_ebias(16383)
        h5py.h5d.create(group.id, b"long_double", wide, h5py.h5s.create_simple((2,)))
        group = file.create_group("refused")
        h5py.h5d.create(group.id, b"time", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((2,)))
        group.create_dataset("outside", (4,), "i4", external=[("/etc/hostname", 0, 16)])


def make_all(root):
    make_links(root / "links.h5")
    make_datasets(root / "datasets.h5")
    for bounds in BOUNDS:
        make_many(root / f"many-{bounds}.h5", bounds)
    folder = root / "folder"
    (folder / "inner").mkdir(parents=True)
    with create(folder / "inner" / "deep.h5", "earliest") as file:
        file["x"] = [1, 2, 3]
    for name in ("b.h5", "a b.h5", "ü.h5", ".hidden.h5", "C.h5"):
        with create(folder / name, "earliest") as file:
            file["x"] = 1
    with create(os.fsencode(folder) + b"/\xff.h5", "earliest") as file:
        file["x"] = 1
    (folder / ".secret").mkdir()
    with create(folder / ".secret" / "s.h5", "earliest") as file:
        file["x"] = 1
    (folder / "notes.txt").write_text("no HDF5 here")
    os.symlink("inner/deep.h5", folder / "link.h5")
    os.symlink("folder/inner", root / "way")
    crowd = root / "crowd"
    crowd.mkdir()
    for number in range(250):
        (crowd / f"f{number:03d}.h5").write_bytes(b"")
