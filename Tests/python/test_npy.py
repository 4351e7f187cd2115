"""Values in NumPy's format: `numpy.load` of an answer is what h5py reads."""

import io

import h5py
import numpy as np
import pytest
from numpy.lib import recfunctions

import cases
from support import check_error
from test_every_datatype import make
from test_values import SELECTIONS, read

NPY = "application/x-npy"
VARIABLE = [name for name in cases.TYPES if "vlen" in name]
FIXED = [name for name in cases.TYPES if name not in VARIABLE]


def plain(dtype):
    """A dtype without padding, and without what h5py notes in it."""
    if dtype.subdtype:
        return np.dtype((plain(dtype.subdtype[0]), dtype.shape))
    if dtype.names is None:
        return np.dtype(dtype.str)
    return np.dtype([(name, plain(dtype[name])) for name in dtype.names])


def packed(value, dtype=None):
    """h5py's value; an element by itself has lost the `dtype`."""
    value = np.asarray(value, dtype)
    if value.dtype.names is not None:
        value = recfunctions.repack_fields(value, recurse=True)
    return value.astype(plain(value.dtype))


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def load(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == NPY
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    return np.load(io.BytesIO(answer.content))


def check(server, file, path, selection=""):
    value, _ = read(server.root, file, path, selection)
    with h5py.File(server.root / file, "r") as opened:
        dtype = opened[path].dtype
    answer = server.get(f"/v1/values/{file}/{path}", {"select": selection} if selection else {}, accept=NPY)
    got, expected = load(answer), packed(value, dtype)
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    assert got.tobytes() == expected.tobytes()
    if b"\\" not in answer.content[:400] and "é" not in str(expected.dtype):
        assert answer.content == saved(expected)


CASES = [
    (file, f"layouts/{name}/{layout}", SELECTIONS[number % len(SELECTIONS)])
    for file in ("values-earliest.h5", "values-v110.h5")
    for number, (name, layout) in enumerate((name, layout) for name in FIXED for layout in cases.LAYOUTS)]


@pytest.mark.parametrize("file, path, selection", CASES)
def test_arrays_equal_h5pys_for_every_datatype_and_layout(server, file, path, selection):
    check(server, file, path)
    check(server, file, path, selection)


@pytest.mark.parametrize("path", ["layouts/i4be/contiguous", "layouts/nested/chunked", "layouts/ascii_space/chunked"])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_arrays_equal_h5pys_for_every_selection(server, path, selection):
    check(server, "values-v110.h5", path, selection)


@pytest.mark.parametrize("name", [name for name in cases.SHAPES if "text" not in name])
def test_arrays_equal_h5pys_for_every_shape(server, name):
    check(server, "values-v110.h5", f"shapes/{name}")


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("name", ["i4be", "f8le", "c8be", "mixed"])
def test_arrays_are_in_the_byte_order_that_was_asked_for(server, name, order):
    value, _ = read(server.root, "values-v110.h5", f"layouts/{name}/chunked")
    got = load(server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", {"order": order, "format": "npy"}))
    assert got.dtype == packed(value).dtype.newbyteorder({"little": "<", "big": ">"}[order])
    assert (packed(got.astype(packed(value).dtype)).tobytes() == packed(value).tobytes()) or got.dtype.names


def test_arrays_have_the_fields_that_were_asked_for(server):
    value, _ = read(server.root, "values-v110.h5", "layouts/padded/chunked", "1:3")
    got = load(server.get(
        "/v1/values/values-v110.h5/layouts/padded/chunked",
        [("field", "c"), ("field", "a"), ("select", "1:3"), ("format", "npy")]))
    assert got.dtype == np.dtype([("c", ">u2"), ("a", "i1")])
    assert (got["c"] == value["c"]).all() and (got["a"] == value["a"]).all()


@pytest.mark.parametrize("datatype", ["<f4", ">i8", "u1"])
def test_arrays_are_of_the_numbers_that_were_asked_for(server, datatype):
    got = load(server.get("/v1/values/small.h5/counts", {"datatype": datatype, "format": "npy"}))
    assert got.dtype == np.dtype(datatype) and got.tolist() == list(range(10))


@pytest.mark.parametrize("name", VARIABLE)
def test_values_that_no_dtype_holds_are_not_acceptable(server, name):
    answer = server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", accept=NPY)
    check_error(server, answer, "not_acceptable", "variable-length strings", "NumPy", "application/octet-stream")


@pytest.fixture(scope="module")
def kinds(server):
    make(server.root / "npy-kinds.h5")
    return server


KINDS = ["array", "arrays", "nested", "times", "bytes", "bits", "wide", "extended"]


@pytest.mark.parametrize("name", KINDS)
def test_arrays_equal_h5pys_for_every_other_datatype(kinds, name):
    with h5py.File(kinds.root / "npy-kinds.h5", "r") as file:
        expected = packed(file[name][()])
    got = load(kinds.get(f"/v1/values/npy-kinds.h5/{name}", accept=NPY))
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    if name == "extended":
        assert (got == expected).all()
    else:
        assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name, reason", [
    ("sequence", "lists of variable length"), ("refs", "references"), ("both", "lists of variable length")])
