"""Committed datatypes over HTTP, as h5py makes, finds and uses them."""

import json

import h5py
import numpy as np
import pytest

import wire
from cases import create
from support import check_error
from written import opened, state_of

POINT = np.dtype([("x", "<f4"), ("y", ">f8")])
POINT_JSON = {"class": "H5T_COMPOUND", "fields": [
    {"name": "x", "type": {"class": "H5T_FLOAT", "base": "H5T_IEEE_F32LE"}},
    {"name": "y", "type": {"class": "H5T_FLOAT", "base": "H5T_IEEE_F64BE"}}]}


@pytest.fixture(params=["earliest", "v110"])
def server(start_server, tmp_path, request):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "a.h5", request.param) as file:
        file["types/point"] = POINT
        file["types/point"].attrs["unit"] = "mm"
        file["types/color"] = h5py.enum_dtype({"RED": 0, "BLUE": 2}, "<i2")
        file.create_dataset("points", (3,), file["types/point"])
        file.attrs.create("origin", np.zeros((), POINT), (), file["types/point"])
        file["group/x"] = [1, 2]
        file["text"], file["number"] = h5py.string_dtype(), np.dtype("<i4")
    return start_server(root, "--workers", 1)


def described(path, name):
    with opened(path) as file:
        return wire.describe(file[name].id if isinstance(file[name], h5py.Datatype) else file[name].id.get_type())


def test_committed_datatype_is_told(server):
    told = server.json("/v1/datatypes/a.h5/types/point")
    assert told == {
        "file": "a.h5", "path": "/types/point", "kind": "datatype", "datatype": POINT_JSON, "attributeCount": 1,
        "hrefs": {"attributes": "/v1/attributes/a.h5/types/point"}}
    assert server.json("/v1/datatypes", {"file": "a.h5", "path": "/types/point"}) == told
    assert server.json(told["hrefs"]["attributes"])["unit"]["value"] == "mm"
    members = server.json("/v1/groups/a.h5/types")["members"]
    assert [(one["kind"], one["href"]) for one in members] == [
        ("datatype", "/v1/datatypes/a.h5/types/color"), ("datatype", "/v1/datatypes/a.h5/types/point")]


@pytest.mark.parametrize("kind", [
    "<i4", ">f8", "bool", "str", "S7", "<c8", POINT_JSON,
    {"class": "H5T_ENUM", "base": {"class": "H5T_INTEGER", "base": "H5T_STD_U8LE"}, "mapping": {"A": 0, "B": 9}},
    {"class": "H5T_ARRAY", "base": "<i2", "dims": [2, 3]}, {"class": "H5T_VLEN", "base": "<i2"},
    {"class": "H5T_OPAQUE", "size": 5, "tag": "five"}])
def test_datatypes_are_committed(server, kind):
    answer = server.put("/v1/datatypes/a.h5/new/one", {"datatype": kind})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == "/v1/datatypes/a.h5/new/one" and "ETag" in answer.headers
    assert answer.json() == server.json("/v1/datatypes/a.h5/new/one")
    assert server.put("/v1/datasets/a.h5/plain", {"shape": [1], "datatype": kind}).status_code == 201
    assert described(server.root / "a.h5", "new/one") == described(server.root / "a.h5", "plain")
    with opened(server.root / "a.h5") as file:
        assert isinstance(file["new/one"], h5py.Datatype)
    # What is told of it commits the same.
    assert server.put("/v1/datatypes/a.h5/again", answer.json()).status_code == 201
    assert described(server.root / "a.h5", "again") == described(server.root / "a.h5", "plain")


@pytest.mark.parametrize("target, body, code, words", [
    ("types/point", {"datatype": "<i4"}, "exists", ["/types/point"]), ("", {"datatype": "<i4"}, "exists", ["root"]),
    ("group/x/y", {"datatype": "<i4"}, "wrong_kind", ["/group/x"]), ("new", {}, "invalid", ["datatype"]),
    ("new", {"datatype": "nonsense"}, "invalid", ["nonsense"]),
    ("new", {"datatype": {"committed": "/types/point"}}, "invalid", ["class"]),
    ("new", {"datatype": {"class": "H5T_COMPOUND", "fields": []}}, "invalid", ["field"])])
def test_refusals(server, target, body, code, words):
    before = state_of(server.root / "a.h5")
    check_error(server, server.put(f"/v1/datatypes/a.h5/{target}", body), code, *words)
    assert state_of(server.root / "a.h5") == before


def test_datatypes_are_unlinked(server):
    check_error(server, server.delete("/v1/datatypes/a.h5/points"), "wrong_kind", "/points")
    check_error(server, server.delete("/v1/datasets/a.h5/types/point"), "wrong_kind", "/types/point")
    check_error(server, server.delete("/v1/datatypes/a.h5/none"), "not_found")
    assert server.delete("/v1/datatypes/a.h5/types/point").status_code == 204
    check_error(server, server.get("/v1/datatypes/a.h5/types/point"), "not_found")
    # What is made of it keeps it, without a path.
    assert server.json("/v1/datasets/a.h5/points")["committedDatatype"] is None
    with opened(server.root / "a.h5") as file:
        assert file["points"].id.get_type().committed() and file["points"].dtype == POINT


