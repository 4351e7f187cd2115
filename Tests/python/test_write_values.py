"""Values that are written over HTTP are what h5py then reads, whatever their datatype, layout, selection and form."""

import shutil
import subprocess
import sys

import h5py
import hdf5plugin  # noqa: F401, registers the filters that h5py reads with
import netCDF4
import numpy as np
import pytest

import bodies
import cases
from cases import create
from support import check_error
from test_values import SELECTIONS, TURNS
from written import dumped, index, opened, state_of, stored


def target(file, path):
    return f"/v1/values/{file}/{path}"


def put(server, file, path, body, query=None, **headers):
    """A write that must succeed."""
    answer = server.put(target(file, path), body, query, **headers)
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    assert answer.headers["ETag"]


def reversed_order(value):
    """Other elements of the same type and shape."""
    return value[(slice(None, None, -1),) * value.ndim] if isinstance(value, np.ndarray) else value


def check(server, file, path, expected, exact=False):
    got, kind = stored(server.root / file, path)
    assert bodies.same_values(got, expected, kind, exact)


def assigned(value, selection, part):
    """What NumPy makes of `value[selection] = part`."""
    value = value.copy()
    value[index(selection)] = part
    return value


# Every datatype, layout and selection


@pytest.mark.parametrize("file, path, selection", TURNS)
def test_values_are_written_for_every_datatype_and_layout(write_server, file, path, selection):
    value, kind = stored(write_server.root / file, path)
    other = reversed_order(value)
    put(write_server, file, path, bodies.to_json(other, kind))
    check(write_server, file, path, other)
    query = {"select": selection} if selection else {}
    put(write_server, file, path, bodies.to_octets(value[index(selection)], kind), query)
    check(write_server, file, path, assigned(other, selection, value[index(selection)]))


@pytest.mark.parametrize("name", cases.TYPES)
def test_octets_keep_every_bit(write_server, name):
    path = f"layouts/{name}/chunked"
    value, kind = stored(write_server.root / "values-userblock.h5", path)
    put(write_server, "values-userblock.h5", path, bodies.to_octets(reversed_order(value), kind))
    check(write_server, "values-userblock.h5", path, reversed_order(value), exact=True)


@pytest.mark.parametrize("path", ["layouts/i4be/compact", "layouts/with_vlen/unlimited", "filters/all_three/padded"])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_values_are_written_to_every_selection(write_server, path, selection):
    value, kind = stored(write_server.root / "values-paged.h5", path)
    part = reversed_order(value)[index(selection)]
    put(write_server, "values-paged.h5", path, bodies.to_json(part, kind), {"select": selection})
    check(write_server, "values-paged.h5", path, assigned(value, selection, part))


SURE = ("gzip", "shuffle", "shuffle_gzip", "fletcher32", "all_three", "checked_first", "scaleoffset", "nbit")


@pytest.mark.parametrize("file", ["values-earliest.h5", "values-v110.h5"])
@pytest.mark.parametrize(
    "filter_name, kind", [(name, kind) for name, (_, kinds) in cases.FILTERS.items() for kind in kinds])
def test_values_are_written_through_every_filter_or_refused(write_server, file, filter_name, kind):
    path = f"filters/{filter_name}/{kind}"
    value, described = stored(write_server.root / file, path)
    before = state_of(write_server.root / file)
    octets = bodies.to_octets(reversed_order(value), described)
    answer = write_server.put(target(file, path), octets)
    if answer.status_code == 422 and filter_name not in SURE:
        check_error(write_server, answer, "unsupported")
        assert state_of(write_server.root / file) == before
        return
    assert answer.status_code == 204, answer.text
    check(write_server, file, path, reversed_order(value))
    put(write_server, file, path, bodies.to_octets(value[3:30:2, -9:], described), {"select": "3:30:2,-9:"})
    check(write_server, file, path, assigned(reversed_order(value), "3:30:2,-9:", value[3:30:2, -9:]))


