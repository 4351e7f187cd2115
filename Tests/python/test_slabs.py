"""Answers that are made in many slabs: the same as in one, plain and compressed."""

import gzip
import json

import h5py
import numpy as np
import pytest

import cases
import support
import test_values
import wire
from cases import create


@pytest.fixture(scope="module")
def tiny_server(root, tmp_path_factory):
    """A server whose slabs hold a few elements."""
    running = support.Server(root, tmp_path_factory.mktemp("tiny") / "state", "--workers", 2, "--slab-size", 200)
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture(scope="module")
def big_root(tmp_path_factory):
    """Datasets of some megabytes."""
    root = tmp_path_factory.mktemp("big")
    rng = np.random.default_rng(11)
    with create(root / "big.h5", "v110") as file:
        file["plain"] = rng.standard_normal((700, 301))
        file.create_dataset("zipped", data=rng.integers(-9999, 9999, (700, 301), "<i4"), chunks=(64, 50), compression=1)
        cube = rng.standard_normal((40, 70, 60)).astype(">f4")
        file.create_dataset("big_endian", data=cube, chunks=True, shuffle=True)
        file["text"] = np.array([f"row {n} " + "ü" * (n % 50) for n in range(30_000)], h5py.string_dtype())
        rows = np.zeros(30_000, [("n", "<i4"), ("x", "<f8"), ("s", "S7")])
        rows["n"], rows["x"] = np.arange(30_000), rng.standard_normal(30_000)
        rows["s"] = np.array([f"s{n}" for n in range(30_000)], "S7")
        file.create_dataset("rows", data=rows, chunks=(1000,), compression=1)
        file["one_long_row"] = rng.integers(0, 255, (1, 2_000_000), "u1")
        file["thin"] = np.arange(200_000, dtype="<i8").reshape(200_000, 1)
    return root


@pytest.fixture(scope="module", params=["--slab-size=65536", "--slab-size=1000003"])
def big_server(request, big_root, tmp_path_factory):
    running = support.Server(big_root, tmp_path_factory.mktemp("big-state") / "state", "--workers", 2, request.param)
    yield running
    assert running.stop() == 0, running.log()


BIG = [
    ("plain", ""), ("plain", "3:690:7,::2"), ("plain", ":,150"), ("plain", "650"), ("zipped", ""),
    ("zipped", "1:-1,1:-1"), ("zipped", "::3,5:300:5"), ("big_endian", ""), ("big_endian", "...,7"),
    ("big_endian", "::2,3:60,::3"), ("text", ""), ("text", "100:29999:3"), ("rows", ""), ("rows", "17::2"),
    ("one_long_row", ""), ("one_long_row", "0,5:"), ("thin", ""), ("thin", "::2,0")]


def expected(server, name, selection):
    with h5py.File(server.root / "big.h5", "r") as file:
        value, kind = file[name][()], wire.describe(file[name].id.get_type())
    return (value[eval(f"numpy.s_[{selection}]", {"numpy": np})] if selection else value), kind


def plain_json(value):
    if value.dtype.names:
        names = value.dtype.names
        return [dict(zip(names, (f.decode() if isinstance(f, bytes) else f for f in row))) for row in value.tolist()]
    if value.dtype.kind == "O":
        return [text.decode() for text in value]
    return json.loads(json.dumps(value.tolist()))


@pytest.mark.parametrize("name, selection", BIG)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_json_of_many_slabs_equals_h5pys(big_server, name, selection, coding):
    value, _ = expected(big_server, name, selection)
    query = f"?select={selection}" if selection else ""
    answer = big_server.raw(f"/v1/values/big.h5/{name}{query}", fields=[f"Accept-Encoding: {coding}"])
    assert answer.status_code == 200
    text = gzip.decompress(answer.content) if coding == "gzip" else answer.content
    assert answer.headers.get("Content-Encoding") == (coding if coding == "gzip" else None)
    got = json.loads(text)
    if value.dtype.kind == "f":
        got = np.array(got).astype(value.dtype)
        assert got.shape == value.shape and np.array_equal(got, value)
    else:
        assert got == plain_json(value)


