"""Files that carry their generation everywhere, changed request by request, and a model that knows what each left.

What is in a file is one flat dictionary: a path stands for ("group",), ("soft", target) or ("dataset", type, shape,
bytes), and PATH@NAME for an attribute. So a file that is a mixture of two generations equals neither.
"""

import json
import random
import shutil
import threading
import zlib

import h5py
import numpy as np

from cases import BOUNDS
from support import eventually

STRATEGIES = {
    "fsm": {"fs_strategy": "fsm", "fs_persist": True}, "page": {"fs_strategy": "page", "fs_persist": True},
    "aggregate": {"fs_strategy": "aggregate"}, "none": {"fs_strategy": "none"}}
KINDS = {bounds: {"libver": versions} for bounds, versions in BOUNDS.items()}
KINDS |= {f"{bounds}-user-block": {**KINDS[bounds], "userblock_size": 512} for bounds in BOUNDS}
KINDS |= {f"{bounds}-{name}": {**KINDS[bounds], **options} for bounds in BOUNDS for name, options in STRATEGIES.items()}
KINDS["v110-page-user-block"] = {**KINDS["v110-page"], "userblock_size": 4096}
PLAIN, PACKED, ROWS, STRINGS = 20_000, 24_000, 300, 40
TEXT = h5py.string_dtype()


def noise(seed, count):
    """Numbers that deflate makes smaller by another amount for each seed."""
    return np.random.default_rng(seed).integers(0, 1 << (seed * 7 % 29 + 2), count).astype("<i4")


def texts(seed, count):
    return [f"{seed} " * ((seed + number) % 30) for number in range(count)]


def make(path, kind):
    """The first generation."""
    with h5py.File(path, "w", **KINDS[kind]) as file:
        if file.userblock_size:
            file.attrs["behind"] = file.userblock_size
        file["plain"] = np.zeros(PLAIN, "<i4")
        file.create_dataset("packed", data=noise(0, PACKED), chunks=(3000,), shuffle=True, compression=3)
        file.create_dataset("rows", data=np.zeros(ROWS, "<i8"), chunks=(64,), maxshape=(None,))
        file.create_dataset("strings", data=texts(0, STRINGS), dtype=TEXT)
        file.create_group("made")
        file["plain"].attrs["generation"] = np.zeros(4, "<i8")


# What is in a file


def array(value):
    """An array's part of an entry; strings by their bytes."""
    value = np.asarray(value)
    if value.dtype.hasobject:
        parts = [part if isinstance(part, bytes) else part.encode() for part in value.ravel()]
        return "text", value.shape, b"\0".join(parts)
    return value.dtype.str, value.shape, value.tobytes()


def contents_of(file):
    """All that is in an open file, each object by its first path."""
    found = {}

    def visit(path, target):
        is_group = isinstance(target, h5py.Group)
        found[path] = ("group",) if is_group else ("dataset", *array(target[()]))
        found.update({f"{path}@{name}": array(target.attrs[name]) for name in target.attrs})
        if not is_group:
            return
        for name in target:
            link = target.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                found[f"{path.rstrip('/')}/{name}"] = ("soft", link.path)
            else:
                visit(f"{path.rstrip('/')}/{name}", target[name])

    visit("/", file)
    return found


def contents(path):
    """What plain h5py reads, as soon as nobody else's lock keeps the file shut; None where it refuses the file.

    Whatever fails after the file was opened is damage, and raised.
    """
    def attempt():
        try:
            return (h5py.File(path, "r", locking=True),)
        except BlockingIOError:
            return None
        except OSError:
            return (None,)
    [file] = eventually(attempt, 20, f"the lock of {path}")
    if file is None:
        return None
    with file:
        return contents_of(file)


def recovered(path):
    """What plain h5py reads after a request to a file: who only reads may be answered while it is still recovered."""
    return eventually(lambda: contents(path), 20, f"the recovery of {path}")


def differences(found, expected):
    """The places in which two contents differ, for a failed test."""
    if found is None or expected is None:
        return "the file does not open"
    return sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))


# Requests


class Change:
    """One request and what it makes of the contents."""

    def __init__(self, contents, method, resource, path="", body=None, **query):
        self.contents, self.method, self.query = dict(contents), method, query
        self.resource, self.path, self.body = resource, path, body

    def send(self, server, name):
        body = () if self.body is None else (self.body,)
        return server.send(self.method, f"/v1/{self.resource}/{name}{self.path}", *body, params=self.query)

    def __str__(self):
        return f"{self.method} {self.resource} {self.path} {self.query} {str(self.body)[:60]}"