@pytest.mark.parametrize("file", ["values-earliest.h5", "values-v110.h5", "values-userblock.h5", "values-paged.h5"])
@pytest.mark.parametrize("name", [name for name in cases.SHAPES if name not in ("narrow", "scalar_text", "unset_text")])
def test_values_are_written_to_every_shape(write_server, file, name):
    path = f"shapes/{name}"
    value, kind = stored(write_server.root / file, path)
    other = np.asarray(np.asarray(value) * 0 + np.arange(np.size(value)).reshape(np.shape(value)) % 100, kind_of(value))
    put(write_server, file, path, bodies.to_json(other, kind))
    check(write_server, file, path, other)
    put(write_server, file, path, bodies.to_octets(np.asarray(value), kind))
    check(write_server, file, path, value)


def kind_of(value):
    return np.asarray(value).dtype


@pytest.mark.parametrize("name, value", [
    ("scalar_text", "Ünï"), ("scalar_text", ""), ("unset_text", ["a", "", "\U0001f600"]), ("unset_text", "same")])
def test_text_is_written_to_scalars_and_to_storage_never_written(write_server, name, value):
    put(write_server, "values-v110.h5", f"shapes/{name}", value)
    got, _ = stored(write_server.root / "values-v110.h5", f"shapes/{name}")
    assert np.all(np.char.decode(np.asarray(got, "S")) == np.asarray(value))


@pytest.mark.parametrize("selection, value", [("0:2", [1.5, -2]), ("-1", 7), ("3:100", 2), ("...", 0.25)])
def test_part_of_a_dataset_never_written_leaves_the_rest_as_fill_values(write_server, selection, value):
    write_server.put("/v1/datasets/small.h5/part", {"shape": [6], "datatype": "<f8", "fillvalue": -1, "chunks": [4]})
    put(write_server, "small.h5", "part", value, {"select": selection})
    check(write_server, "small.h5", "part", assigned(np.full(6, -1.0), selection, value))
    assert write_server.delete("/v1/datasets/small.h5/part").status_code == 204


@pytest.mark.parametrize("selection, shape", [
    ("", ()), ("", (1,)), ("", (7,)), ("", (5, 1)), ("", (1, 7)), ("", (1, 1)), ("1:3", ()), ("1:3", (7,)),
    ("1:3,2:4", (2, 1)), ("0", (1,)), ("0", (7,)), (":,3", (1,)), ("::2,...", (3, 1)), ("2:3", (7,))])
@pytest.mark.parametrize("name", ["i4be", "compound", "utf8_vlen", "bool", "c8be"])
def test_values_are_broadcast_as_numpy_does(write_server, name, selection, shape):
    path = f"layouts/{name}/chunked"
    value, kind = stored(write_server.root / "values-earliest.h5", path)
    part = value.ravel()[: int(np.prod(shape))].reshape(shape) if shape else value[2, 3]
    query = {"select": selection} if selection else {}
    put(write_server, "values-earliest.h5", path, bodies.to_json(part, kind), query)
    check(write_server, "values-earliest.h5", path, assigned(value, selection, part))


# Forms


@pytest.mark.parametrize("order, code", [("little", "LE"), ("big", "BE")])
@pytest.mark.parametrize(
    "name", ["i1le", "i2le", "i4be", "u8le", "f2be", "f4le", "f8be", "c8le", "c16be", "bool", "enum_i2", "mixed",
             "padded", "nested_vlen", "ascii_null", "utf8_vlen"])
def test_octets_are_taken_in_the_byte_order_that_was_said(write_server, name, order, code):
    path = f"layouts/{name}/contiguous"
    value, kind = stored(write_server.root / "values-userblock.h5", path)
    octets = bodies.to_octets(reversed_order(value), kind, code)
    put(write_server, "values-userblock.h5", path, octets, {"order": order})
    check(write_server, "values-userblock.h5", path, reversed_order(value), exact=True)


