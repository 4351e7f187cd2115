"""Values of datasets: what the service says is what h5py reads, as JSON and as bytes."""

import h5py
import hdf5plugin  # noqa: F401, registers the filters that h5py reads the expectations with
import numpy as np
import pytest

import cases
import wire

SELECTIONS = (
    "0", "-1", "1:4", "::2", "1:5:3,2", "...,3", "2,...", ":,:", "0:0", "3:1", "3:100", "-3:-1,::3", "-100:2", "4:5,0",
    "1,2", "-5,-7", "...", "1:3,...,::2", ":,1:7:5", "100:", ",".join(["0:2"] * 2), "::100,::4", "1,...,2:4", "-2:,-2:")


def read(root, file, path, selection=""):
    """h5py's array of a selection of a dataset, and the dataset's type."""
    with h5py.File(root / file, "r") as opened:
        dataset = opened[path]
        value, kind = dataset[()], wire.describe(dataset.id.get_type())
    if selection and isinstance(value, np.ndarray):
        value = value[eval(f"numpy.s_[{selection}]", {"numpy": np})]
    return value, kind


def check(server, file, path, selection="", **options):
    value, kind = read(server.root, file, path, selection)
    query = {"select": selection} if selection else {}
    target = f"/v1/values/{file}/{path}"
    answer = server.get(target, query | options, accept="application/json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    wire.check_json(wire.parse(answer.content), value, kind)
    octets = server.get(target, query | options, accept="application/octet-stream")
    assert octets.status_code == 200, octets.text
    wire.check_octets(octets, value, kind)


# Each dataset is read whole and by one of the selections, in turn.
LAYOUT_CASES = [
    (file, f"layouts/{name}/{layout}")
    for file in ("values-earliest.h5", "values-v110.h5")
    for name in cases.TYPES
    for layout in cases.LAYOUTS]
TURNS = [(file, path, SELECTIONS[number % len(SELECTIONS)]) for number, (file, path) in enumerate(LAYOUT_CASES)]


@pytest.mark.parametrize("file, path, selection", TURNS)
def test_values_equal_h5pys_for_every_datatype_and_layout(server, file, path, selection):
    check(server, file, path)
    check(server, file, path, selection)


@pytest.mark.parametrize("file", ["values-earliest.h5", "values-v110.h5"])
@pytest.mark.parametrize(
    "path", [f"filters/{name}/{kind}" for name, (_, kinds) in cases.FILTERS.items() for kind in kinds])
def test_values_equal_h5pys_through_every_filter(server, file, path):
    check(server, file, path)
    check(server, file, path, "3:30:2,-9:")


@pytest.mark.parametrize("path", ["layouts/i4be/contiguous", "layouts/with_vlen/chunked", "filters/all_three/padded"])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_values_equal_h5pys_for_every_selection(server, path, selection):
    check(server, "values-v110.h5", path, selection)


@pytest.mark.parametrize("file", ["values-earliest.h5", "values-v110.h5", "values-userblock.h5", "values-paged.h5"])
@pytest.mark.parametrize("name", cases.SHAPES)
def test_values_equal_h5pys_for_every_shape(server, file, name):
    check(server, file, f"shapes/{name}")


@pytest.mark.parametrize("file", ["values-userblock.h5", "values-paged.h5"])
@pytest.mark.parametrize("path", ["layouts/f8be/contiguous", "filters/gzip/i4be", "layouts/nested_vlen/unlimited"])
def test_values_equal_h5pys_in_unusual_files(server, file, path):
    check(server, file, path, "1:4")


@pytest.mark.parametrize("selection", ["0,1,2,0,1", "...,0", ":,::2,1,...", "1:,:,-2:,0:1,::1", "0,...,1"])
def test_values_equal_h5pys_in_five_dimensions(server, selection):
    check(server, "values-v110.h5", "shapes/five", selection)


@pytest.mark.parametrize("selection", ["", "..."])
def test_values_equal_h5pys_for_a_scalar(server, selection):
    check(server, "values-v110.h5", "shapes/scalar", selection)


def test_values_areNull_forANullDataspace(server):
    answer = server.get("/v1/values/null.h5/null", accept="application/json")
    assert (answer.status_code, answer.json()) == (200, None)


# Options


@pytest.mark.parametrize("nan", ["string", "null", "literal"])
@pytest.mark.parametrize("name", ["f2le", "f4be", "f8le", "c8be", "c16le", "nested"])
def test_values_write_what_is_no_number_as_asked(server, name, nan):
    value, kind = read(server.root, "values-v110.h5", f"layouts/{name}/chunked")
    answer = server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", {"nan": nan})
    wire.check_json(wire.parse(answer.content), value, kind, nan=nan)


@pytest.mark.parametrize("name", ["i8le", "i8be", "u8le", "u8be", "i4le", "mixed", "enum_i8"])
def test_values_write_64_bit_integers_as_strings_when_asked(server, name):
    value, kind = read(server.root, "values-v110.h5", f"layouts/{name}/chunked")
    answer = server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", {"int64": "string"})
    wire.check_json(wire.parse(answer.content), value, kind, int64="string")


@pytest.mark.parametrize("name", ["compound", "padded", "mixed", "with_vlen", "nested", "nested_vlen"])
def test_values_write_rows_as_arrays_when_asked(server, name):
    value, kind = read(server.root, "values-v110.h5", f"layouts/{name}/contiguous")
    answer = server.get(f"/v1/values/values-v110.h5/layouts/{name}/contiguous", {"rows": "array"})
    wire.check_json(wire.parse(answer.content), value, kind, rows="array")


@pytest.mark.parametrize("name", ["compound", "padded", "mixed", "with_vlen"])
def test_values_write_columns_when_asked(server, name):
    value, kind = read(server.root, "values-v110.h5", f"layouts/{name}/contiguous")
    got = wire.parse(server.get(f"/v1/values/values-v110.h5/layouts/{name}/contiguous", {"rows": "columns"}).content)
    assert list(got) == [field["name"] for field in kind["fields"]]
    for field in kind["fields"]:
        wire.check_json(got[field["name"]], value[field["name"]], field["type"])


@pytest.mark.parametrize("order, code", [("little", "LE"), ("big", "BE")])
@pytest.mark.parametrize(
    "name", ["i1le", "i2le", "i4be", "u8le", "f2be", "f4le", "f8be", "c8le", "c16be", "bool", "enum_i2", "mixed",
             "padded", "nested_vlen", "ascii_null", "utf8_vlen"])
def test_octets_are_in_the_byte_order_that_was_asked_for(server, name, order, code):
    value, kind = read(server.root, "values-v110.h5", f"layouts/{name}/contiguous")
    answer = server.get(
        f"/v1/values/values-v110.h5/layouts/{name}/contiguous", {"order": order}, accept="application/octet-stream")
    wire.check_octets(answer, value, kind, order=code)


@pytest.mark.parametrize("format, media", [("json", "application/json"), ("octet-stream", "application/octet-stream")])
def test_format_overrides_the_accept_field(server, format, media):
    answer = server.get("/v1/values/small.h5/counts", {"format": format}, accept="text/csv")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, media)


