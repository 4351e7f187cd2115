"""Copies, committed datatypes and dimension scales: what a random sequence does with whole objects."""

import h5py
from h5py import h5ds, h5t

import wire
from elements import DTYPES, KINDS, NAMES, name_of

COPY_FLAGS = {
    "shallow": "shallow", "expandSoft": "expand_soft", "expandExternal": "expand_external",
    "expandReferences": "expand_refs", "withoutAttributes": "without_attrs"}
MOST_IN_HEADER, FEW = 8, 5
# A copy of all that there is doubles it.
MOST_OBJECTS = 60


class WholeObjects:
    """The part of an author that is about them."""

    def copy(self):
        objects = self.objects()
        source, path = self.rnd.choice(list(objects)), self.free_place()
        if isinstance(objects[source], h5py.Group) and len(objects) > MOST_OBJECTS:
            return
        # libhdf5 2.0 copies no chunks of references.
        below = [found for path, found in objects.items() if path == source or path.startswith(source.rstrip("/") + "/")]
        if any(isinstance(found, h5py.Dataset) and found.chunks and has_references(found) for found in below):
            return
        flags = [flag for flag in COPY_FLAGS if self.rnd.random() < 0.25]
        # libhdf5 damages a group where a soft link is shorter than the hard one that takes its place, and it expands
        # nothing where a link leads to a place below nothing.
        if "expandSoft" in flags and self.has_odd_links():
            flags.remove("expandSoft")
        # Nor does 1.10 expand anything where attributes lie beside an object's header, as some still do that have become few.
        if any(len(found.attrs) > FEW for found in objects.values()):
            flags = [flag for flag in flags if not flag.startswith("expand")]
        # It expands no several regions, and copies once more what references of attributes lead to.
        if "expandReferences" in flags and any(map(refers_elsewhere, objects.values())):
            flags.remove("expandReferences")
        self.copy_to(source, path, flags)

    def has_odd_links(self):
        links = [self.file.get(path, getlink=True) for path in self.links()]
        targets = [link.path for link in links if isinstance(link, h5py.SoftLink)]
        return any(len(target.encode()) < 5 or not self.has_parent(target) for target in targets)

    def has_parent(self, target):
        parent = target.rpartition("/")[0]
        return not parent or parent in self.file

    def copy_to(self, source, path, flags, **more):
        options = {COPY_FLAGS[flag]: True for flag in flags}
        self.do(
            lambda: self.file.copy(source, self.file, path, **options), op="copy", path=path, source=source, flags=flags,
            **more)

    # Committed datatypes

    def commit(self):
        self.commit_at(self.free_place(), self.rnd.choice(self.kinds))

    def commit_at(self, path, name, **more):
        # As `file[path] = dtype`, which refuses the types that HDF5 itself keeps.
        kind, (place, links) = h5t.py_create(DTYPES[name], logical=True).copy(), self.file._e(path, lcpl=True)
        self.do(
            lambda: kind.commit(self.file.id, place, lcpl=links), op="commit", path=path, datatype=KINDS[name], **more)

    def committed(self, suits=lambda name: True):
        """(name, path, datatype) of one that is committed, sometimes; else a datatype of its own, with no path."""
        found = self.some(h5py.Datatype) if self.rnd.random() < 0.3 else None
        if found:
            name = name_of(wire.describe(self.file[found].id))
            if suits(name):
                return name, found, self.file[found]
        name = self.rnd.choice(self.kinds)
        return name, None, DTYPES[name]

    # Dimension scales

    def with_dimensions(self):
        """The path of a dataset that has dimensions, or None."""
        found = [path for path in self.of_kind(h5py.Dataset) if self.file[path].ndim]
        return self.rnd.choice(found) if found else None

    def scale(self):
        path = self.some(h5py.Dataset)
        if not self.file[path].is_scale and "DIMENSION_LIST" not in self.file[path].attrs:
            self.scale_of(path, self.rnd.choice(("", *NAMES)))

    def scale_of(self, path, name):
        self.do(lambda: self.file[path].make_scale(name), op="scale", path=path, name=name)

    def label(self):
        if path := self.with_dimensions():
            self.label_of(path, self.rnd.randrange(self.file[path].ndim), self.rnd.choice(NAMES))

    def label_of(self, path, dimension, label, **more):
        def act():
            self.file[path].dims[dimension].label = label
        self.do(act, op="label", path=path, dimension=dimension, label=label, **more)

    def attach(self):
        path, scale = self.with_dimensions(), self.some(h5py.Dataset)
        if path is None or self.file[path].is_scale or "DIMENSION_LIST" in self.file[scale].attrs:
            return
        if self.file[path].id != self.file[scale].id:
            self.attach_to(path, self.rnd.randrange(self.file[path].ndim), scale)

    def attach_to(self, path, dimension, scale, **more):
        self.do(
            lambda: self.file[path].dims[dimension].attach_scale(self.file[scale]), op="attach", path=path,
            dimension=dimension, scale=scale, **more)

    def detach(self):
        datasets = {path: self.file[path] for path in self.of_kind(h5py.Dataset)}
        scales = {path: dataset for path, dataset in datasets.items() if dataset.is_scale}
        found = [
            (path, dimension, scale) for path, dataset in datasets.items() if "DIMENSION_LIST" in dataset.attrs
            for dimension in range(dataset.ndim) for scale, other in scales.items()
            if h5ds.is_attached(dataset.id, other.id, dimension)]
        if found:
            self.detach_from(*self.rnd.choice(found))

    def detach_from(self, path, dimension, scale, **more):
        self.do(
            lambda: self.file[path].dims[dimension].detach_scale(self.file[scale]), op="detach", path=path,
            dimension=dimension, scale=scale, **more)


def has_references(dataset):
    """Whether there are references in the elements of a dataset."""
    dtype = dataset.dtype
    return any(h5py.check_ref_dtype(part) for part in (dtype, *(part for part, *_ in (dtype.fields or {}).values())))


def refers_elsewhere(found):
    """Whether there are region references in an object, or references in its attributes."""
    attributes = [h5py.h5a.open(found.id, name.encode()).get_type() for name in found.attrs]
    is_of_regions = isinstance(found, h5py.Dataset) and h5py.check_ref_dtype(found.dtype) is h5py.RegionReference
    return is_of_regions or any(kind.get_class() == h5t.REFERENCE for kind in attributes)
