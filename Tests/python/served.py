"""Whether what is served of a whole file is what h5py reads of it: links, objects, attributes, values."""

import base64
import math
from urllib.parse import quote

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5i, h5l, h5o, h5s, h5t

import wire
from written import stored_value

KINDS = {h5g.GROUP: "group", h5g.DATASET: "dataset", h5g.TYPE: "datatype"}
LINKS = {h5l.TYPE_HARD: "hard", h5l.TYPE_SOFT: "soft", h5l.TYPE_EXTERNAL: "external"}
# Of larger datasets only the corners are compared.
MOST_BYTES = 1 << 25
# Of a file, and of a group, with more objects the rest is not looked at.
MOST_OBJECTS = 1000
SIMPLE = ("H5T_INTEGER", "H5T_FLOAT", "H5T_ENUM")


class Comparison:
    """What differs between a served file and what h5py reads of it, and what is refused, by path."""

    def __init__(self, server, name, path):
        self.server, self.name, self.path = server, name, path
        self.differences, self.refusals, self.seen, self.values = [], [], {}, 0

    def run(self):
        """Compares everything; self."""
        with h5py.File(self.path, "r", locking=False) as self.file:
            self.group(b"/", h5g.open(self.file.id, b"/"))
        return self

    # What is found

    def differ(self, place, what, told=None, expected=None):
        self.differences.append(f"{self.name} {shown(place)}: {what} {str(told)[:200]} {str(expected)[:200]}")

    def get(self, resource, place, query=(), octets=False):
        """An answer; None for one that refuses, which is noted."""
        headers = {"accept": "application/octet-stream" if octets else "application/json"}
        text = "&".join(f"{key}={quote(value)}" for key, value in dict(query).items())
        target = f"/v1/{resource}?file={quote(self.name)}&path={quote(place)}&{text}".rstrip("&")
        answer = self.server.get(target, **headers)
        if answer.status_code == 200:
            return answer
        name = dict(query).get("name")
        if answer.status_code == 414:
            body = {"code": "414", "message": "the path is longer than a request's head can be"}
        else:
            body = answer.json()
        where = shown(place) + (f"@{shown(name)}" if name else "")
        self.refusals.append((resource, where, body["code"], body["message"]))
        return None

    # Groups and links

    def group(self, place, group):
        self.seen[h5o.get_info(group).addr] = place
        if len(self.seen) > MOST_OBJECTS:
            return
        self.attributes(place, group)
        told = self.members(place)
        if told is None:
            return
        names = list(group)
        if sorted(told) != sorted(group):
            return self.differ(place, "members", sorted(told), sorted(names))
        for name in names[:MOST_OBJECTS]:
            self.member(place.rstrip(b"/") + b"/" + name, group, name, told[name])

    def members(self, place):
        """{name: what the listing says}."""
        found, after = {}, None
        while True:
            answer = self.get("groups", place, {"limit": "10000"} | ({"after": after} if after else {}))
            if answer is None:
                return None
            page = answer.json()
            for member in page["members"]:
                name = base64.b64decode(member["nameBase64"]) if "nameBase64" in member else member["name"].encode()
                found[name] = member
            after = page["next"]
            if after is None:
                return found

    def member(self, place, group, name, told):
        link = group.links.get_info(name)
        kind = LINKS.get(link.type, "user_defined")
        if told["link"] != kind:
            self.differ(place, "link", told["link"], kind)
        if kind == "soft" and as_bytes(told, "target") != group.links.get_val(name):
            self.differ(place, "target", told["target"], group.links.get_val(name))
        if kind == "external":
            both = as_bytes(told, "targetFile"), as_bytes(told, "target")
            if both != tuple(group.links.get_val(name)):
                self.differ(place, "target", both, group.links.get_val(name))
        if kind == "hard":
            self.object(place, group, name, told)

    def object(self, place, group, name, told):
        kind = KINDS[h5g.get_objinfo(group, name).type]
        if told["kind"] != kind:
            return self.differ(place, "kind", told["kind"], kind)
        found = h5o.open(group, name)
        address = h5o.get_info(found).addr
        if address in self.seen:
            return
        self.seen[address] = place
        if kind == "group":
            return self.group(place, found)
        self.attributes(place, found)
        if kind == "dataset":
            self.dataset(place, found)
        elif (answer := self.get("datatypes", place)) is not None:
            self.datatype(place, answer.json()["datatype"], found)

    # Datasets and attributes

    def datatype(self, place, told, kind):
        try:
            expected = wire.describe(kind)
        except ValueError:
            return
        if not wire.same_type(told, expected):
            self.differ(place, "datatype", told, expected)

    def shape(self, place, told, space):
        expected = list(space.shape) if space.get_simple_extent_type() != h5s.NULL else None
        if told != expected:
            self.differ(place, "shape", told, expected)

    def dataset(self, place, dataset):
        answer = self.get("datasets", place)
        if answer is None:
            return
        told = answer.json()
        self.datatype(place, told["datatype"], dataset.get_type())
        space = dataset.get_space()
        self.shape(place, told["shape"], space)
        if space.get_simple_extent_type() == h5s.NULL:
            return
        plist = dataset.get_create_plist()
        chunks = list(plist.get_chunk()) if plist.get_layout() == h5d.CHUNKED else False
        if told["chunks"] != chunks:
            self.differ(place, "chunks", told["chunks"], chunks)
        size = math.prod(space.shape) * dataset.get_type().get_size()
        cut = tuple(slice(0, 2) for _ in space.shape) if size > MOST_BYTES else ()
        self.compare("values", place, {"select": ",".join("0:2" for _ in cut)} if cut else {}, dataset.get_type(),
                     lambda: self.dataset_value(dataset, cut))

    def compare_extended(self, where, answer, value):
        """Floats that are not IEEE 754's travel as those of 8 bytes or as the processor's own longest ones."""
        dtype = answer.headers["X-HDF5-Datatype"] if answer.headers["X-HDF5-Datatype"][0] in "<>" else np.longdouble
        told = np.frombuffer(answer.content, dtype).reshape(np.shape(value))
        if not np.array_equal(told.astype(np.longdouble), np.asarray(value, np.longdouble), equal_nan=True):
            self.differ(where, "octets", told, value)

    def dataset_value(self, dataset, cut):
        """A dataset's value; h5py knows no tags of opaque elements but its own."""
        kind = dataset.get_type()
        if kind.get_class() != h5t.OPAQUE or cut:
            return h5py.Dataset(dataset)[cut]
        value = np.empty(dataset.shape, f"V{kind.get_size()}")
        dataset.read(h5s.ALL, h5s.ALL, value, kind)
        return value

    def attributes(self, place, owner):
        count = h5a.get_num_attrs(owner)
        if not count:
            return
        for index in range(count):
            attribute = h5a.open(owner, index=index)
            space = attribute.get_space()
            if space.get_simple_extent_type() == h5s.NULL:
                continue
            self.compare("attributes", place, {"name": attribute.name}, attribute.get_type(),
                         lambda attribute=attribute: stored_value(attribute))

    def compare(self, resource, place, query, tid, read):
        """Both forms of the values with what h5py reads."""
        answer = self.get(resource, place, query, octets=True)
        if answer is None:
            return
        where = place + b"@" + query["name"] if "name" in query else place
        if has_sequences_of_regions(tid):
            return self.differ(where, "h5py 3.16 reads them out of bounds")
        try:
            kind, value = wire.describe(tid), read()
        except (TypeError, ValueError, OSError) as error:
            return self.differ(where, f"h5py: {error!r}")
        self.values += 1
        if isinstance(value, np.ndarray) and kind["class"] == "H5T_ARRAY" and not value.size:
            return
        inner = kind["base"] if kind["class"] == "H5T_ARRAY" else kind
        if inner["class"] == "H5T_FLOAT" and "base" not in inner:
            return self.compare_extended(where, answer, value)
        try:
            wire.check_octets(answer, value, kind, file=self.file)
        except (AssertionError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            self.differ(where, f"octets: {error!r}")
        if np.size(value) > 20_000:
            return
        answer = self.get(resource, place, query)
        try:
            if answer is not None:
                wire.check_json(wire.parse(answer.content), value, kind, file=self.file)
        except (AssertionError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            self.differ(where, f"JSON: {error!r}")


def has_sequences_of_regions(tid, in_sequence=False):
    """Whether a type has variable-length sequences of region references, anywhere."""
    kind = tid.get_class()
    if kind == h5t.COMPOUND:
        return any(
            has_sequences_of_regions(tid.get_member_type(index), in_sequence) for index in range(tid.get_nmembers()))
    if kind in (h5t.ARRAY, h5t.VLEN):
        return has_sequences_of_regions(tid.get_super(), in_sequence or kind == h5t.VLEN)
    return in_sequence and kind == h5t.REFERENCE and tid.equal(h5t.STD_REF_DSETREG)


def as_bytes(told, key):
    return base64.b64decode(told[key + "Base64"]) if key + "Base64" in told else told[key].encode()


def shown(name):
    return name.decode(errors="backslashreplace") if isinstance(name, bytes) else name
