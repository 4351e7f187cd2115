"""Attributes that are made, replaced, modified and removed over HTTP, as h5py sees them."""

import json

import h5py
import numpy as np
import pytest

import bodies
import cases
import wire
from cases import create
from support import check_error
from test_attributes import read
from written import attributes_of, contents, dumped, first_names, opened, state_of

PLACES = ("group", "data", "")


@pytest.fixture(scope="module")
def server(write_server):
    """The module's server, with a file that has an object of each kind."""
    for name in ("a.h5", "reference.h5"):
        make(write_server.root / name)
    return write_server


def make(path):
    with create(path, "earliest") as file:
        for target in (file.create_group("group"), file.create_dataset("data", data=[1, 2]), file):
            target.attrs["units"], target.attrs["list"] = "m", np.arange(3, dtype=">i2")


def attribute(server, place, name, file="a.h5"):
    """(type, shape, elements) of an attribute by h5py; None where there is none."""
    with opened(server.root / file) as opened_file:
        found = attributes_of(opened_file[place or "/"], first_names(opened_file))
        return {each[0]: each[1:4] for each in found}.get(name)


def put(server, place, name, body, query=None, status=201):
    answer = server.put(f"/v1/attributes/a.h5/{place}", body, {"name": name} | (query or {}))
    assert answer.status_code == status, answer.text
    assert answer.headers["ETag"]
    told = server.json(f"/v1/attributes/a.h5/{place}")[name]
    assert answer.json() == told
    return told


# What is inferred

INFERRED = [
    ("integer", 5), ("negative", -(2**63)), ("large", np.uint64(2**64 - 1)), ("float", 2.5), ("truth", True),
    ("text", "Grüße"), ("nothing", ""), ("integers", [1, 2, 3]), ("floats", [[1.5, 2], [3, 4]]),
    ("truths", [True, False]),
    ("texts", ["a", "é", ""]), ("one", [7])]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name, value", INFERRED, ids=lambda part: repr(part)[:20])
def test_attribute_gets_the_datatype_that_h5py_gives_it(server, place, name, value):
    put(server, place, name, int(value) if isinstance(value, np.integer) else value)
    with opened(server.root / "reference.h5", "r+") as file:
        file[place or "/"].attrs[name] = value
    assert attribute(server, place, name) == attribute(server, place, name, "reference.h5")


@pytest.mark.parametrize("name", ["é", "a/b", "a b", "?&=#%", "x" * 1000, "..", "日本"])
def test_attribute_may_have_any_name(server, name):
    put(server, "group", name, 1)
    with opened(server.root / "a.h5") as file:
        assert file["group"].attrs[name] == 1
        info = h5py.h5a.get_info(file["group"].id, name.encode())
        assert info.cset == (h5py.h5t.CSET_ASCII if name.isascii() else h5py.h5t.CSET_UTF8)
    assert server.delete("/v1/attributes/a.h5/group", {"name": name}).status_code == 204


# Every datatype


@pytest.mark.parametrize("file", ["attributes-earliest.h5", "attributes-v110.h5"])
@pytest.mark.parametrize("name", cases.TYPES)
def test_attribute_of_every_datatype_is_made_and_modified(server, file, name):
    value, kind = read(server.root, file, "g", name)
    for form, body in (("json", bodies.to_json(value, kind)), ("octets", bodies.to_octets(value, kind))):
        query = {"name": f"{name} {form}", "datatype": json.dumps(kind), "shape": "5,7"}
        answer = server.put(f"/v1/attributes/{file}/g", body, query)
        assert answer.status_code == 201, answer.text
        assert read(server.root, file, "g", query["name"])[1] == kind
        check(server, file, query["name"], value, kind)
    other = value[::-1, ::-1]
    answer = server.patch(f"/v1/attributes/{file}/g", bodies.to_json(other, kind), {"name": name})
    assert answer.status_code == 200, answer.text
    check(server, file, name, other, kind)




def check(server, file, name, expected, kind):
    got, told = read(server.root, file, "g", name)
    assert told == kind
    assert bodies.same_values(got, expected, kind)


@pytest.mark.parametrize("datatype, value, dtype", [
    ("<f4", 0.1, "<f4"), (">i2", [1, -2], ">i2"), ("u1", 255, "u1"), ("bool", [True, False], "bool"),
    ("<c8", [1, -2], "<c8"),
    ("S4", "ab", "S4"), ("str", "ab", h5py.string_dtype()), ("<f8", [1, 2], "<f8")])
