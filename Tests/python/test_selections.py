"""Index lists, points and masks: random selections are read and written as h5py does it on a copy of the same file."""

import fcntl
import random
import shutil
from collections import Counter

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5s, h5t

import bodies
import cases
import wire
from cases import create
from support import check_error
from written import opened, state_of

KINDS = ("i4be", "f8le", "u1le", "bool", "enum_i2", "c16le", "padded", "ascii_null", "utf8_vlen", "with_vlen")
SHAPES = ((), (23,), (9, 7), (5, 4, 6), (3, 4, 2, 5))
STORAGE = ("contiguous", "compact", "chunked", "filtered")
# (JSON, octets) of each of them, for each seed.
SELECTIONS = 60


def make(path, rnd):
    """A dataset of every kind, shape and storage, with elements in random order."""
    with create(path, "v110") as file:
        for kind in KINDS:
            tid, value = cases.TYPES[kind]
            for shape in SHAPES:
                picks = [rnd.randrange(value.size) for _ in range(int(np.prod(shape)))]
                elements = value.ravel()[picks].reshape(shape)
                for storage in STORAGE:
                    write(file, f"{kind}/{len(shape)}/{storage}", tid, elements, plist(storage, shape, rnd))


def plist(storage, shape, rnd):
    made = h5p.create(h5p.DATASET_CREATE)
    if storage == "compact":
        made.set_layout(h5d.COMPACT)
    elif storage != "contiguous" and shape:
        made.set_chunk(tuple(rnd.randint(1, extent) for extent in shape))
        if storage == "filtered":
            made.set_shuffle()
            made.set_deflate(4)
    return made


def write(file, path, tid, value, dcpl):
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    space = h5s.create_simple(value.shape) if value.ndim else h5s.create(h5s.SCALAR)
    made = h5d.create(file.id, path.encode(), tid, space, dcpl, links)
    made.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(value).reshape(value.shape), h5t.py_create(value.dtype))


# Random selections


class Chosen:
    """A selection: the request's query or body, and h5py's index (of points NumPy's: h5py has no such thing)."""

    def __init__(self, name, index, *, query=None, body=None):
        self.name, self.index, self.query, self.body = name, index, query, body


def negative(rnd, number, extent):
    return number - extent if rnd.random() < 0.3 else number


def item(rnd, extent, takes_list):
    """One dimension: (text, index)."""
    kind = rnd.choice(("whole", "index", "slice", "slice", "list", "list") if takes_list else ("whole", "index", "slice"))
    if kind == "whole":
        return ":", slice(None)
    if kind == "index":
        number = negative(rnd, rnd.randrange(extent), extent)
        return str(number), number
    if kind == "list":
        chosen = sorted(rnd.sample(range(extent), rnd.randint(0, extent)))
        numbers = [negative(rnd, number, extent) for number in chosen]
        return f"[{','.join(map(str, numbers))}]", numbers
    bounds = [rnd.choice((None, rnd.randint(-extent - 2, extent + 2))) for _ in "ab"]
    step = rnd.choice((None, None, 1, 2, 3))
    text = ":".join("" if bound is None else str(bound) for bound in bounds)
    return text + (f":{step}" if step else ""), slice(*bounds, step)


def expression(rnd, shape):
    """A `select`, with at most one list; h5py takes no index with an empty list beside slices that it takes otherwise."""
    items = []
    for extent in shape:
        items.append(item(rnd, extent, not any(isinstance(index, list) for _, index in items)))
    if items and rnd.random() < 0.5:
        first = rnd.randint(0, len(items))
        items[first : rnd.randint(first, len(items))] = [("...", Ellipsis)]
    elif rnd.random() < 0.3:
        items = items[: rnd.randint(0, len(items))]
    text = ",".join(text for text, _ in items)
    index = tuple(index for _, index in items)
    name = "list" if any(isinstance(part, list) for part in index) else "slices"
    if rnd.random() < 0.3:
        return Chosen(name, index, body={"select": text})
    return Chosen(name, index, query={"select": text})