@pytest.mark.parametrize("name, selection", BIG)
def test_octets_of_many_slabs_equal_h5pys(big_server, name, selection):
    value, kind = expected(big_server, name, selection)
    query = {"select": selection} if selection else {}
    answer = big_server.get(f"/v1/values/big.h5/{name}", query, accept="application/octet-stream")
    assert answer.headers["X-HDF5-Shape"] == ",".join(map(str, value.shape))
    if value.dtype.kind == "O":
        wire.check_octets(answer, value, kind)
    else:
        assert answer.content == value.tobytes()
        assert int(answer.headers["Content-Length"]) == value.nbytes


@pytest.mark.parametrize("order, mark", [("little", "<"), ("big", ">")])
@pytest.mark.parametrize("name", ["plain", "zipped", "big_endian", "thin"])
def test_octets_of_many_slabs_are_in_the_order_asked_for(big_server, name, order, mark):
    value, _ = expected(big_server, name, "")
    answer = big_server.get(f"/v1/values/big.h5/{name}", {"order": order}, accept="application/octet-stream")
    assert answer.content == value.astype(value.dtype.newbyteorder(mark)).tobytes()


def test_columns_of_many_slabs_equal_h5pys(big_server):
    value, _ = expected(big_server, "rows", "")
    got = big_server.json("/v1/values/big.h5/rows", {"rows": "columns"})
    assert got["n"] == value["n"].tolist() and got["x"] == value["x"].tolist()
    assert got["s"] == [text.decode() for text in value["s"]]


@pytest.mark.parametrize("fields", [["s"], ["x", "n"]])
def test_fields_of_many_slabs_equal_h5pys(big_server, fields):
    value, kind = expected(big_server, "rows", "5:")
    by_name = {field["name"]: field for field in kind["fields"]}
    answer = big_server.get(
        "/v1/values/big.h5/rows", [("select", "5:"), *(("field", name) for name in fields)],
        accept="application/octet-stream")
    chosen = {"class": "H5T_COMPOUND", "fields": [by_name[name] for name in fields]}
    wire.check_octets(answer, value[fields], chosen)


@pytest.mark.parametrize("path", [
    *(f"layouts/{name}/{layout}" for name in cases.TYPES for layout in ("contiguous", "unlimited")),
    *(f"filters/all_three/{kind}" for kind in cases.FILTERS["all_three"][1]),
    *(f"shapes/{name}" for name in cases.SHAPES)])
def test_values_in_tiny_slabs_equal_h5pys(tiny_server, path):
    test_values.check(tiny_server, "values-v110.h5", path)


@pytest.mark.parametrize("selection", test_values.SELECTIONS)
@pytest.mark.parametrize("path", ["filters/gzip/i4be", "filters/gzip/with_vlen", "layouts/nested_vlen/chunked"])
def test_selections_in_tiny_slabs_equal_h5pys(tiny_server, path, selection):
    test_values.check(tiny_server, "values-v110.h5", path, selection)
    target = f"/v1/values/values-v110.h5/{path}?select={selection}"
    answer = tiny_server.raw(target, fields=["Accept-Encoding: gzip"])
    body = gzip.decompress(answer.content) if "Content-Encoding" in answer.headers else answer.content
    assert body == tiny_server.raw(target).content


@pytest.mark.parametrize("form", ["npy", "csv", "png"])
@pytest.mark.parametrize("path", [
    "layouts/i4be/chunked", "layouts/f8le/contiguous", "layouts/bool/unlimited", "filters/gzip/i4be", "shapes/holes",
    "shapes/wide", "layouts/nested/chunked?select=:,2", "filters/gzip/ascii_null"])
def test_other_forms_in_tiny_slabs_are_those_of_one(tiny_server, server, path, form):
    target = f"/v1/values/values-v110.h5/{path}{'&' if '?' in path else '?'}format={form}"
    whole, cut = server.get(target), tiny_server.get(target)
    assert (cut.status_code, whole.status_code) in ((200, 200), (406, 406))
    if whole.status_code == 200:
        assert cut.content == whole.content


def test_large_attribute_is_whole_in_tiny_slabs(tiny_server):
    assert tiny_server.json("/v1/attributes/attributes-v110.h5/dense", {"name": "big"}) == list(range(20_000))


def test_tree_is_whole_in_tiny_slabs(tiny_server, server):
    target = "/v1/tree/many-v110.h5"
    assert tiny_server.get(target).content == server.get(target).content