def test_attribute_takes_numpy_names_of_datatypes(server, datatype, value, dtype):
    told = put(server, "data", f"as {datatype}", value, {"datatype": datatype})
    assert wire.same_type(told["datatype"], wire.describe(h5py.h5t.py_create(np.dtype(dtype), logical=True)))
    with opened(server.root / "a.h5") as file:
        got = file["data"].attrs[f"as {datatype}"]
    assert np.array_equal(np.asarray(got, "U" if datatype == "str" else None), np.asarray(
        1 - 2j if datatype == "<c8" else value, None if datatype == "str" else dtype))


def test_attribute_is_null_where_the_shape_is(server):
    put(server, "data", "null", None, {"datatype": "<f4", "shape": "null"})
    with opened(server.root / "a.h5") as file:
        assert file["data"].attrs["null"] == h5py.Empty("<f4")


@pytest.mark.parametrize("query, size", [({"shape": "2,3"}, 6), ({"shape": ""}, 1), ({}, 1), ({"shape": "0"}, 0)])
def test_attribute_of_octets_has_the_shape_that_was_said(server, query, size):
    name = f"octets {query}"
    octets = np.arange(size, dtype="<i4").tobytes()
    told = put(server, "data", name, octets, {"datatype": "<i4"} | query)
    assert told["shape"] == [int(n) for n in query.get("shape", "").split(",") if n]
    assert attribute(server, "data", name)[2] == list(range(size))


# Replacing, modifying, removing


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", [7, 2.5, "longer text than before", [[1, 2], [3, 4]], ["a"] * 100])
def test_attribute_is_replaced_with_another_type_and_shape(server, place, value):
    put(server, place, "replaced", "first", status=201 if attribute(server, place, "replaced") is None else 200)
    put(server, place, "replaced", value, status=200)
    with opened(server.root / "reference.h5", "r+") as file:
        file[place or "/"].attrs["replaced"] = value
    assert attribute(server, place, "replaced") == attribute(server, place, "replaced", "reference.h5")


@pytest.mark.parametrize("name, value", [("list", [4, 5, -6]), ("list", 9), ("units", "Ω"), ("units", "")])
def test_attribute_is_modified_within_its_type_and_shape(server, name, value):
    before = attribute(server, "group", name)
    answer = server.patch("/v1/attributes/a.h5/group", value, {"name": name})
    assert answer.status_code == 200 and answer.headers["ETag"], answer.text
    kind, shape, elements = attribute(server, "group", name)
    assert (kind, shape) == before[:2]
    expected = np.broadcast_to(np.asarray(value, object), shape or ()).ravel()
    assert elements == [e.encode() if isinstance(e, str) else e for e in expected]