def points(rnd, shape):
    count = rnd.choice((0, 1, 3, 10, 40))
    found = [[rnd.randrange(extent) for extent in shape] for _ in range(count)]
    if rnd.random() < 0.3:
        found.sort()
    index = tuple(np.array(found, int).reshape(count, len(shape)).T)
    if len(shape) == 1 and rnd.random() < 0.5:
        return Chosen("points", index, body={"points": [negative(rnd, point[0], shape[0]) for point in found]})
    if rnd.random() < 0.3:
        return Chosen("octets", index, body=np.array(found, "<u8").tobytes())
    return Chosen("points", index, body={
        "points": [[negative(rnd, i, extent) for i, extent in zip(point, shape)] for point in found]})


def mask(rnd, shape):
    chance = rnd.choice((0, 0.1, 0.5, 1))
    found = np.array([rnd.random() < chance for _ in range(int(np.prod(shape)))], bool).reshape(shape)
    return Chosen("mask", found, body={"mask": found.tolist()})


def chosen(rnd, shape):
    kinds = (expression, expression, points, mask) if shape else (expression,)
    return rnd.choice(kinds)(rnd, shape)


def read_by_h5py(dataset, selection):
    """As h5py selects it; its current release has no points, and no mask without a true element."""
    if selection.name in ("points", "octets"):
        return dataset[()][selection.index]
    if selection.name == "mask" and not selection.index.any():
        return dataset[()][selection.index]
    return dataset[selection.index]


def write_by_h5py(dataset, selection, value):
    if not np.size(value):
        return
    if selection.name == "points":
        for place, element in zip(zip(*selection.index), value):
            dataset[place] = element
    else:
        dataset[selection.index] = value


class Pair:
    """A served file and h5py's copy of it."""

    def __init__(self, start_server, folder, rnd):
        self.rnd = rnd
        root = folder / "served"
        root.mkdir()
        make(root / "a.h5", rnd)
        shutil.copy(root / "a.h5", folder / "copy.h5")
        self.server, self.file = start_server(root, "--workers", 1), h5py.File(folder / "copy.h5", "r+")
        self.counts = Counter()

    def any_dataset(self):
        shape = self.rnd.choice(SHAPES + SHAPES[1:])
        return f"{self.rnd.choice(KINDS)}/{len(shape)}/{self.rnd.choice(STORAGE)}", shape

    def ask(self, path, selection, query, accept):
        target = f"/v1/values/a.h5/{path}"
        if selection.body is None:
            return self.server.get(target, selection.query | query, accept=accept)
        return self.server.send("POST", target, selection.body, query, accept=accept)

    def read(self):
        path, shape = self.any_dataset()
        dataset, selection = self.file[path], chosen(self.rnd, shape)
        value, kind, query = read_by_h5py(dataset, selection), wire.describe(dataset.id.get_type()), {}
        if path.startswith(("padded", "with_vlen")) and self.rnd.random() < 0.5:
            names = self.rnd.sample([field["name"] for field in kind["fields"]], 2)
            value, kind, query = value[names], bodies.fields_of(kind, names), {"field": names}
        told = f"{path} {selection.query or selection.body} {query}"
        answer = self.ask(path, selection, query, "application/json")
        assert answer.status_code == 200, told + answer.text
        assert answer.headers["X-HDF5-Shape"] == ",".join(map(str, np.shape(value))), told
        wire.check_json(wire.parse(answer.content), value, kind)
        order = self.rnd.choice((None, "LE", "BE"))
        query |= {} if order is None else {"order": {"LE": "little", "BE": "big"}[order]}
        wire.check_octets(self.ask(path, selection, query, "application/octet-stream"), value, kind, order)
        self.counts[selection.name] += 1

    def write(self):
        path, shape = self.any_dataset()
        dataset, selection = self.file[path], chosen(self.rnd, shape)
        if selection.name == "octets":
            selection = mask(self.rnd, shape)
        kind, pool = wire.describe(dataset.id.get_type()), cases.TYPES[path.split("/")[0]][1].ravel()
        whole = np.shape(read_by_h5py(dataset, selection))
        part = () if self.rnd.random() < 0.3 else whole
        value = pool[[self.rnd.randrange(pool.size) for _ in range(int(np.prod(part)))]].reshape(part)
        # h5py repeats no value over a list or a mask.
        write_by_h5py(dataset, selection, np.broadcast_to(value, whole))
        target, told = f"/v1/values/a.h5/{path}", f"{path} {selection.query or selection.body}"
        if selection.body is not None:
            answer = self.server.patch(target, selection.body | {"set": bodies.to_json(value, kind)})
            assert answer.status_code == 200, told + answer.text
        else:
            body = bodies.to_octets(value, kind) if part and self.rnd.random() < 0.5 else bodies.to_json(value, kind)
            answer = self.server.put(target, body, selection.query)
            assert answer.status_code == 204, told + answer.text
        self.counts[selection.name] += 1
        got = self.server.get(target, accept="application/octet-stream")
        wire.check_octets(got, dataset[()], kind)

    def close(self):
        self.file.close()