@pytest.mark.parametrize("name", ["compound", "padded", "mixed", "with_vlen", "nested", "nested_vlen"])
def test_rows_may_be_arrays(write_server, name):
    path = f"layouts/{name}/extendible"
    value, kind = stored(write_server.root / "values-paged.h5", path)
    put(write_server, "values-paged.h5", path, bodies.to_json(reversed_order(value), kind, rows="array"))
    check(write_server, "values-paged.h5", path, reversed_order(value))


@pytest.mark.parametrize("name", ["i8be", "f4le", "mixed", "nested_vlen", "utf8_space", "c16le"])
def test_what_a_reader_was_given_is_taken_back(write_server, name):
    path = f"layouts/{name}/compact"
    value, _ = stored(write_server.root / "values-paged.h5", path)
    for accept in ("application/json", "application/octet-stream"):
        told = write_server.get(target("values-paged.h5", path), accept=accept).content
        put(write_server, "values-paged.h5", path, told, content_type=accept)
        check(write_server, "values-paged.h5", path, value)


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "Application/JSON", "application/x-www-form-urlencoded"])
def test_json_goes_by_several_names(write_server, media):
    put(write_server, "small.h5", "counts", list(range(10)), content_type=media)


FIELDS = [["a"], ["c", "a"], ["b", "c", "a"]]


@pytest.mark.parametrize("names", FIELDS, ids="-".join)
@pytest.mark.parametrize("path", ["layouts/compound/contiguous", "layouts/padded/chunked", "filters/gzip/padded"])
def test_fields_are_written_alone(write_server, path, names):
    value, kind = stored(write_server.root / "values-v110.h5", path)
    query = [("field", name) for name in names] + [("select", "1:3")]
    chosen, part = bodies.fields_of(kind, names), reversed_order(value)[1:3][names]
    rows = bodies.to_json(part, chosen, rows="array")
    for body in (bodies.to_json(part, chosen), rows, bodies.to_octets(part, chosen)):
        put(write_server, "values-v110.h5", path, bodies.to_octets(value, kind))
        put(write_server, "values-v110.h5", path, body, query)
        expected = value.copy()
        for name in names:
            expected[name][1:3] = part[name]
        check(write_server, "values-v110.h5", path, expected)


@pytest.mark.parametrize("select, part", [("", [[4] * 7] * 5), ("", 4), ("2", [1, 2, 3, 4, 5, 6, 7]), ("0,0", 9)])
def test_one_field_takes_bare_values(write_server, select, part):
    value, _ = stored(write_server.root / "values-v110.h5", "layouts/padded/unlimited")
    query = {"field": "a"} | ({"select": select} if select else {})
    put(write_server, "values-v110.h5", "layouts/padded/unlimited", part, query)
    value["a"] = assigned(value["a"], select, part)
    check(write_server, "values-v110.h5", "layouts/padded/unlimited", value)


def test_fields_of_a_row_with_strings_leave_the_others_as_they_are(write_server):
    path = "layouts/with_vlen/contiguous"
    value, kind = stored(write_server.root / "values-v110.h5", path)
    chosen, part = bodies.fields_of(kind, ["t", "n"]), reversed_order(value)[["t", "n"]]
    put(write_server, "values-v110.h5", path, bodies.to_octets(part, chosen), [("field", "t"), ("field", "n")])
    expected = value.copy()
    expected["t"], expected["n"] = part["t"], part["n"]
    check(write_server, "values-v110.h5", path, expected)


@pytest.mark.parametrize("name, body, expected", [
    ("i8be", -(2**63), -(2**63)), ("u8le", 2**64 - 1, 2**64 - 1), ("f8le", 5e-324, 5e-324), ("f8be", -0.0, -0.0),
    ("f8le", 1.7976931348623157e308, 1.7976931348623157e308), ("f4le", 0.1, np.float32(0.1)), ("f4be", 3, 3),
    ("f2le", 65504, 65504), ("f8le", 2**53, 2**53), ("f4le", None, np.nan), ("f8be", "NaN", np.nan),
    ("f2be", "-Infinity", -np.inf), ("bool", 1, True), ("bool", 0, False), ("enum_i4", "BLUE", 42),
    ("enum_i2", 1, 1), ("c8le", [1.5, -2], 1.5 - 2j), ("c16be", [0, "Infinity"], complex(0, np.inf)),
    ("ascii_null", "abc", b"abc"), ("utf8_null", "é", "é".encode()), ("utf8_vlen", "\u00e9", "é".encode()),
    ("utf8_vlen", {"base64": "/w=="}, b"\xff"), ("ascii_vlen", "", b"")])