def test_attribute_is_removed(server):
    put(server, "group", "short-lived", 1)
    answer = server.delete("/v1/attributes/a.h5/group", {"name": "short-lived"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert attribute(server, "group", "short-lived") is None
    assert server.delete("/v1/attributes/a.h5/group", {"name": "short-lived"}).status_code == 404


def test_replacing_an_attribute_leaves_no_trace_of_the_old(start_server, tmp_path):
    (tmp_path / "served").mkdir()
    make(tmp_path / "served" / "a.h5")
    server = start_server(tmp_path / "served")
    for number in range(50):
        put(server, "group", "n", [number] * (number % 7 + 1), status=201 if number == 0 else 200)
    with opened(server.root / "a.h5") as file:
        assert sorted(file["group"].attrs) == ["list", "n", "units"]
    assert contents(server.root / "a.h5") and dumped(server.root / "a.h5", "-A")


def test_many_attributes_are_kept(server):
    with opened(server.root / "attributes-v110.h5", "r+") as file:
        file.create_group("crowd")
    for number in range(40):
        answer = server.put("/v1/attributes/attributes-v110.h5/crowd", number, {"name": f"n{number:02d}"})
        assert answer.status_code == 201
    for number in range(0, 40, 3):
        assert server.delete("/v1/attributes/attributes-v110.h5/crowd", {"name": f"n{number:02d}"}).status_code == 204
    with opened(server.root / "attributes-v110.h5") as file:
        assert dict(file["crowd"].attrs) == {f"n{n:02d}": n for n in range(40) if n % 3}


# Large attributes


@pytest.mark.parametrize("size", [60_000, 65_000, 65_536, 200_000])
@pytest.mark.parametrize("file, place, is_dense", [
    ("a.h5", "group", False), ("attributes-v110.h5", "g", True), ("attributes-v110.h5", "dense", True)])
def test_large_attribute_is_kept_or_refused(server, file, place, is_dense, size):
    before = state_of(server.root / file)
    octets = bytes(range(256)) * (size // 256 + 1)
    answer = server.put(
        f"/v1/attributes/{file}/{place}", octets[:size], {"name": f"large {size}", "datatype": "u1", "shape": size})
    if is_dense or size < 65_500:
        assert answer.status_code == 201, answer.text
        with opened(server.root / file) as opened_file:
            assert opened_file[place].attrs[f"large {size}"].tobytes() == octets[:size]
        return
    assert answer.status_code in (413, 422), answer.text
    check_error(server, answer, answer.json()["code"])
    assert state_of(server.root / file) == before


# What is refused

REFUSED = [
    ("PUT", {}, 5, "invalid"), ("PUT", {"name": ""}, 5, "invalid"), ("PUT", {"name": "a\0b"}, 5, "invalid"),
    ("PUT", {"name": "x"}, {"a": 1}, "invalid"), ("PUT", {"name": "x"}, [1, "a"], "invalid"),
    ("PUT", {"name": "x"}, [[1], [2, 3]], "invalid"), ("PUT", {"name": "x"}, 2**64, "invalid"),
    ("PUT", {"name": "x", "datatype": "i1"}, 128, "invalid"), ("PUT", {"name": "x", "datatype": "odd"}, 1, "invalid"),
    ("PUT", {"name": "x", "datatype": '{"class":'}, 1, "invalid"),
    ("PUT", {"name": "x", "datatype": "S2"}, "abc", "invalid"),
    ("PUT", {"name": "x", "datatype": "<i4", "shape": "2"}, [1, 2, 3], "invalid"),
    ("PUT", {"name": "x", "datatype": "<i4", "shape": "-2"}, [1, 2], "invalid"),
    ("PUT", {"name": "x", "datatype": "<i4", "shape": "x"}, [1, 2], "invalid"),
    ("PUT", {"name": "x", "datatype": "<i4"}, b"abc", "invalid"), ("PUT", {"name": "x"}, b"abcd", "invalid"),
    ("PUT", {"name": "x"}, "a\0b", "invalid"), ("PUT", {"name": "x", "nonsense": "1"}, 5, "invalid"),
    ("PUT", {"name": "x", "shape": "null"}, None, "invalid"),
    ("PUT", {"name": "x", "datatype": "<f4", "shape": "null"}, 5, "invalid"),
    ("PATCH", {"name": "none"}, 5, "not_found"), ("PATCH", {"name": "list"}, [1, 2], "invalid"),
    ("PATCH", {"name": "list"}, 40_000, "invalid"), ("PATCH", {"name": "list"}, "x", "invalid"),
    ("PATCH", {"name": "units"}, 5, "invalid"), ("PATCH", {}, 5, "invalid"),
    ("PATCH", {"name": "units"}, None, "invalid")]


@pytest.mark.parametrize("method, query, body, code", REFUSED, ids=lambda part: repr(part)[:40])
@pytest.mark.parametrize("place", ["group", "data"])
def test_attribute_that_cannot_be_is_refused(server, place, method, query, body, code):
    before = state_of(server.root / "a.h5")
    answer = server.send(method, f"/v1/attributes/a.h5/{place}", body, query)
    check_error(server, answer, code)
    assert state_of(server.root / "a.h5") == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_attribute_of_nothing_is_refused(server, method):
    before = state_of(server.root / "a.h5")
    check_error(server, server.send(method, "/v1/attributes/a.h5/none", 5, {"name": "x"}), "not_found")
    check_error(server, server.send(method, "/v1/attributes/none.h5", 5, {"name": "x"}), "not_found")
    assert state_of(server.root / "a.h5") == before


def test_attribute_is_made_only_once(server):
    answers = [server.put("/v1/attributes/a.h5/data?name=once", n, if_none_match="*") for n in range(2)]
    assert answers[0].status_code == 201
    check_error(server, answers[1], "precondition_failed")
    with opened(server.root / "a.h5") as file:
        assert file["data"].attrs["once"] == 0