@pytest.fixture
def pair(start_server, tmp_path, request):
    made = Pair(start_server, tmp_path, random.Random(request.param))
    yield made
    made.close()


@pytest.mark.parametrize("pair", range(6), indirect=True)
def test_random_selections_read_what_h5py_reads(pair):
    for _ in range(SELECTIONS):
        pair.read()
    assert len(pair.counts) >= 4


@pytest.mark.parametrize("pair", range(10, 16), indirect=True)
def test_random_selections_write_what_h5py_writes(pair, tmp_path):
    for _ in range(SELECTIONS):
        pair.write()
    assert len(pair.counts) >= 4
    with opened(tmp_path / "served/a.h5") as made:
        for path in (f"{kind}/{len(shape)}/{storage}" for kind in KINDS for shape in SHAPES for storage in STORAGE):
            kind = wire.describe(made[path].id.get_type())
            assert bodies.same_values(made[path][()], pair.file[path][()], kind), path


# Long lists


@pytest.fixture
def numbers(tmp_path):
    """`a` of one dimension and `b` of two, chunked; `c` is a scalar."""
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "data.h5", "v110") as file:
        file.create_dataset("a", data=np.arange(200_000, dtype="<i4"), chunks=(1000,), compression="gzip")
        file.create_dataset("b", data=np.arange(2_000_000, dtype="<i4").reshape(1000, 2000), chunks=(100, 100))
        file["c"] = 5
        file["text"] = ["x"]
    return root


A, B = "/v1/values/data.h5/a", "/v1/values/data.h5/b"


def octets(answer):
    assert answer.status_code == 200, answer.text
    return np.frombuffer(answer.content, "<i4")


@pytest.mark.parametrize("count", [10, 5_000, 100_000])
def test_long_lists_are_read_and_written(start_server, numbers, count):
    server, rng = start_server(numbers, "--slab-size", 100_000), np.random.default_rng(count)
    places = np.sort(rng.choice(200_000, count, replace=False))
    expected = np.arange(200_000, dtype="<i4")
    text = f"[{','.join(map(str, places))}]"
    for body in ({"points": places.tolist()}, {"select": text}, places.astype("<u8").tobytes()):
        got = octets(server.send("POST", A, body, {"format": "octet-stream"}))
        assert (got == expected[places]).all()
    shuffled = rng.permutation(places)
    assert octets(server.send("POST", A, {"points": shuffled.tolist()}, {"format": "octet-stream"})).tolist() == (
        expected[shuffled].tolist())
    assert server.patch(A, {"select": text, "set": -1}).status_code == 200
    expected[places] = -1
    assert (octets(server.get(A, {"format": "octet-stream"})) == expected).all()
    assert server.patch(A, {"points": shuffled.tolist(), "set": shuffled.tolist()}).status_code == 200
    expected[shuffled] = shuffled
    assert (octets(server.get(A, {"format": "octet-stream"})) == expected).all()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("density", [0.02, 0.5])
def test_lists_beside_whole_dimensions(start_server, numbers, axis, density):
    server, rng = start_server(numbers), np.random.default_rng(5)
    expected = np.arange(2_000_000, dtype="<i4").reshape(1000, 2000)
    places = np.flatnonzero(rng.random(expected.shape[axis]) < density)
    text = f"[{','.join(map(str, places))}]"
    select = f"{text},5:900" if axis == 0 else f"::3,{text}"
    index = (places, slice(5, 900)) if axis == 0 else (slice(None, None, 3), places)
    answer = server.get(B, {"select": select, "format": "octet-stream"})
    assert (octets(answer).reshape(expected[index].shape) == expected[index]).all()
    assert server.put(B, (-expected[index]).tobytes(), {"select": select}).status_code == 204
    expected[index] *= -1
    assert (octets(server.get(B, {"format": "octet-stream"})).reshape(expected.shape) == expected).all()