def test_one_element_is_written_as_it_is_said(write_server, name, body, expected):
    path = f"layouts/{name}/chunked"
    put(write_server, "values-paged.h5", path, body, {"select": "1,2"})
    value, kind = stored(write_server.root / "values-paged.h5", path)
    assert bodies.same_values(value[1, 2], value.dtype.type(expected) if value.dtype.kind != "O" else expected, kind)


# What is refused

REFUSED = [
    *[("i1le", body, ["128"]) for body in (128, [[128] * 7] * 5)], ("i1le", -129, ["-129"]),
    ("u1le", -1, ["-1"]), ("u1le", 256, ["256"]), ("u8le", 2**64, [str(2**64)]), ("u8le", -1, []),
    ("i8le", 2**63, [str(2**63)]), ("i8le", -(2**63) - 1, []), ("i8le", 10**40, []), ("i4be", 1.5, ["1.5"]),
    ("i4be", "x", []), ("i4be", "NaN", []), ("i4be", None, []), ("i4be", {"a": 1}, []),
    ("i4be", [1, None] + [2] * 5, []),
    ("f4le", "x", []), ("f4le", "nan", []), ("f4le", {}, []), ("f4le", [[1, 2, 3, 4, 5, 6, "7"]], []),
    ("bool", 2, []), ("bool", -1, []), ("bool", "yes", []), ("bool", None, []), ("bool", 0.5, []),
    ("enum_i4", "PURPLE", ["PURPLE"]), ("enum_i4", 1.5, []), ("enum_u1", 256, ["256"]), ("enum_i4", None, []),
    ("c8le", [[[1] * 7] * 5], []), ("c8le", [1, 2, 3], []), ("c8le", ["x", 1], []), ("c8le", "1+2j", []),
    ("ascii_null", "é", ["ASCII"]), ("ascii_vlen", "é", ["ASCII"]), ("ascii_null", "123456", ["5"]),
    ("utf8_null", "éééé", ["6"]), ("ascii_null", 5, []), ("ascii_null", None, []), ("utf8_vlen", 5, []),
    ("utf8_vlen", "a\0b", ["NUL"]), ("ascii_term", "a\0", ["NUL"]), ("utf8_vlen", {"base64": "!"}, []),
    ("utf8_vlen", {"base64": "AGE="}, []), ("utf8_vlen", {"base": "AA=="}, []), ("utf8_vlen", True, []),
    ("compound", {"a": 1, "b": 2}, ["c"]), ("compound", {"a": 1, "b": 2, "c": 3, "d": 4}, ["d"]),
    ("compound", [1, 2], []), ("compound", {"a": 1, "b": 2, "c": 70000}, ["70000"]), ("compound", 1, []),
    ("compound", {"a": 1, "b": "x", "c": 3}, []), ("nested", {"in": {"a": 1}, "é": 1.5}, [])]


@pytest.mark.parametrize("name, body, words", REFUSED, ids=lambda part: repr(part)[:40])
def test_value_that_does_not_fit_its_type_is_refused(write_server, name, body, words):
    before = state_of(write_server.root / "values-v110.h5")
    answer = write_server.put(target("values-v110.h5", f"layouts/{name}/chunked"), body)
    check_error(write_server, answer, "invalid", *words)
    assert state_of(write_server.root / "values-v110.h5") == before


