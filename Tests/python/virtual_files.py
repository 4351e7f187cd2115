"""A folder with virtual datasets and their sources, as h5py makes them."""

import h5py
import numpy as np

from cases import create


def layout(shape, dtype, *parts, maxshape=None):
    """A virtual layout of (target selection, file, path, shape, source selection)."""
    made = h5py.VirtualLayout(shape, dtype, maxshape)
    for target, file, path, source_shape, selection in parts:
        made[target] = h5py.VirtualSource(file, path, source_shape)[selection]
    return made


ALL = slice(None)


def make_folder(tmp_path):
    root = tmp_path / "served"
    (root / "sub").mkdir(parents=True)
    for number in range(4):
        with create(root / "sub" / f"s{number}.h5", "earliest") as file:
            file.create_dataset("d", data=np.arange(10, dtype="<i4") + 100 * number, maxshape=(None,), chunks=(4,))
            file["g/wide"] = np.arange(12.0).reshape(3, 4) * number
    with create(tmp_path / "outside.h5", "earliest") as file:
        file["d"] = np.full(10, 666)
    with create(root / "v.h5", "v110") as file:
        file["own"] = np.arange(5, dtype="<i4")
        parts = [((n, ALL), f"sub/s{n}.h5", "d", (10,), ALL) for n in range(4)]
        file.create_virtual_dataset("stack", layout((4, 10), "<i4", *parts), fillvalue=-1)
        file.create_virtual_dataset("holes", layout((6, 10), "<i4", *parts[:2], ((3, ALL), "none.h5", "d", (10,), ALL),
                                                    ((4, ALL), "sub/s1.h5", "nothing", (10,), ALL)), fillvalue=-5)
        strided = ((slice(0, 4), slice(1, 4)), "sub/s2.h5", "g/wide", (3, 4), (slice(0, 3), ALL))
        file.create_virtual_dataset("part", layout(
            (4, 5), "<f8", ((slice(0, 3), slice(1, 5)), *strided[1:])), fillvalue=np.nan)
        file.create_virtual_dataset("steps", layout(
            (10,), "<i4", (slice(0, 10, 2), "sub/s3.h5", "d", (10,), slice(5, 10)),
            (slice(1, 10, 2), "sub/s1.h5", "d", (10,), slice(0, 10, 2))))
        file.create_virtual_dataset("self", layout((5,), "<i4", (ALL, ".", "own", (5,), ALL)))
        file.create_virtual_dataset("absolute", layout(
            (10,), "<i4", (ALL, str(root / "sub" / "s1.h5"), "d", (10,), ALL)))
        file.create_virtual_dataset("moved", layout((10,), "<i4", (ALL, "/somewhere/v2.h5", "d", (10,), ALL)))
        file.create_virtual_dataset("out", layout((10,), "<i8", (ALL, "../outside.h5", "d", (10,), ALL)))
        file.create_virtual_dataset("outward", layout(
            (10,), "<i8", (ALL, str(tmp_path / "outside.h5"), "d", (10,), ALL)))
        file.create_virtual_dataset("nested", layout((10,), "<i4", (ALL, "sub/n.h5", "first", (10,), ALL)))
        file.create_virtual_dataset("text", layout((10,), "<i4", (ALL, "text.h5", "d", (10,), ALL)))
        file.create_virtual_dataset("group", layout((10,), "<i4", (ALL, "sub/s1.h5", "g", (10,), ALL)))
        file.create_virtual_dataset("loop", layout((10,), "<i4", (ALL, "v.h5", "loop", (10,), ALL)))
    with create(root / "sub" / "n.h5", "v110") as file:
        file.create_virtual_dataset("first", layout((10,), "<i4", (ALL, "s2.h5", "d", (10,), ALL)))
    with create(root / "v2.h5", "v110") as file:
        file["d"] = np.arange(10, dtype="<i4") * 7
    (root / "text.h5").write_text("no HDF5" * 100)
    with create(root / "grow.h5", "v110"):
        pass
    add_growing(root / "grow.h5", "unlimited", b"sub/s1.h5", 1, h5py.h5s.UNLIMITED)
    add_growing(root / "grow.h5", "blocks", b"sub/s%b.h5", 10, 1)
    return root


def add_growing(path, name, source_file, block, source_count):
    """A dataset that grows with its source, or by a block of each numbered file; not made by h5py's high level."""
    with h5py.File(path, "r+") as file:
        space = h5py.h5s.create_simple((block,), (h5py.h5s.UNLIMITED,))
        space.select_hyperslab((0,), (h5py.h5s.UNLIMITED,), (block,), (block,))
        source = h5py.h5s.create_simple((10,), (h5py.h5s.UNLIMITED,))
        source.select_hyperslab((0,), (source_count,), (block,), (block,))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_virtual(space, source_file, b"d", source)
        h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I32LE, space, plist)


def h5py_value(folder, name, path):
    with h5py.File(folder / name, "r") as file:
        return file[path][()]