class Generations:
    """A served file and all that may be in it by now."""

    def __init__(self, root, name, kind, seed, replaces=True):
        self.path, self.name, self.random = root / name, name, random.Random(f"{kind} {seed}")
        self.kind, self.replaces = kind, replaces
        make(self.path, kind)
        self.first = self.path.read_bytes()
        self.beginning = contents(self.path)
        # The contents after each request; all before the last few are forgotten.
        self.history, self.number, self.flying = {0: self.beginning}, 0, None

    @property
    def now(self):
        return self.history[self.number]

    def step(self, server, change=None):
        """Sends a change; whether it was acknowledged."""
        change = change or self.next()
        self.flying = change
        self.history[self.number + 1] = change.contents
        answer = change.send(server, self.name)
        if answer.status_code >= 300:
            told = f"{self.name} {change}: {answer.status_code} {answer.text}"
            assert answer.status_code in (500, 503), told
            return False
        self.number, self.flying = self.number + 1, None
        self.history.pop(self.number - 6, None)
        return True

    def settle(self, found, since=None):
        """`found` was read from the file: it is one of the generations from `since` on, or the test has failed.

        Without `since` it is the last that was acknowledged or the one in flight, and stays.
        """
        numbers = range(self.number if since is None else since, self.number + (2 if self.flying else 1))
        for number in numbers:
            if found == self.history[number]:
                if since is None:
                    self.number, self.flying = number, None
                return number
        told = [differences(found, self.history[number]) for number in numbers]
        raise AssertionError(f"{self.name}, generations {numbers}, last {self.flying}: {told}")

    # The next change

    def next(self):
        """A change of a random sort to what is there, with the number of its generation in it."""
        if "/plain" not in self.now:
            return self.replace()
        sorts = {
            self.attribute: 8, self.modify_attribute: 3, self.remove_attribute: 3, self.overwrite: 5, self.pack: 6,
            self.resize: 4, self.fill_rows: 2, self.write_strings: 2, self.make_dataset: 5, self.make_group: 3,
            self.link: 1, self.move: 2, self.unlink: 5}
        if self.replaces:
            sorts |= {self.empty: 0.3, self.replace: 0.3}
        while True:
            change = self.random.choices(list(sorts), sorts.values())[0]()
            if change:
                return change

    def places(self, what, under="/"):
        return [path for path, entry in self.now.items() if entry[0] == what and path.startswith(under) and path != "/"]

    def free(self):
        """A place under `made`, sometimes in groups that are not there yet."""
        group = self.random.choice(["/made", *self.places("group", "/made/")])
        deeper = f"/g{self.number}" if self.random.random() < 0.3 else ""
        return f"{group}{deeper}/n{self.number}"

    def change(self, *request, **query):
        return Change(self.now, *request, **query)

    def with_groups_above(self, change, path):
        parts = path.split("/")[1:-1]
        for end in range(1, len(parts) + 1):
            change.contents.setdefault("/" + "/".join(parts[:end]), ("group",))
        return change

    def attribute(self):
        owner = self.random.choice(["/", *self.places("group"), *self.places("dataset")])
        value = np.full(self.random.choice((1, 8, 300)), self.number, "<i8")
        name = f"a{self.random.randrange(14)}"
        change = self.change(
            "PUT", "attributes", owner, value.tobytes(), name=name, datatype="<i8", shape=str(len(value)))
        change.contents[f"{owner}@{name}"] = array(value)
        return change

    def some_attribute(self):
        there = [path for path in self.now if "@" in path and self.now[path][0] == "<i8" and self.now[path][1]]
        return self.random.choice(there) if there else None

    def modify_attribute(self):
        if not (place := self.some_attribute()):
            return None
        owner, name = place.split("@")
        value = np.full(self.now[place][1], self.number, "<i8")
        change = self.change("PATCH", "attributes", owner, value.tolist(), name=name)
        change.contents[place] = array(value)
        return change

    def remove_attribute(self):
        if not (place := self.some_attribute()):
            return None
        owner, name = place.split("@")
        change = self.change("DELETE", "attributes", owner, name=name)
        del change.contents[place]
        return change

    def write(self, path, value):
        """A slice of a dataset of one dimension, or all of it."""
        _, kind, [count], old = self.now[path]
        if count == 0:
            return None
        first, last = sorted(self.random.sample(range(count + 1), 2)) if self.random.random() < 0.3 else (0, count)
        new = np.frombuffer(old, kind).copy()
        new[first:last] = value[first:last]
        select = {"select": f"{first}:{last}"} if last - first < count else {}
        change = self.change("PUT", "values", path, new[first:last].tobytes(), **select)
        change.contents[path] = ("dataset", *array(new))
        return change

    def overwrite(self):
        return self.write("/plain", np.full(PLAIN, self.number, "<i4"))

    def pack(self):
        return self.write("/packed", noise(self.number, PACKED))

    def fill_rows(self):
        return self.write("/rows", np.full(self.now["/rows"][2], self.number, "<i8"))

    def resize(self):
        _, kind, [count], old = self.now["/rows"]
        size = self.random.randrange(0, 2000)
        change = self.change("PATCH", "datasets", "/rows", {"shape": [size]})
        new = np.zeros(size, kind)
        new[: min(size, count)] = np.frombuffer(old, kind)[:size]
        change.contents["/rows"] = ("dataset", *array(new))
        return change

    def write_strings(self):
        value = texts(self.number, STRINGS)
        body = b"".join(len(text).to_bytes(4, "little") + text.encode() for text in value)
        change = self.change("PUT", "values", "/strings", body)
        change.contents["/strings"] = ("dataset", *array(np.array(value, object)))
        return change

    def make_dataset(self):
        path, value = self.free(), noise(self.number, self.random.choice((4, 1000)))
        body = {"datatype": "<i4", "value": value.tolist()}
        if self.random.random() < 0.6:
            body |= {"chunks": [len(value) // 4], "filters": [{"name": "shuffle"}, {"name": "deflate", "level": 4}]}
        change = self.with_groups_above(self.change("PUT", "datasets", path, body), path)
        change.contents[path] = ("dataset", *array(value))
        return change

    def make_room(self, count):
        """A dataset whose elements have no place in the file yet."""
        change = self.change("PUT", "datasets", f"/large-{count}", {"datatype": "<i4", "shape": [count]})
        change.contents[f"/large-{count}"] = ("dataset", *array(np.zeros(count, "<i4")))
        return change

    def fill_room(self, count):
        """So many elements past all that was in the file."""
        value = np.full(count, self.number, "<i4")
        change = self.change("PUT", "values", f"/large-{count}", value.tobytes())
        change.contents[f"/large-{count}"] = ("dataset", *array(value))
        return change

    def make_group(self):
        path = self.free()
        change = self.with_groups_above(self.change("PUT", "groups", path), path)
        change.contents[path] = ("group",)
        return change

    def link(self):
        path = self.free()
        change = self.change("PUT", "links", path, {"link": "soft", "target": f"/gone/{self.number}"})
        change = self.with_groups_above(change, path)
        change.contents[path] = ("soft", f"/gone/{self.number}")
        return change

    def made(self):
        there = [path for path in self.now if path.startswith("/made/") and "@" not in path]
        return self.random.choice(there) if there else None

    def taken(self, change, path):
        """What was at a path and below it, no longer in the contents."""
        return {
            place[len(path):]: change.contents.pop(place) for place in list(change.contents)
            if place == path or place.startswith((path + "/", path + "@"))}

    def move(self):
        if not (path := self.made()):
            return None
        target = f"/made/m{self.number}"
        change = self.change("PATCH", "links", path, {"path": target})
        change.contents |= {target + rest: entry for rest, entry in self.taken(change, path).items()}
        return change

    def unlink(self):
        if not (path := self.made()):
            return None
        what = self.now[path][0]
        resource = self.random.choice(["links", f"{what}s"]) if what != "soft" else "links"
        change = self.change("DELETE", resource, path)
        self.taken(change, path)
        return change

    def empty(self):
        change = self.change("PUT", "files")
        change.contents = {"/": ("group",)}
        return change

    def replace(self):
        change = self.change("PUT", "raw", "", self.first)
        change.contents = self.beginning
        return change


class Sender:
    """Sends a file's changes one after the other from a thread of its own, until it is told to end or one fails."""

    def __init__(self, server, generations, most=1_000_000, change=None):
        self.server, self.generations, self.most, self.change = server, generations, most, change
        self.is_ended, self.failure = False, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.is_ended and self.most > 0 and self.generations.step(self.server, self.change):
                self.most -= 1
        except ConnectionError:
            pass
        except OSError as error:
            # What requests makes of a server that has gone.
            if "onnection" not in str(error):
                self.failure = error
        except Exception as error:  # noqa: BLE001, raised by `join`
            self.failure = error

    def join(self):
        self.is_ended = True
        self.thread.join(60)
        assert not self.thread.is_alive(), "a request has no end"
        if self.failure:
            raise self.failure


def copy_of(path):
    """A copy beside the served directory, whatever locks there are."""
    copy = path.parent.parent / f"look-{path.name}"
    shutil.copyfile(path, copy)
    return copy


def checksum(found):
    """A short name of contents."""
    return zlib.crc32(json.dumps(found, default=repr, sort_keys=True).encode())
