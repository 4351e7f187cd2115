"""Random operations on a file, done by h5py at once and written down for others to do the same.

An operation is what JSON can say: `op` with its arguments; values as octets of the interface, in base64. One that h5py
refuses has the key `refused` with the codes of which one must be the answer.
"""

import base64
import random

import h5py
import numpy as np
from h5py import h5s, h5t

import bodies
import wire
from elements import DTYPES, KEPT, KINDS, has_references, name_of, random_elements

NAMES = ("a", "b", "long name with spaces", "é", "日本", "n0", "n1", "n2", "n3", "x%41", "a?b#c")
REFUSALS = (ValueError, KeyError, TypeError, OSError, RuntimeError, IndexError)
BOUNDS = (("earliest", "v110"), ("v110", "v110"))


class Author:
    """Makes a sequence of operations, and h5py's file of it."""

    # What a sequence may hold, and how often; what is not yet in the interface has no weight.
    WEIGHTS = {
        "group": 3, "dataset": 7, "write": 10, "resize": 3, "attribute": 6, "modify_attribute": 2,
        "remove_attribute": 2, "link": 3, "move": 3, "remove": 2, "require": 2, "mischief": 6}

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
            act()
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
        """{path: object} of everything that hard links lead to."""
        known, ways, seen = {"/": self.file["/"]}, [("", self.file["/"])], set()
        while ways:
            place, group = ways.pop()
            for name in group:
                if isinstance(group.get(name, getlink=True), h5py.HardLink):
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
        return [f"{path.rstrip('/')}/{name}" for path in self.of_kind(h5py.Group) for name in self.file[path]]

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
        return any(member is not None and member.id in kept for member in inner)

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
        name, shape = self.rnd.choice(self.kinds), self.shape(least=1)
        options = {"shape": shape, "dtype": DTYPES[name]}
        if shape:
            self.choose_storage(options)
        value = random_elements(self.rnd, name, shape, self.file)
        if DTYPES[name].kind in "iuf" and self.rnd.random() < 0.4:
            options["fillvalue"] = random_elements(self.rnd, name, (), self.file)[()]
        # HDF5 does not clear new contiguous space: what had been there may be seen, by h5py at least.
        if "chunks" not in options and "fillvalue" not in options or self.rnd.random() < 0.5:
            options["data"] = value
        # In a group that keeps the order of its links h5py's `create_dataset` makes groups that do not.
        self.dataset_at(self.free_place("untracked"), name, options)

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
        filters = []
        if options.get("shuffle"):
            filters.append({"name": "shuffle"})
        if "compression_opts" in options:
            filters.append({"name": "deflate", "level": options["compression_opts"]})
        if options.get("fletcher32"):
            filters.append({"name": "fletcher32"})
        if filters:
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
        if rnd.random() < 0.4:
            if rnd.random() < 0.5:
                options["shuffle"] = True
            if rnd.random() < 0.7:
                options["compression"], options["compression_opts"] = "gzip", rnd.randrange(10)
            # HDF5 makes no checksum of what is variable.
            if rnd.random() < 0.3 and not options["dtype"].hasobject:
                options["fletcher32"] = True
        if rnd.random() < 0.5 or "maxshape" in options or len(options) > 2:
            options["chunks"] = rnd.choice((True, tuple(rnd.randrange(1, size + 1) for size in shape)))

    def write(self):
        path = self.some(h5py.Dataset)
        dataset = self.file[path]
        parts, counts = [], []
        for size in dataset.shape:
            first, step = self.rnd.randrange(size + 1), self.rnd.choice((1, 1, 1, 2, 3))
            last = self.rnd.randrange(first, size + 1)
            if size and self.rnd.random() < 0.2:
                parts.append(self.rnd.randrange(-size, size))
            else:
                parts.append(slice(first, last, step))
                counts.append(len(range(first, last, step)))
        if 0 in counts:
            return
        value, told = self.value(name_of(wire.describe(dataset.id.get_type())), tuple(counts))
        select = ",".join(str(p) if isinstance(p, int) else f"{p.start}:{p.stop}:{p.step}" for p in parts)
        self.do(lambda: assign(dataset, tuple(parts), value), op="write", path=path, select=select, **told)

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
        path = self.rnd.choice(list(self.objects()))
        name, attribute = self.rnd.choice(self.kinds), self.rnd.choice(NAMES)
        value, told = self.value(name, self.shape())
        shape = value.shape[: value.ndim - len(DTYPES[name].shape)]
        self.do(
            lambda: self.file[path].attrs.create(attribute, value, value.shape, DTYPES[name]),
            op="attribute", path=path, name=attribute, shape=list(shape), **told)

    def with_attribute(self):
        found = [path for path, found in self.objects().items() if len(found.attrs)]
        if found:
            path = self.rnd.choice(found)
            return path, self.rnd.choice(sorted(self.file[path].attrs))
        return None, None

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
        if not self.is_kept(path):
            self.do(lambda: self.file.__delitem__(path), op="remove", path=path)

    def require(self):
        if self.rnd.random() < 0.5:
            path = self.rnd.choice((self.some(h5py.Group), self.free_place()))
            return self.do(lambda: self.file.require_group(path), op="require_group", path=path)
        path = self.some(h5py.Dataset)
        name = name_of(wire.describe(self.file[path].id.get_type()))
        # h5py compares NumPy's offsets too.
        self.require_dataset(path, name, self.file[path].shape, exact=not DTYPES[name].hasobject)

    def require_dataset(self, path, name, shape, exact=True, **more):
        options = {"shape": shape, "dtype": DTYPES[name]}
        self.do(
            lambda: self.file.require_dataset(path, shape, DTYPES[name], exact=exact), op="require_dataset", path=path,
            exact=exact, **self.described(name, options), **more)

    # What must be refused

    def mischief(self):
        group, data = self.some(h5py.Group), self.some(h5py.Dataset)
        # Where h5py refuses a dataset it leaves the groups on the way.
        taken, free = self.rnd.choice([each for each in self.links() if each != data]), self.free_place(deep=False)
        missing, plain = "/no such thing", {"shape": (2,), "dtype": DTYPES["i4le"]}
        file, dataset = self.file, self.file[data]
        value, told = self.value("i4le", (7,))
        kept = file["/kept/data"]
        wrong = [size + 1 for size in dataset.maxshape if size is not None]
        ways = [
            lambda: self.do(
                lambda: file.create_group(taken), ["exists"], op="group", path=taken, trackOrder=False),
            lambda: self.dataset_at(taken, "i4le", plain, refused=["exists"]),
            lambda: self.dataset_at(data + "/below", "i4le", plain, refused=["wrong_kind"]),
            lambda: self.dataset_at(free, "i4le", plain | {"chunks": (3,)}, refused=["invalid"]),
            lambda: self.dataset_at(free, "i4le", plain | {"maxshape": (1,)}, refused=["invalid", "out_of_bounds"]),
            lambda: self.dataset_at(free, "i4le", plain | {"maxshape": (None, 2)}, refused=["invalid"]),
            lambda: self.dataset_at(
                free, "i4le", plain | {"compression": "gzip", "compression_opts": 11}, refused=["invalid"]),
            lambda: self.do(lambda: file.require_group(data), ["wrong_kind"], op="require_group", path=data),
            lambda: self.require_dataset(group, "i4le", (2,), refused=["wrong_kind"]),
            lambda: self.require_dataset(data, "i4le", (99, 1), refused=["exists"]),
            lambda: self.do(lambda: file.move(missing, free), ["not_found"], op="move", path=missing, to=free),
            lambda: self.do(lambda: file.move(data, taken), ["exists"], op="move", path=data, to=taken),
            lambda: self.do(lambda: file.__delitem__(missing), ["not_found"], op="remove", path=missing),
            lambda: self.do(
                lambda: file.__setitem__(free, file[missing]), ["not_found"], op="link", path=free, link="hard",
                target=missing),
            lambda: self.do(
                lambda: file[group].attrs.__delitem__(missing), ["not_found"], op="remove_attribute", path=group,
                name=missing),
            lambda: self.do(
                lambda: kept.__setitem__((0, slice(None)), value), ["invalid"], op="write", path="/kept/data",
                select="0,:", **told),
            lambda: self.do(
                lambda: kept.__setitem__((4, 0), value[0]), ["out_of_bounds"], op="write", path="/kept/data",
                select="4,0", **self.told(value[:1].reshape(()), KINDS["i4le"])),
            lambda: self.do(
                lambda: kept.resize((4, 5, 6)), ["invalid", "unsupported"], op="resize", path="/kept/data",
                shape=[4, 5, 6])]
        if dataset.chunks and len(wrong) == len(dataset.maxshape):
            ways.append(lambda: self.do(
                lambda: dataset.resize(wrong), ["out_of_bounds"], op="resize", path=data, shape=wrong))
        self.rnd.choice(ways)()


def assign(dataset, index, value):
    """`dataset[index] = value`, also where h5py takes an element for a list."""
    if not h5py.check_vlen_dtype(dataset.dtype):
        dataset[index] = value
        return
    space = dataset.id.get_space()
    if dataset.ndim:
        parts = [slice(*part.indices(size)) if isinstance(part, slice) else slice(part % size, part % size + 1, 1)
                 for part, size in zip(index or (slice(None),) * dataset.ndim, dataset.shape)]
        counts = tuple(len(range(part.start, part.stop, part.step)) for part in parts)
        space.select_hyperslab(tuple(p.start for p in parts), counts, tuple(p.step for p in parts))
    memory = h5s.create_simple(value.shape) if value.ndim else h5s.create(h5s.SCALAR)
    dataset.id.write(memory, space, value, h5t.py_create(dataset.dtype))
