"""Random valid operations, each done over HTTP to one file and by h5py to another."""

import json
from urllib.parse import quote

import h5py
import numpy as np
from h5py import h5t

import bodies
import cases
import wire

KINDS = (
    "i1le", "u2be", "i4le", "i4be", "u8le", "i8be", "f2le", "f4be", "f8le", "c8le", "c16be", "bool", "enum_i4",
    "enum_i2", "ascii_null", "utf8_null", "ascii_vlen", "utf8_vlen", "compound", "with_vlen", "nested")
NAMES = ("a", "b", "long name with spaces", "é", "日本", "n0", "n1", "n2", "n3", "n4", "n5", "x%41", "a?b#c")
KINDS_OF = {name: wire.describe(h5t.py_create(cases.TYPES[name][1].dtype, logical=True)) for name in KINDS}
MOST = 100
# The operations that change what there is.
STRUCTURE = ("make_group", "make_dataset", "make_link", "move", "unlink")


class Twins:
    """A served file and its twin, which get the same operations."""

    def __init__(self, server, name, twin, rnd):
        self.server, self.name, self.rnd = server, name, rnd
        assert server.put(f"/v1/files/{name}").status_code == 201
        self.twin = h5py.File(twin, "w", libver=("earliest", "v110"), track_order=False)
        self.counts, self.known = {}, None

    # Requests

    def send(self, method, resource, path, body=None, query=None, statuses=(200, 201, 204)):
        target = f"/v1/{resource}/{self.name}{quote(path)}"
        answer = self.server.send(method, target, *([] if body is None else [body]), params=query)
        told = f"{method} {target} {query} {str(body)[:300]}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code in statuses, told

    def run(self, count):
        """Does `count` operations."""
        chances = {
            self.make_group: 3, self.make_dataset: 6, self.write: 12, self.resize: 3, self.set_attribute: 6,
            self.modify_attribute: 3, self.remove_attribute: 2, self.make_link: 2, self.move: 2, self.unlink: 2,
            self.require: 1}
        done = 0
        while done < count:
            crowded = self.rnd.random() < 0.5 and len(self.datasets()) > MOST
            operation = self.unlink if crowded else self.rnd.choices(list(chances), chances.values())[0]
            if operation() is not False:
                done += 1
                if operation.__name__ in STRUCTURE:
                    self.known = None
                self.counts[operation.__name__] = self.counts.get(operation.__name__, 0) + 1

    # What there is

    def objects(self):
        """{path: is it a group} of everything that hard links lead to."""
        if self.known:
            return self.known
        self.known, ways, seen = {"/": True}, [("", self.twin)], set()
        while ways:
            place, group = ways.pop()
            for name in group:
                path = f"{place}/{name}"
                if isinstance(group.get(name, getlink=True), h5py.HardLink):
                    member = group[name]
                    self.known[path] = isinstance(member, h5py.Group)
                    if self.known[path] and member.id not in seen:
                        seen.add(member.id)
                        ways.append((path, member))
        return self.known

    def groups(self):
        return [path for path, is_group in self.objects().items() if is_group]

    def datasets(self):
        return [path for path, is_group in self.objects().items() if not is_group]

    def links(self):
        return [f"{path.rstrip('/')}/{name}" for path in self.groups() for name in self.twin[path]]

    def free_place(self):
        """A path that nothing has, sometimes under groups that are not there yet either."""
        path = self.rnd.choice(self.groups()).rstrip("/")
        for _ in range(self.rnd.choice((1, 1, 1, 2, 3))):
            path += "/" + self.rnd.choice(NAMES) + str(self.rnd.randrange(50))
        parts = path.split("/")
        for end in range(2, len(parts)):
            above = "/".join(parts[:end])
            if above not in self.objects() and self.twin.get(above, getlink=True) is not None or (
                    self.objects().get(above) is False):
                return self.free_place()
        return self.free_place() if self.twin.get(path, getlink=True) is not None else path

    def some(self, found):
        return self.rnd.choice(found) if found else None

    # Elements

    def elements(self, name, shape):
        """An array of a type's elements in random order."""
        pool = cases.TYPES[name][1].ravel()
        return pool[[self.rnd.randrange(len(pool)) for _ in range(int(np.prod(shape)))]].reshape(shape)

    def body(self, value, kind):
        """`value` as JSON or as octets."""
        is_json = value.size and self.rnd.random() < 0.5
        return bodies.to_json(value, kind) if is_json else bodies.to_octets(value, kind)

    def shape(self, least=0):
        return tuple(self.rnd.randrange(least, 7) for _ in range(self.rnd.choice((0, 1, 1, 2, 2, 3))))

    # Operations; False where there is nothing to do them to

    def make_group(self):
        path, tracks = self.free_place(), self.rnd.random() < 0.2
        self.send("PUT", "groups", path, {"trackOrder": True} if tracks else None)
        self.twin.create_group(path, track_order=tracks)

    def make_dataset(self):
        path, name, shape = self.free_place(), self.rnd.choice(KINDS), self.shape(least=1)
        value = self.elements(name, shape)
        kind = wire.describe(h5t.py_create(value.dtype, logical=True))
        body, options = {"shape": list(shape), "datatype": kind}, {"shape": shape, "dtype": value.dtype}
        if shape:
            self.choose_storage(body, options)
        if value.dtype.kind in "iuf" and self.rnd.random() < 0.4:
            fill = self.elements(name, ())
            body["fillvalue"], options["fillvalue"] = bodies.to_json(fill, kind), fill
        # HDF5 does not clear new contiguous space: what had been there may be seen, by h5py at least.
        if len(options) == 2 or self.rnd.random() < 0.5:
            body["value"], options["data"] = bodies.to_json(value, kind), value
        self.send("PUT", "datasets", path, body)
        self.twin.create_dataset(path, **options)

    def choose_storage(self, body, options):
        shape, rnd = options["shape"], self.rnd
        if rnd.random() < 0.4:
            # h5py makes chunks also where the largest shape is the shape.
            limit = (None, *(rnd.choice((None, size, size + rnd.randrange(5))) for size in shape[1:]))
            body["maxshape"], options["maxshape"] = list(limit), limit
        if rnd.random() < 0.4:
            body["filters"] = []
            if rnd.random() < 0.5:
                options["shuffle"] = True
                body["filters"].append({"name": "shuffle"})
            if rnd.random() < 0.7:
                options["compression"], options["compression_opts"] = "gzip", rnd.randrange(10)
                body["filters"].append({"name": "deflate", "level": options["compression_opts"]})
            # HDF5 makes no checksum of what is variable.
            if rnd.random() < 0.3 and not options["dtype"].hasobject:
                options["fletcher32"] = True
                body["filters"].append({"name": "fletcher32"})
        if rnd.random() < 0.5:
            chunks = rnd.choice((True, tuple(rnd.randrange(1, size + 1) for size in shape)))
            body["chunks"], options["chunks"] = chunks if chunks is True else list(chunks), chunks

    def write(self):
        path = self.some(self.datasets())
        if not path:
            return False
        dataset = self.twin[path]
        kind = wire.describe(dataset.id.get_type())
        parts, counts = [], []
        for size in dataset.shape:
            first, step = self.rnd.randrange(size + 1), self.rnd.choice((1, 1, 1, 2, 3))
            last = self.rnd.randrange(first, size + 1)
            if size and self.rnd.random() < 0.2:
                parts.append(self.rnd.randrange(size))
            else:
                parts.append(slice(first, last, step))
                counts.append(len(range(first, last, step)))
        if 0 in counts:
            return False
        value = self.elements(self.type_of(kind), tuple(counts))
        select = ",".join(str(p) if isinstance(p, int) else f"{p.start}:{p.stop}:{p.step}" for p in parts)
        self.send("PUT", "values", path, self.body(value, kind), {"select": select} if select else None)
        dataset[tuple(parts)] = value

    def type_of(self, kind):
        """The name of the case whose type this is."""
        return next(name for name in KINDS if KINDS_OF[name] == kind)

    def resize(self):
        path = self.some([path for path in self.datasets() if self.twin[path].chunks])
        if not path:
            return False
        dataset = self.twin[path]
        shape = [self.rnd.randrange(0, (7 if limit is None else limit) + 1) for limit in dataset.maxshape]
        self.send("PATCH", "datasets", path, {"shape": shape})
        dataset.resize(shape)

    def set_attribute(self):
        path = self.rnd.choice(list(self.objects()))
        name, attribute = self.rnd.choice(KINDS), self.rnd.choice(NAMES)
        value = self.elements(name, self.shape())
        kind = wire.describe(h5t.py_create(value.dtype, logical=True))
        query = {"name": attribute, "datatype": json.dumps(kind), "shape": ",".join(map(str, value.shape))}
        self.send("PUT", "attributes", path, self.body(value, kind), query)
        self.twin[path].attrs.create(attribute, value, dtype=value.dtype)

    def with_attribute(self):
        path = self.rnd.choice(list(self.objects()))
        target = self.twin[path]
        return (path, target, self.rnd.choice(sorted(target.attrs))) if len(target.attrs) else None

    def modify_attribute(self):
        found = self.with_attribute()
        if not found:
            return False
        path, target, name = found
        stored = h5py.h5a.open(target.id, name.encode())
        kind = wire.describe(stored.get_type())
        value = self.elements(self.type_of(kind), stored.shape)
        self.send("PATCH", "attributes", path, bodies.to_json(value, kind), {"name": name})
        target.attrs.modify(name, value)

    def remove_attribute(self):
        found = self.with_attribute()
        if not found:
            return False
        path, target, name = found
        self.send("DELETE", "attributes", path, query={"name": name})
        del target.attrs[name]

    def make_link(self):
        path, what = self.free_place(), self.rnd.choice(("soft", "external", "hard"))
        if what == "hard":
            target = self.some(self.datasets())
            if not target:
                return False
            self.send("PUT", "links", path, {"link": "hard", "target": target})
            self.twin[path] = self.twin[target]
        elif what == "soft":
            target = self.rnd.choice(["/no/where", "relative", *self.groups()])
            self.send("PUT", "links", path, {"link": "soft", "target": target})
            self.twin[path] = h5py.SoftLink(target)
        else:
            self.send("PUT", "links", path, {"link": "external", "targetFile": "é.h5", "target": "/x"})
            self.twin[path] = h5py.ExternalLink("é.h5", "/x")

    def move(self):
        source, place = self.some(self.links()), self.free_place()
        if not source or place.startswith(source + "/"):
            return False
        self.send("PATCH", "links", source, {"path": place})
        self.twin.move(source, place)

    def unlink(self):
        path = self.some(self.links())
        if not path:
            return False
        found = self.twin.get(path, getlink=True)
        resource = "links"
        if isinstance(found, h5py.HardLink) and self.rnd.random() < 0.7:
            resource = "groups" if isinstance(self.twin[path], h5py.Group) else "datasets"
        self.send("DELETE", resource, path)
        del self.twin[path]

    def require(self):
        path = self.some(self.datasets())
        if path and self.rnd.random() < 0.5:
            dataset = self.twin[path]
            body = {"shape": list(dataset.shape), "datatype": wire.describe(dataset.id.get_type())}
            self.send("PUT", "datasets", path, body, {"require": "true", "exact": "true"}, statuses=(200,))
        else:
            self.send("PUT", "groups", self.rnd.choice(self.groups()), None, {"require": "true"}, statuses=(200,))