def test_answer_of_many_points_comes_in_slabs(start_server, numbers):
    server, rng = start_server(numbers, "--slab-size", 300_000), np.random.default_rng(7)
    found = np.stack([rng.integers(0, 1000, 400_000), rng.integers(0, 2000, 400_000)], axis=1)
    answer = server.send("POST", B, found.astype("<u8").tobytes(), {"format": "octet-stream"})
    assert (octets(answer) == found[:, 0] * 2000 + found[:, 1]).all()
    listed = server.send("POST", B, found.astype("<u8").tobytes())
    assert (np.array(listed.json()) == found[:, 0] * 2000 + found[:, 1]).all()


# Refusals


REFUSED = [
    (B, {"select": "[0,1],[0,1]"}, "invalid", "one list"), (B, {"select": "[1,0]"}, "invalid", "increase"),
    (B, {"select": "[0,0]"}, "invalid", "increase"), (B, {"select": "[0,1000]"}, "out_of_bounds", "1000"),
    (B, {"select": 5}, "invalid", "string"), (B, {"points": [[0, 1], [1000, 0]]}, "out_of_bounds", "point 1"),
    (B, {"points": [[0, -2001]]}, "out_of_bounds", "point 0"), (B, {"points": [0, 1]}, "invalid", "points"),
    (B, {"points": [[0, 1, 2]]}, "invalid", "dimensions"), (B, {"points": [[0, 1], [2]]}, "invalid", "list"),
    (B, {"points": [[0, 1.5]]}, "invalid", "1.5"), (B, {"points": "x"}, "invalid", "number"),
    (B, {"mask": [True, False]}, "invalid", "mask"), (A, {"mask": [True]}, "invalid", "mask"),
    (B, {"points": [[0, 0]], "mask": [[True]]}, "invalid", "twice"), (B, {}, "invalid", "chooses no elements"),
    (B, b"\0" * 12, "invalid", "12 bytes"), (B, b"\0" * 24, "invalid", "3 indices"),
    (B, b"\xff" * 16, "out_of_bounds", "18446744073709551615"), (A, b"\0" * 8 * ((1 << 23) + 1), "too_large", "8388608"),
    ("/v1/values/data.h5/c", {"points": [[]]}, "invalid", "scalar"),
    ("/v1/values/data.h5/c", {"mask": True}, "invalid", "scalar"), (B, {"nonsense": 1}, "invalid", "nonsense"),
    ("/v1/values/data.h5/none", {"points": [0]}, "not_found", "none")]


@pytest.mark.parametrize("target, body, code, word", REFUSED, ids=map(str, range(len(REFUSED))))
def test_choice_that_cannot_be_is_refused(start_server, numbers, target, body, code, word):
    server, before = start_server(numbers), state_of(numbers / "data.h5")
    check_error(server, server.send("POST", target, body), code, word)
    if isinstance(body, dict):
        changed = server.patch(target, {"set": 1} | body)
        assert changed.status_code in (400, 404, 413) and (changed.json()["code"] == code or not body), changed.text
    assert state_of(numbers / "data.h5") == before


def test_selection_in_query_and_body_is_refused(start_server, numbers):
    server = start_server(numbers)
    check_error(server, server.patch(A, {"points": [0], "set": 1}, {"select": "0"}), "invalid", "twice")
    check_error(server, server.send("POST", A, {"points": [0]}, {"select": "0"}), "invalid", "select")
    check_error(server, server.request("POST", A, data="[0]", headers={"Content-Type": "text/csv"}), "unsupported_media")


# Changes of points


def test_points_are_added_to_and_compared(start_server, numbers):
    server = start_server(numbers)
    found = [[0, 1], [3, 4]]
    assert server.patch(B, {"points": found, "add": [1, 2]}).json() == [2, 6006]
    assert server.patch(B, {"points": found, "compare": [2, 6006], "set": 0}).json() == [0, 0]
    check_error(server, server.patch(B, {"points": found, "compare": 1, "set": 5}), "precondition_failed")
    assert server.send("POST", B, {"points": found}).json() == [0, 0]