@pytest.mark.parametrize("path", ["groups", "datasets", "dimensions"])
def test_other_kinds_are_refused(server, path):
    check_error(server, server.get(f"/v1/{path}/a.h5/types/point"), "wrong_kind", "committed datatype")
    check_error(server, server.get("/v1/datatypes/a.h5/points"), "wrong_kind", "dataset")


def test_datasets_tell_their_committed_datatype(server):
    told = server.json("/v1/datasets/a.h5/points")
    assert told["committedDatatype"] == "/types/point" and told["datatype"] == POINT_JSON
    assert "committedDatatype" not in server.json("/v1/datasets/a.h5/group/x")
    assert server.json("/v1/attributes/a.h5")["origin"]["committedDatatype"] == "/types/point"
    # It can be sent back, and is then of a type of its own.
    assert server.put("/v1/datasets/a.h5/copy", told).status_code == 201
    with opened(server.root / "a.h5") as file:
        assert not file["copy"].id.get_type().committed()


def same_type(file, one, other):
    return h5py.h5o.get_info(one).addr == h5py.h5o.get_info(file[other].id).addr


def test_datasets_are_made_of_a_committed_datatype(server):
    body = {
        "datatype": {"committed": "/types/point"}, "value": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "maxshape": [None],
        "fillvalue": {"x": 7, "y": 8}}
    answer = server.put("/v1/datasets/a.h5/new/data", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["committedDatatype"] == "/types/point" and answer.json()["datatype"] == POINT_JSON
    assert server.patch("/v1/datasets/a.h5/new/data", {"shape": [3]}).status_code == 200
    assert server.json("/v1/values/a.h5/new/data") == [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 7, "y": 8}]
    with opened(server.root / "a.h5") as file:
        kind = file["new/data"].id.get_type()
        assert kind.committed() and same_type(file, kind, "types/point")
        assert file["new/data"][()].tolist() == [(1, 2), (3, 4), (7, 8)]


def test_attributes_are_made_of_a_committed_datatype(server):
    kind = json.dumps({"committed": "/types/color"})
    answer = server.put("/v1/attributes/a.h5/points", ["RED", 2], {"name": "c", "datatype": kind})
    assert answer.status_code == 201, answer.text
    assert answer.json()["committedDatatype"] == "/types/color"
    for value in ([2, 0], ["BLUE", "BLUE"]):
        assert server.patch("/v1/attributes/a.h5/points", value, {"name": "c"}).status_code == 200
        with opened(server.root / "a.h5") as file:
            made = h5py.h5a.open(file["points"].id, b"c").get_type()
            assert made.committed() and same_type(file, made, "types/color")
    with opened(server.root / "a.h5") as file:
        assert file["points"].attrs["c"].tolist() == [2, 2]


@pytest.mark.parametrize("kind, code, words", [
    ({"committed": "/none"}, "not_found", ["/none"]), ({"committed": "/points"}, "wrong_kind", ["/points"]),
    ({"committed": 5}, "invalid", ["path"]), ({"committed": "/types/point", "class": "x"}, "invalid", ["path"])])
def test_committed_datatype_that_is_none(server, kind, code, words):
    before = state_of(server.root / "a.h5")
    check_error(server, server.put("/v1/datasets/a.h5/new", {"shape": [2], "datatype": kind}), code, *words)
    answer = server.put("/v1/attributes/a.h5/points", 1, {"name": "c", "datatype": json.dumps(kind)})
    check_error(server, answer, code, *words)
    assert state_of(server.root / "a.h5") == before


def test_committed_datatype_behind_an_external_link(server):
    with create(server.root / "b.h5", "earliest") as file:
        file["out"] = h5py.ExternalLink("a.h5", "/types")
    answer = server.put("/v1/datasets/b.h5/new", {"shape": [2], "datatype": {"committed": "/out/point"}})
    check_error(server, answer, "unsupported", "/out")
    # Through the same link a dataset is made beside its type.
    answer = server.put("/v1/datasets/b.h5/out/new", {"shape": [2], "datatype": {"committed": "/out/point"}})
    assert answer.status_code == 201, answer.text
    with opened(server.root / "a.h5") as file:
        assert same_type(file, file["types/new"].id.get_type(), "types/point")


@pytest.mark.parametrize("name", ["text", "number"])
def test_require_by_a_committed_datatype(server, name):
    body = {"shape": [2], "datatype": {"committed": f"/{name}"}}
    assert server.put("/v1/datasets/a.h5/r?require=true", body).status_code == 201
    assert server.put("/v1/datasets/a.h5/r?require=true&exact=true", body).status_code == 200
