"""Random operations on a file, done by h5py at once and written down for others to do the same.

An operation is what JSON can say: `op` with its arguments; values as octets of the interface, in base64. One that h5py
refuses has the key `refused` with the codes of which one must be the answer.
"""

import base64
import random

import h5py
import numpy as np
from h5py._hl.filters import guess_chunk

import bodies
import wire
from choices import assign, chosen, put
from elements import DTYPES, KEPT, KINDS, NAMES, name_of, random_elements
from mischief import NO_MATCH, Mischief
from whole_objects import MOST_IN_HEADER, WholeObjects

REFUSALS = (ValueError, KeyError, TypeError, OSError, RuntimeError, IndexError)
BOUNDS = (("earliest", "v110"), ("v110", "v110"))
# What scales and the datasets they belong to know of each other.
SCALES = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS")


class H5pyFails(Exception):
    """h5py's libhdf5 does not do what it should: what it has left is not to be compared with."""


class Author(Mischief, WholeObjects):
    """Makes a sequence of operations, and h5py's file of it."""

    # What a sequence may hold, and how often; what is not yet in the interface has no weight.
    WEIGHTS = {
        "group": 3, "dataset": 7, "write": 10, "resize": 3, "attribute": 6, "attributes": 0.5, "modify_attribute": 2,
        "remove_attribute": 2, "link": 3, "move": 3, "remove": 2, "require": 3, "mischief": 6, "copy": 5, "commit": 2,
        "scale": 1, "label": 1, "attach": 3, "detach": 1}

    def __init__(self, path, seed, kinds=tuple(DTYPES), weights=None):
        self.rnd, self.kinds = random.Random(seed), kinds
        self.weights = self.WEIGHTS | (weights or {})
        self.operations = []
        bounds, tracks = self.rnd.choice(BOUNDS), self.rnd.random() < 0.3
        self.creation = {"libver": list(bounds), "trackOrder": tracks}
        self.file = h5py.File(path, "w", libver=bounds, track_order=tracks)
        self.group_at("/kept/group", False)
        data = np.arange(20, dtype="<i4").reshape(4, 5)
        self.dataset_at("/kept/data", "i4le", {"shape": (4, 5), "dtype": data.dtype, "data": data})

    def run(self, count):
        """Does `count` operations; all that were done."""
        while len(self.operations) < count:
            getattr(self, self.rnd.choices(list(self.weights), self.weights.values())[0])()
        self.file.close()
        return self.operations

    def do(self, act, refused=None, **operation):
        """Does an operation with h5py and writes it down; with `refused`, codes, h5py must refuse it."""
        if refused is None:
            try:
                act()
            except RuntimeError as error:
                if operation["op"] != "copy":
                    raise
                raise H5pyFails(f"{operation}: {error}") from error
        else:
            operation["refused"] = list(refused)
            try:
                act()
            except REFUSALS:
                pass
            else:
                raise AssertionError(f"h5py does it: {operation}")
        self.operations.append(operation)

    # What there is

    def objects(self):
        """{path: object} of everything that hard links lead to, but for what libhdf5 names by its address."""
        known, ways, seen = {"/": self.file["/"]}, [("", self.file["/"])], set()
        while ways:
            place, group = ways.pop()
            for name in group:
                if isinstance(group.get(name, getlink=True), h5py.HardLink) and not name.startswith("~"):
                    path, member = f"{place}/{name}", group[name]
                    known[path] = member
                    if isinstance(member, h5py.Group) and member.id not in seen:
                        seen.add(member.id)
                        ways.append((path, member))
        return known

    def of_kind(self, kind):
        return [path for path, found in self.objects().items() if isinstance(found, kind)]

    def some(self, kind):
        found = self.of_kind(kind)
        return self.rnd.choice(found) if found else None

    def links(self):
        paths = [f"{path.rstrip('/')}/{name}" for path in self.of_kind(h5py.Group) for name in self.file[path]]
        return [path for path in paths if "/~" not in path]

    def is_free(self, path):
        """Whether nothing is there, and everything above is a group or not there either."""
        objects, parts = self.objects(), path.split("/")
        for end in range(2, len(parts)):
            above = "/".join(parts[:end])
            if not isinstance(objects.get(above, self.file), h5py.Group):
                return False
            if above not in objects and self.file.get(above, getlink=True) is not None:
                return False
        return self.file.get(path, getlink=True) is None

    def free_place(self, deep=True):
        """A path that nothing has; with `deep`, sometimes under groups that are not there yet either."""
        while True:
            path = self.some(h5py.Group)
            most = self.rnd.choice((1, 1, 1, 2, 3)) if deep and (deep != "untracked" or not self.tracks(path)) else 1
            path = path.rstrip("/")
            for _ in range(most):
                path += "/" + self.rnd.choice(NAMES) + str(self.rnd.randrange(20))
            if self.is_free(path):
                return path

    def tracks(self, path):
        return bool(self.file[path].id.get_create_plist().get_link_creation_order())

    def is_kept(self, path):
        """Whether something that references lead to would go with this link."""
        found = self.file[path] if isinstance(self.file.get(path, getlink=True), h5py.HardLink) else None
        kept = {self.file[each].id for each in KEPT}
        inner = [found]
        if isinstance(found, h5py.Group):
            found.visititems(lambda _, member: inner.append(member))
        return any(member is not None and (member.id in kept or refers(member)) for member in inner)

    # Values

    def shape(self, least=0):
        return tuple(self.rnd.randrange(least, 6) for _ in range(self.rnd.choice((0, 1, 1, 2, 2, 3))))

    def value(self, name, shape):
        """h5py's value, and the same as an operation has it."""
        value = random_elements(self.rnd, name, shape, self.file)
        return value, self.told(value, KINDS[name])

    def told(self, value, kind):
        octets = bodies.to_octets(value, kind, file=self.file)
        told = {"datatype": kind, "octets": base64.b64encode(octets).decode()}
        # What can be said in JSON only, and what can be said both ways.
        told["all"] = bodies.to_json(value, kind, file=self.file)
        if value.size and told["all"] is not None and self.rnd.random() < 0.5:
            told["json"] = told["all"]
        return told

    # Objects

    def group(self):
        # The groups on the way keep the order of attributes if the last one does with libhdf5 2.0, and never with 1.10.
        tracks = self.rnd.random() < 0.2
        self.group_at(self.free_place(deep=not tracks), tracks)

    def group_at(self, path, tracks):
        self.do(lambda: self.file.create_group(path, track_order=tracks), op="group", path=path, trackOrder=tracks)

    def dataset(self):
        (name, committed, dtype), shape = self.committed(), self.shape(least=1)
        options = {"shape": shape, "dtype": DTYPES[name]}
        if shape:
            self.choose_storage(options)
        options["dtype"] = dtype
        value = random_elements(self.rnd, name, shape, self.file)
        if DTYPES[name].kind in "iuf" and self.rnd.random() < 0.4:
            options["fillvalue"] = random_elements(self.rnd, name, (), self.file)[()]
        # HDF5 does not clear new contiguous space: what had been there may be seen, by h5py at least.
        if "chunks" not in options and "fillvalue" not in options or self.rnd.random() < 0.5:
            options["data"] = value
        # In a group that keeps the order of its links h5py's `create_dataset` makes groups that do not.
        self.dataset_at(self.free_place("untracked"), name, options, **({"committed": committed} if committed else {}))

    def dataset_at(self, path, name, options, **more):
        """Makes a dataset with h5py's options."""
        self.do(lambda: self.create(path, options), op="dataset", path=path, **self.described(name, options), **more)

    def create(self, path, options):
        """`create_dataset`, whose `data` of some types h5py takes only into a dataset that is there."""
        options = dict(options)
        data = options.pop("data", None)
        made = self.file.create_dataset(path, **options)
        if data is not None and data.size:
            assign(made, (), data)

    def described(self, name, options):
        """The interface's form of h5py's options."""
        told = {"shape": list(options["shape"]), "datatype": KINDS[name]}
        for key in ("maxshape", "chunks"):
            if key in options:
                told[key] = options[key] if options[key] is True else list(options[key])
        if filters := filters_of(options):
            told["filters"] = filters
        if "fillvalue" in options:
            told["fill"] = self.told(np.asarray(options["fillvalue"]), KINDS[name])
        if "data" in options:
            told["value"] = self.told(options["data"], KINDS[name])
            # In JSON a null reference alone is the same as no value.
            if told["value"]["all"] is None:
                del told["value"]
        return told

    def choose_storage(self, options):
        shape, rnd = options["shape"], self.rnd
        if rnd.random() < 0.4:
            # h5py makes chunks also where the largest shape is the shape.
            options["maxshape"] = (None, *(rnd.choice((None, size, size + rnd.randrange(5))) for size in shape[1:]))
        if rnd.random() < 0.5 or "maxshape" in options:
            options["chunks"] = rnd.choice((True, tuple(rnd.randrange(1, size + 1) for size in shape)))
        if rnd.random() < 0.4:
            self.choose_filters(options)

    def choose_filters(self, options):
        rnd, dtype = self.rnd, options["dtype"]
        options.setdefault("chunks", True)
        # Of floats it keeps some digits, which means nothing for the infinite and the largest.
        if dtype.kind in "iu" and not dtype.metadata and rnd.random() < 0.3:
            options["scaleoffset"] = rnd.choice((0, 0, 5))
        if rnd.random() < 0.5:
            options["shuffle"] = True
        # szip behind scaleoffset writes where it must not, in h5py's library as in any.
        kind = rnd.choice(("gzip", "lzf", None) if "scaleoffset" in options else ("gzip", "gzip", "lzf", "szip", None))
        if kind == "szip":
            self.choose_szip(options)
        elif kind:
            options["compression"] = kind
            if kind == "gzip":
                options["compression_opts"] = rnd.randrange(10)
        # HDF5 makes no checksum of what is variable, and none behind what loses digits.
        if rnd.random() < 0.3 and not dtype.hasobject and "scaleoffset" not in options:
            options["fletcher32"] = True

    def choose_szip(self, options):
        """szip, where it fits the datatype and has as many pixels in a block as a chunk has elements at most."""
        shape, dtype = options["shape"], options["dtype"]
        chunks = options["chunks"]
        if chunks is True:
            chunks = guess_chunk(shape, options.get("maxshape", shape), dtype.itemsize)
        most = min(int(np.prod(chunks)) // 2 * 2, 32)
        if dtype.kind in "iuf" and dtype.subdtype is None and most:
            options["compression"] = "szip"
            options["compression_opts"] = (self.rnd.choice(("ec", "nn")), self.rnd.randrange(2, most + 1, 2))

    def write(self):
        path = self.some(h5py.Dataset)
        dataset = self.file[path]
        choice = chosen(self.rnd, dataset.shape)
        if choice is None:
            return
        value, told = self.value(name_of(wire.describe(dataset.id.get_type())), choice.shape)
        self.do(lambda: put(dataset, choice, value), path=path, **choice.told, **told)

    def resize(self):
        path = self.rnd.choice([p for p in self.of_kind(h5py.Dataset) if self.file[p].chunks] or [None])
        if path:
            limits = self.file[path].maxshape
            # libhdf5, up to 2.0 at least, loses track of a single chunk when nothing is left of a dataset.
            least = 1 if self.file[path].chunks == limits else 0
            shape = [self.rnd.randrange(least, (6 if limit is None else limit) + 1) for limit in limits]
            self.do(lambda: self.file[path].resize(shape), op="resize", path=path, shape=shape)

    # Attributes

    def attribute(self):
        self.attribute_of(self.rnd.choice(list(self.objects())), self.rnd.choice(NAMES))

    def attributes(self):
        """More of them than an object's header holds in the newer format."""
        path = self.rnd.choice(list(self.objects()))
        for number in range(MOST_IN_HEADER + 1):
            self.attribute_of(path, f"m{number}")

    def attribute_of(self, path, attribute):
        # h5py writes some values only by a type of their own.
        name, committed, dtype = self.committed(has_plain_elements)
        value, told = self.value(name, self.shape())
        shape = value.shape[: value.ndim - len(DTYPES[name].shape)]
        self.do(
            lambda: self.file[path].attrs.create(attribute, value, value.shape, dtype),
            op="attribute", path=path, name=attribute, shape=list(shape), **told,
            **({"committed": committed} if committed else {}))

    def with_attribute(self):
        found = [(path, name) for path, found in self.objects().items() for name in found.attrs if name not in SCALES]
        return self.rnd.choice(sorted(found)) if found else (None, None)

    def modify_attribute(self):
        path, attribute = self.with_attribute()
        if path:
            stored = h5py.h5a.open(self.file[path].id, attribute.encode())
            name = name_of(wire.describe(stored.get_type()))
            value, told = self.value(name, stored.shape)
            if told["all"] is None:
                return
            kind = stored.get_type() if DTYPES[name].kind == "V" and not DTYPES[name].fields else None
            self.do(
                lambda: stored.write(np.ascontiguousarray(value), kind), op="modify_attribute",
                path=path, name=attribute, **told)

    def remove_attribute(self):
        path, attribute = self.with_attribute()
        if path:
            self.do(
                lambda: self.file[path].attrs.__delitem__(attribute), op="remove_attribute", path=path, name=attribute)

    # Links

    def link(self):
        path, what = self.free_place(), self.rnd.choice(("soft", "external", "hard"))
        if what == "hard":
            target = self.rnd.choice([each for each in self.objects() if each != "/"])
            if isinstance(self.file[target], h5py.Group):
                return
            self.do(
                lambda: self.file.__setitem__(path, self.file[target]), op="link", path=path, link=what,
                target=target)
        elif what == "soft":
            target = self.rnd.choice(["/no/where", "relative", *self.of_kind(h5py.Group)])
            self.do(
                lambda: self.file.__setitem__(path, h5py.SoftLink(target)), op="link", path=path, link=what,
                target=target)
        else:
            self.do(
                lambda: self.file.__setitem__(path, h5py.ExternalLink("é.h5", "/x")), op="link", path=path, link=what,
                targetFile="é.h5", target="/x")

    def move(self):
        source, place = self.rnd.choice(self.links()), self.free_place()
        if not place.startswith(source + "/") and not self.is_kept(source):
            self.do(lambda: self.file.move(source, place), op="move", path=source, to=place)

    def remove(self):
        path = self.rnd.choice(self.links())
        if self.is_kept(path):
            return
        told = {"op": "remove", "path": path}
        if isinstance(self.file.get(path, getlink=True), h5py.HardLink) and self.rnd.random() < 0.5:
            told["kind"] = type(self.file[path]).__name__.lower()
        self.do(lambda: self.file.__delitem__(path), **told)

    def require(self):
        if self.rnd.random() < 0.5:
            path = self.rnd.choice((self.some(h5py.Group), self.free_place()))
            return self.do(lambda: self.file.require_group(path), op="require_group", path=path)
        if self.rnd.random() < 0.3:
            return self.require_new()
        path = self.some(h5py.Dataset)
        name, shape = name_of(wire.describe(self.file[path].id.get_type())), self.file[path].shape
        if is_number(name) and self.rnd.random() < 0.6:
            return self.require_number(path, shape)
        # h5py compares NumPy's offsets too.
        self.require_dataset(path, name, shape, exact=not DTYPES[name].hasobject)

    def require_new(self):
        """What is required is not there; then all of it is written, since HDF5 does not clear new contiguous space."""
        path, name, shape = self.free_place("untracked"), self.rnd.choice(self.kinds), self.shape(least=1)
        self.require_dataset(path, name, shape)
        value, told = self.value(name, shape)
        self.do(lambda: assign(self.file[path], (), value), op="write", path=path, select="", **told)

    def require_number(self, path, shape):
        """A dataset of numbers is required to be of others."""
        other = self.rnd.choice([name for name in self.kinds if is_number(name)])
        exact, stored = self.rnd.random() < 0.3, self.file[path].dtype
        fits = stored == DTYPES[other] if exact else np.can_cast(DTYPES[other], stored)
        self.require_dataset(path, other, shape, exact, **({} if fits else {"refused": NO_MATCH}))

    def require_dataset(self, path, name, shape, exact=True, **more):
        options = {"shape": shape, "dtype": DTYPES[name]}
        self.do(
            lambda: self.file.require_dataset(path, shape, DTYPES[name], exact=exact), op="require_dataset", path=path,
            exact=exact, **self.described(name, options), **more)


def filters_of(options):
    """The interface's form of h5py's filters, in h5py's order."""
    filters, kind = [], options.get("compression")
    if "scaleoffset" in options:
        filters.append({"name": "scaleoffset", "bits": options["scaleoffset"]})
    if options.get("shuffle"):
        filters.append({"name": "shuffle"})
    if kind == "gzip":
        filters.append({"name": "deflate", "level": options["compression_opts"]})
    elif kind == "szip":
        method, pixels = options["compression_opts"]
        filters.append({"name": "szip", "method": method, "pixelsPerBlock": pixels})
    elif kind:
        filters.append({"name": kind})
    if options.get("fletcher32"):
        filters.append({"name": "fletcher32"})
    return filters


def refers(member):
    """Whether an object is a scale of others, or has scales."""
    return "DIMENSION_LIST" in member.attrs or "REFERENCE_LIST" in member.attrs


def has_plain_elements(name):
    return DTYPES[name].subdtype is None and DTYPES[name].kind not in "VM"


def is_number(name):
    return KINDS[name]["class"] in ("H5T_INTEGER", "H5T_FLOAT")