FIELDS = [["a"], ["c", "a"], ["b", "c", "a"]]


@pytest.mark.parametrize("names", FIELDS, ids="-".join)
@pytest.mark.parametrize("path", ["layouts/compound/contiguous", "layouts/padded/chunked", "filters/gzip/padded"])
def test_fields_are_packed_in_the_order_they_were_named(server, path, names):
    value, kind = read(server.root, "values-v110.h5", path, "1:3")
    fields = {field["name"]: field for field in kind["fields"]}
    chosen = {"class": "H5T_COMPOUND", "fields": [fields[name] for name in names]}
    query = [("field", name) for name in names] + [("select", "1:3")]
    octets = server.get(f"/v1/values/values-v110.h5/{path}", query, accept="application/octet-stream")
    wire.check_octets(octets, value[names], chosen)
    wire.check_json(wire.parse(server.get(f"/v1/values/values-v110.h5/{path}", query).content), value[names], chosen)


def test_fields_of_a_row_with_strings_leave_the_others_out(server):
    value, kind = read(server.root, "values-v110.h5", "layouts/with_vlen/chunked")
    chosen = {"class": "H5T_COMPOUND", "fields": [kind["fields"][2], kind["fields"][0]]}
    answer = server.get(
        "/v1/values/values-v110.h5/layouts/with_vlen/chunked", [("field", "t"), ("field", "n")],
        accept="application/octet-stream")
    wire.check_octets(answer, value[["t", "n"]], chosen)


@pytest.mark.parametrize("target", ["small.h5/counts", "small.h5%2Fcounts", "?file=small.h5&path=counts"])
def test_file_and_path_may_stand_in_the_path_or_in_the_query(server, target):
    target = target if target.startswith("?") else "/" + target
    assert server.json(f"/v1/values{target}") == list(range(10))