def test_point_that_stands_twice_is_read_twice_and_has_the_last_value(start_server, numbers):
    server = start_server(numbers)
    assert server.send("POST", A, {"points": [7, 3, 7]}).json() == [7, 3, 7]
    assert server.patch(A, {"points": [7, 3, 7], "set": [1, 2, 3]}).status_code == 200
    assert server.send("POST", A, {"points": [3, 7]}).json() == [2, 3]
    # As NumPy's a[[7, 7]] += 1.
    assert server.patch(A, {"points": [7, 7], "add": 1}).json() == [4, 4]
    assert server.send("POST", A, {"points": [7]}).json() == [4]


@pytest.mark.parametrize("storage", [{}, {"chunks": (2,)}])
def test_last_text_of_a_point_that_stands_twice_stays(start_server, numbers, storage):
    with opened(numbers / "data.h5", "r+") as file:
        file.create_dataset("rows", (4,), np.dtype([("n", "<i2"), ("list", h5py.vlen_dtype("<i4"))]), **storage)
        file.create_dataset("words", data=["a", "b", "c", "d"], **storage)
    server = start_server(numbers)
    found = {"points": [2, 0, 2, 2], "set": [{"n": n, "list": [n] * n} for n in range(4)]}
    words = {"points": [2, 0, 2, 2], "set": ["long", "longer", "the longest", "last"]}
    for _ in range(3):
        assert server.patch("/v1/values/data.h5/rows", found).status_code == 200
        assert server.patch("/v1/values/data.h5/words", words).status_code == 200
    with opened(numbers / "data.h5") as file:
        assert [list(part) for part in file["rows"]["list"]] == [[1], [], [3, 3, 3], []]
        assert file["words"].asstr()[()].tolist() == ["longer", "b", "last", "d"]


def test_field_of_points_is_written(start_server, numbers):
    with opened(numbers / "data.h5", "r+") as file:
        file["rows"] = np.zeros(4, [("x", "<i4"), ("y", "<f8")])
    server = start_server(numbers)
    answer = server.patch("/v1/values/data.h5/rows", {"points": [3, 1], "set": [5, 6]}, {"field": "x"})
    assert answer.status_code == 200, answer.text
    assert server.json("/v1/values/data.h5/rows", {"field": "x", "rows": "columns"}) == {"x": [0, 6, 0, 5]}


# A read like any other


def test_points_are_read_by_a_read_only_server_under_a_shared_lock(start_server, numbers):
    server = start_server(numbers, "--read-only")
    with open(numbers / "data.h5") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        before = state_of(numbers / "data.h5")
        assert server.send("POST", A, {"points": [5]}).json() == [5]
        check_error(server, server.patch(A, {"points": [5], "set": 1}), "forbidden")
        assert state_of(numbers / "data.h5") == before
        fcntl.flock(reader, fcntl.LOCK_EX)
        check_error(server, server.send("POST", A, {"points": [5]}, prefer="wait=0"), "locked")


def test_points_are_read_in_a_batch_and_under_a_shared_lease(start_server, numbers):
    server = start_server(numbers)
    lease = server.send("POST", "/v1/locks/data.h5", {"mode": "shared"}).json()
    batch = [
        {"method": "POST", "target": A, "body": {"points": [5, 3]}},
        {"method": "POST", "target": B + "?format=octet-stream", "body": {"select": "0,[1,3]"}}]
    for fields in ({}, {"lock-token": lease["token"]}):
        assert server.send("POST", A, {"mask": [False] * 199_999 + [True]}, **fields).json() == [199_999]
        answers = server.send("POST", "/v1/batch/data.h5", batch, **fields).json()
        assert answers[0]["body"] == [5, 3] and answers[1]["headers"]["X-HDF5-Shape"] == "2"


def test_tag_of_points_is_the_files_and_none_is_unmodified(start_server, numbers):
    server = start_server(numbers)
    assert server.patch(A, {"points": [5], "set": 1}).status_code == 200
    answer = server.send("POST", A, {"points": [5]})
    tag = answer.headers["ETag"]
    assert server.send("POST", A, {"points": [5]}, if_none_match=tag).json() == [1]
    assert server.send("POST", A, {"points": [5]}, if_none_match="*").json() == [1]
    assert server.send("POST", A, {"points": [5]}, if_modified_since=answer.headers["Date"]).status_code == 200
    assert server.send("POST", A, {"points": [6]}, if_match=tag).json() == [6]
    assert server.patch(A, {"points": [5], "set": 2}, if_match=tag).status_code == 200
    check_error(server, server.send("POST", A, {"points": [5]}, if_match=tag), "precondition_failed")