def test_lists_and_references_are_not_acceptable(kinds, name, reason):
    answer = kinds.get(f"/v1/values/npy-kinds.h5/{name}", accept=NPY)
    check_error(kinds, answer, "not_acceptable", reason)


def test_a_null_dataspace_is_no_array(server):
    check_error(server, server.get("/v1/values/null.h5/null", accept=NPY), "not_acceptable", "null dataspace")


def test_points_are_an_array(server):
    answer = server.send("POST", "/v1/values/small.h5/counts", {"points": [7, 2, 7]}, {"format": "npy"})
    assert load(answer).tolist() == [7, 2, 7]


@pytest.mark.parametrize("name", FIXED)
def test_attributes_equal_h5pys(server, name):
    with h5py.File(server.root / "attributes-v110.h5", "r") as file:
        expected = packed(file["g"].attrs[name])
    answer = server.get("/v1/attributes/attributes-v110.h5/g", {"name": name, "format": "npy"})
    got = load(answer)
    assert got.dtype == expected.dtype and got.tobytes() == expected.tobytes()


def test_a_name_to_save_it_under_is_told(server):
    answer = server.get("/v1/values/values-v110.h5/layouts/i4be/chunked", {"format": "npy"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="values-v110-layouts-i4be-chunked.npy"'


def test_head_tells_the_length(server):
    target = "/v1/values/values-v110.h5/filters/gzip/i4be?format=npy"
    got, head = server.get(target), server.request("HEAD", target)
    assert head.headers["Content-Length"] == str(len(got.content)) == got.headers["Content-Length"]
    assert head.headers["ETag"] == got.headers["ETag"]


def test_entity_tags_tell_the_forms_apart(server):
    target = "/v1/values/small.h5/counts"
    tags = {server.get(target, accept=accept).headers["ETag"]
            for accept in ("application/json", "application/octet-stream", NPY, "text/csv", "image/png")}
    assert len(tags) == 5
    tag = server.get(target, accept=NPY).headers["ETag"]
    assert server.get(target, accept=NPY, if_none_match=tag).status_code == 304
    assert server.get(target, accept="text/csv", if_none_match=tag).status_code == 200


@pytest.mark.parametrize("padding", (h5py.h5t.STR_SPACEPAD, h5py.h5t.STR_NULLTERM))
def test_strings_in_arrays_of_rows_are_padded_as_in_numpy(start_server, tmp_path, padding):
    """HDF5 pads strings with blanks too, or ends them with the first NUL; h5py tells NumPy nothing of that."""
    text = h5py.h5t.C_S1.copy()
    text.set_size(3)
    text.set_strpad(padding)
    row = h5py.h5t.create(h5py.h5t.COMPOUND, 4)
    row.insert(b"n", 0, h5py.h5t.STD_U8LE)
    row.insert(b"s", 1, text)
    table = h5py.h5t.create(h5py.h5t.COMPOUND, 9)
    table.insert(b"rows", 0, h5py.h5t.array_create(row, (2,)))
    table.insert(b"last", 8, h5py.h5t.STD_U8LE)
    filler = b" " if padding == h5py.h5t.STR_SPACEPAD else b"\0"
    texts = [b"a", b"bc", b"", b"d"]
    rows = [bytes([number]) + text.ljust(3, filler) for number, text in enumerate(texts)]
    stored = rows[0] + rows[1] + b"\x07" + rows[2] + rows[3] + b"\x08"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = h5py.h5d.create(file.id, b"x", table, h5py.h5s.create_simple((2,)))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.frombuffer(stored, "V9"), table)
    got = load(start_server(tmp_path).get("/v1/values/a.h5/x", accept=NPY))
    assert got.dtype == np.dtype([("rows", [("n", "u1"), ("s", "S3")], 2), ("last", "u1")])
    assert got["rows"]["s"].ravel().tolist() == texts and got["last"].tolist() == [7, 8]
    assert got.tobytes() == stored.replace(b" ", b"\0")