@pytest.mark.parametrize("selection, shape, words", [
    ("", (6,), ["6", "5"]), ("", (5,), ["5", "7"]), ("", (7, 5), ["7", "5"]), ("", (2, 7), ["2", "7"]),
    ("1:3", (3, 7), ["3", "2"]), ("0,0", (2,), []), ("0", (5, 7), []), (":,3", (7,), ["7", "5"]), ("", (0,), ["0"]),
    ("", (5, 7, 1), []), ("", (5, 7, 2), [])])
def test_value_of_another_shape_is_refused(write_server, selection, shape, words):
    before = state_of(write_server.root / "values-v110.h5")
    query = {"select": selection} if selection else {}
    answer = write_server.put(target("values-v110.h5", "layouts/i4be/chunked"), np.zeros(shape, int).tolist(), query)
    check_error(write_server, answer, "invalid", *words)
    assert state_of(write_server.root / "values-v110.h5") == before


@pytest.mark.parametrize("body", [
    b"", b" ", b"[1,2", b"1 2", b"[1,]", b"[,1]", b"{", b"nul", b"\xff", b'"\xff"', b'"\\ud800"', b"01", b"+1", b"1.",
    b".5", b"[" * 65 + b"1" + b"]" * 65, b"[" * 100_000, b"[[1,2],[3]]", b"[1,[2]]", b"\xef\xbb\xbf1x", b"1//", b"'1'",
    b"0x1"],
    ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("name", ["i4be", "utf8_vlen"])
def test_json_that_is_none_is_refused(write_server, name, body):
    before = state_of(write_server.root / "values-v110.h5")
    path = target("values-v110.h5", f"layouts/{name}/chunked")
    check_error(write_server, write_server.put(path, body, content_type="application/json"), "invalid")
    assert state_of(write_server.root / "values-v110.h5") == before


@pytest.mark.parametrize("name, size", [
    ("i4be", 0), ("i4be", 4 * 35 - 1), ("i4be", 4 * 35 + 1), ("i4be", 4), ("i1le", 36), ("padded", 17 * 35),
    ("ascii_null", 35), ("utf8_vlen", 0), ("utf8_vlen", 3), ("utf8_vlen", 4 * 35 + 1), ("with_vlen", 12 * 35 - 1)])
def test_octets_of_another_length_are_refused(write_server, name, size):
    before = state_of(write_server.root / "values-v110.h5")
    answer = write_server.put(target("values-v110.h5", f"layouts/{name}/chunked"), b"\0" * size)
    check_error(write_server, answer, "invalid")
    assert state_of(write_server.root / "values-v110.h5") == before


@pytest.mark.parametrize("octets", [
    b"\xff\xff\xff\xff" + b"\0" * 136, b"\xff\xff\xff\x7f" + b"\0" * 136, b"\x01\0\0\0\0" + b"\0" * 136,
    b"\x05\0\0\0ab" + b"\0" * 136], ids=["negative", "too long", "NUL", "cut"])
def test_octets_of_strings_with_wrong_counts_are_refused(write_server, octets):
    before = state_of(write_server.root / "values-v110.h5")
    answer = write_server.put(target("values-v110.h5", "layouts/utf8_vlen/chunked"), octets)
    check_error(write_server, answer, "invalid")
    assert state_of(write_server.root / "values-v110.h5") == before


@pytest.mark.parametrize("name", ["time", "outside"])
@pytest.mark.parametrize("body", [0, b"\0" * 16])
def test_datatypes_that_are_not_served_are_not_written(write_server, name, body):
    before = state_of(write_server.root / "datasets.h5")
    answer = write_server.put(target("datasets.h5", f"refused/{name}"), body)
    check_error(write_server, answer, "unsupported")
    assert state_of(write_server.root / "datasets.h5") == before


# Other readers

SAMPLE = [
    ("layouts/i4be/chunked", 3), ("layouts/f8le/unlimited", 0.1), ("layouts/ascii_space/contiguous", "ab"),
    ("layouts/padded/chunked", {"a": 1, "b": 0.5, "c": 3}), ("filters/all_three/f8le", 2.5),
    ("layouts/enum_i4/compact", "GREEN"), ("layouts/utf8_vlen/chunked", "x"), ("layouts/bool/contiguous", True)]


@pytest.mark.parametrize("bounds", cases.BOUNDS)
def test_h5dump_sees_no_difference_to_what_h5py_writes(start_server, tmp_path, bounds):
    (tmp_path / "served").mkdir()
    cases.make_values(tmp_path / "served" / "a.h5", bounds)
    shutil.copy(tmp_path / "served" / "a.h5", tmp_path / "b.h5")
    server = start_server(tmp_path / "served")
    for path, body in SAMPLE:
        put(server, "a.h5", path, body, {"select": "1:4,::2"})
        with h5py.File(tmp_path / "b.h5", "r+") as file:
            value = {"GREEN": 1}.get(body, body) if isinstance(body, str) else body
            file[path][1:4, ::2] = tuple(value.values()) if isinstance(value, dict) else value
        options = ("-p", "-y", "-m", "%.17g", "-d", f"/{path}")
        assert dumped(tmp_path / "served" / "a.h5", *options) == dumped(tmp_path / "b.h5", *options)


def test_netcdf4_reads_what_was_written(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with netCDF4.Dataset(root / "w.nc", "w") as file:
        file.createDimension("time", None)
        file.createDimension("lat", 4)
        file.createVariable("t2", "i2", ("time", "lat"), zlib=True, shuffle=True, fill_value=-1)[:] = np.zeros((3, 4))
        file.createVariable("lat", "f4", ("lat",))[:] = 0
        file.createVariable("names", str, ("lat",))[:] = np.array(["a"] * 4, object)
    server = start_server(root)
    put(server, "w.nc", "t2", [7, -1, 8, 9], {"select": "1"})
    put(server, "w.nc", "lat", np.arange(4, dtype="<f4").tobytes())
    put(server, "w.nc", "names", ["Zürich", "", "Genève", "日本"])
    assert server.patch("/v1/attributes/w.nc/t2?name=_FillValue", [-1]).status_code == 200
    assert server.put("/v1/attributes/w.nc/t2?name=units", "K").status_code == 201
    with netCDF4.Dataset(root / "w.nc") as file:
        assert file["t2"][:].tolist() == [[0] * 4, [7, None, 8, 9], [0] * 4]
        assert file["lat"][:].tolist() == [0, 1, 2, 3]
        assert file["names"][:].tolist() == ["Zürich", "", "Genève", "日本"]
        assert file["t2"].units == "K"


# Size


@pytest.mark.parametrize("form", ["json", "octets"])
@pytest.mark.parametrize(
    "storage", [{}, {"chunks": (1 << 16,), "compression": 1, "shuffle": True}], ids=["plain", "zipped"])
def test_large_values_arrive_whole(start_server, tmp_path, form, storage):
    root, count = tmp_path / "served", 4 << 20 if form == "octets" else 1 << 20
    root.mkdir()
    with create(root / "large.h5", "earliest") as file:
        file.create_dataset("x", (count,), "<i4", **storage)
    server = start_server(root, "--workers", 1)
    value = np.random.default_rng(3).integers(-(2**31), 2**31, count).astype("<i4")
    put(server, "large.h5", "x", value.tobytes() if form == "octets" else value.tolist())
    with opened(root / "large.h5") as file:
        assert np.array_equal(file["x"][()], value)


WAIT_FREE = """
import sys, h5py, requests
url, path = sys.argv[1:]
for number in range(100):
    assert requests.put(url, json=number).status_code == 204
    with h5py.File(path, "r+", locking=True) as file:
        assert file["x"][()] == number
"""


def test_lock_is_free_once_the_write_is_answered(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "a.h5", "earliest") as file:
        file["x"] = 0
    server = start_server(root)
    subprocess.run(
        [sys.executable, "-c", WAIT_FREE, f"{server.url}/v1/values/a.h5/x", root / "a.h5"], check=True, timeout=60)
