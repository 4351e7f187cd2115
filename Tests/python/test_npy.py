"""Values in NumPy's format: `numpy.load` of an answer is what h5py reads, and what `numpy.save` makes is written."""

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


# Writing


@pytest.fixture
def made(write_server, request):
    """A file with datasets to write to, and its name."""
    name = f"npy-{abs(hash(request.node.name))}.h5"
    with h5py.File(write_server.root / name, "w") as file:
        for path, dtype in (("i4", "<i4"), ("u1", "u1"), ("f4", ">f4"), ("f8", "<f8"), ("bool", "?"), ("c16", "<c16"),
                            ("S6", "S6"), ("i8", ">i8"), ("f2", "<f2")):
            file.create_dataset(path, (4, 6), dtype)
        file.create_dataset("text", (4,), h5py.string_dtype())
        file.create_dataset("rows", (5,), [("a", "<i2"), ("b", ">f8"), ("c", "S3"), ("d", "<i4", (2,))])
        file.create_dataset("cells", (2, 3), np.dtype((">i2", (3,))))
        file.create_dataset("colour", (3,), h5py.enum_dtype({"RED": 0, "BLUE": 300}, ">i2"))
        term = cases.string_type(5, h5py.h5t.CSET_ASCII, h5py.h5t.STR_NULLTERM)
        h5py.h5d.create(file.id, b"term", term, h5py.h5s.create_simple((3,)))
    return name


def put(server, target, array, params=None, **fields):
    body = array if isinstance(array, bytes) else saved(array)
    return server.put(target, body, params, content_type=NPY, **fields)


def stored(server, name, path):
    with h5py.File(server.root / name, "r") as file:
        return file[path][()]


@pytest.mark.parametrize("path, dtype", [
    ("i4", "<i4"), ("i4", ">i4"), ("i4", "<i8"), ("i4", "u1"), ("i4", "?"), ("u1", "<i8"), ("i8", "<u4"), ("f4", "<f8"),
    ("f4", "<f4"), ("f8", "<i8"), ("f8", ">f2"), ("f2", "<f4"), ("bool", "?"), ("c16", "<c8"), ("c16", ">c16"),
    ("S6", "S6"), ("S6", "S2")])
def test_saved_arrays_are_written(write_server, made, path, dtype):
    array = (np.arange(24) % 7).reshape(4, 6).astype(dtype)
    assert put(write_server, f"/v1/values/{made}/{path}", array).status_code == 204
    assert (stored(write_server, made, path) == array).all()


@pytest.mark.parametrize("array, select, slices", [
    (np.arange(6), "1", np.s_[1]), (np.arange(6), "", np.s_[:]), (np.array(7), "", np.s_[:]),
    (np.arange(4).reshape(4, 1), "", np.s_[:]), (np.asfortranarray(np.arange(24).reshape(4, 6)), "", np.s_[:]),
    (np.arange(24).reshape(6, 4).T, "", np.s_[:]), (np.arange(6).reshape(2, 3), "::2,1::2", np.s_[::2, 1::2]),
    (np.empty((0, 6), "i4"), "4:", np.s_[4:])])
def test_shapes_follow_the_rule_of_broadcasting(write_server, made, array, select, slices):
    expected = np.zeros((4, 6), "i4")
    expected[slices] = array
    answer = put(write_server, f"/v1/values/{made}/i4", array, {"select": select} if select else {})
    assert answer.status_code == 204, answer.text
    assert (stored(write_server, made, "i4") == expected).all()


def test_a_shape_that_does_not_fit_is_refused(write_server, made):
    answer = put(write_server, f"/v1/values/{made}/i4", np.arange(5))
    check_error(write_server, answer, "invalid", "[5]", "[4, 6]")


ROWS = np.array(
    [(i, i / 4, b"abc"[:i % 4], [i, -i]) for i in range(5)],
    np.dtype({"names": ["a", "b", "c", "d"], "formats": ["<i4", "<f4", "S3", ("<i2", (2,))], "offsets": [3, 8, 16, 24],
              "itemsize": 40}))


def test_rows_are_written_field_by_field(write_server, made):
    order = ["c", "b", "d", "a"]
    for rows in (ROWS, recfunctions.repack_fields(ROWS[::-1][order])):
        assert put(write_server, f"/v1/values/{made}/rows", rows).status_code == 204
        got = stored(write_server, made, "rows")
        for name in order:
            assert (got[name] == rows[name]).all()
    assert put(write_server, f"/v1/values/{made}/rows", np.arange(5) * 2, {"field": "a"}).status_code == 204
    assert stored(write_server, made, "rows")["a"].tolist() == [0, 2, 4, 6, 8]
    check_error(
        write_server, put(write_server, f"/v1/values/{made}/rows", ROWS[["a", "b"]].copy()), "invalid", "no field \"c\"")


def test_arrays_in_elements_and_strings_of_variable_length_are_written(write_server, made):
    cells = np.arange(18, dtype="<i8").reshape(2, 3, 3)
    assert put(write_server, f"/v1/values/{made}/cells", cells).status_code == 204
    assert (stored(write_server, made, "cells") == cells).all()
    text = np.array(["ä".encode(), b"", b"long enough", b"x"])
    assert put(write_server, f"/v1/values/{made}/text", text).status_code == 204
    assert stored(write_server, made, "text").tolist() == text.tolist()
    assert put(write_server, f"/v1/values/{made}/term", np.array([b"four", b"", b"a"])).status_code == 204
    assert stored(write_server, made, "term").tolist() == [b"four", b"", b"a"]
    assert put(write_server, f"/v1/values/{made}/colour", np.array([0, 300, 0])).status_code == 204
    assert stored(write_server, made, "colour").tolist() == [0, 300, 0]


@pytest.mark.parametrize("path, array, word", [
    ("i4", np.full((4, 6), 2.0), "<f8"), ("i4", np.full((4, 6), 1 << 40), "1099511627776"),
    ("u1", np.full((4, 6), -1), "-1"), ("f4", np.full((4, 6), 1e300), "1e+300"), ("bool", np.ones((4, 6), "i1"), "|b1"),
    ("S6", np.full((4, 6), b"longer than 6"), "13 bytes"), ("term", np.full(3, b"12345"), "5 bytes"),
    ("term", np.full(3, b"a\xff"), "ASCII"), ("text", np.full(4, b"a\0b"), "NUL"),
    ("c16", np.ones((4, 6)), "<c16"), ("f8", np.ones((4, 6), "<c8"), "<c8")])
def test_elements_that_do_not_fit_are_refused_in_words(write_server, made, path, array, word):
    before = stored(write_server, made, path).tolist()
    check_error(write_server, put(write_server, f"/v1/values/{made}/{path}", array), "invalid", word)
    assert stored(write_server, made, path).tolist() == before


@pytest.mark.parametrize("array", [np.array(["ä", "b"]), np.array([None, {}], object)])
def test_dtypes_that_hdf5_has_not_are_unsupported(write_server, made, array):
    answer = put(write_server, f"/v1/values/{made}/text", array)
    check_error(write_server, answer, "unsupported", "HDF5 has no")


def test_a_byte_order_is_told_twice(write_server, made):
    answer = put(write_server, f"/v1/values/{made}/i4", np.zeros((4, 6)), {"order": "big"})
    check_error(write_server, answer, "invalid", "order=")


def test_a_large_array_is_written_in_pieces(write_server, made):
    array = np.random.default_rng(5).normal(size=(3000, 4000)).astype("<f4")
    assert put(write_server, f"/v1/datasets/{made}/large", array).status_code == 201
    assert (stored(write_server, made, "large") == array).all()
    assert put(write_server, f"/v1/values/{made}/large", array.T.reshape(3000, 4000).astype(">f4")).status_code == 204
    assert (load(write_server.get(f"/v1/values/{made}/large", accept=NPY)) == array.T.reshape(3000, 4000)).all()


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3), np.array(1.5), np.array([True, False]), np.array([b"ab", b""]), packed(ROWS),
    np.array([1 + 2j], ">c8"), np.array(["2024-02-29"], "<M8[s]"), np.empty((0, 3), "u2"), np.zeros(2, "V3"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3))], ids=lambda array: str(array.dtype)[:20])
def test_datasets_are_made_of_arrays(write_server, made, array):
    answer = put(write_server, f"/v1/datasets/{made}/new/x", array)
    assert answer.status_code == 201, answer.text
    got = load(write_server.get(f"/v1/values/{made}/new/x", accept=NPY))
    assert (got.dtype, got.shape) == (array.dtype, array.shape) and got.tobytes() == array.tobytes()
    if array.dtype.kind not in "MV":
        assert (stored(write_server, made, "new/x") == array).all()
    check_error(write_server, put(write_server, f"/v1/datasets/{made}/new/x", array), "exists")
    assert put(write_server, f"/v1/datasets/{made}/new/x", array, {"require": "true"}).status_code == 200


@pytest.mark.parametrize("params", [{}, {"datatype": "<f8"}, {"shape": "2,3"}])
def test_attributes_are_made_of_arrays(write_server, made, params):
    array = np.arange(3, dtype="<i2")
    answer = put(write_server, f"/v1/attributes/{made}/i4", array, {"name": "a", **params})
    assert answer.status_code == 201, answer.text
    with h5py.File(write_server.root / made, "r") as file:
        value = file["i4"].attrs["a"]
    assert value.dtype == params.get("datatype", "<i2") and (value == array).all()
    assert value.shape == ((2, 3) if "shape" in params else (3,))


HEADER = "{'descr': %s, 'fortran_order': %s, 'shape': %s, }"


def forged(text, version=(1, 0), length=None, body=b"\0" * 96):
    """An NPY file with a header of any text."""
    text = text.encode() if isinstance(text, str) else text
    length = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + length.to_bytes(2 if version[0] == 1 else 4, "little") + text + body


@pytest.mark.parametrize("body, code, word", [
    (b"", "invalid", "no body"), (b"\x93NUMPY", "invalid", "no NPY file"), (b"PK\x03\x04" + b"\0" * 100, "invalid", "no NPY file"),
    (forged("{}", (4, 0)), "invalid", "version 4.0"), (forged("{}", (1, 1)), "invalid", "version 1.1"),
    (forged("{}"), "invalid", "exactly"), (forged("{"), "invalid", "too early"), (forged("[1]"), "invalid", "dictionary"),
    (forged("{}", length=60_000), "invalid", "more than the body"),
    (forged("{}", (2, 0), length=1 << 31), "invalid", "at most 1048576"),
    (forged(HEADER % ("'<i4'", "False", "(4, 6)"), body=b"\0" * 95), "invalid", "95 bytes"),
    (forged(HEADER % ("'<i4'", "False", "(4, 6)"), body=b"\0" * 97), "invalid", "97 bytes"),
    (forged(HEADER % ("'<i4'", "False", "(-4, -6)")), "invalid", "'shape'"),
    (forged(HEADER % ("'<i4'", "False", "24")), "invalid", "'shape'"),
    (forged(HEADER % ("'<i4'", "0", "(4, 6)")), "invalid", "'fortran_order'"),
    (forged(HEADER % ("'<i4'", "False", "(%s)" % ("1," * 40))), "invalid", "dimensions"),
    (forged(HEADER % ("'<i4'", "False", "(4611686018427387904, 4611686018427387904, 6)")), "invalid", "bytes"),
    (forged(HEADER % ("'<i4'", "False", "(99999999999999999999999,)")), "invalid", "integer"),
    (forged(HEADER % ("'|O'", "False", "(4, 6)")), "unsupported", "Python objects"),
    (forged(HEADER % ("'str'", "False", "(4, 6)")), "invalid", "dtype"),
    (forged(HEADER % ("'<q9'", "False", "(4, 6)")), "invalid", "no datatype"),
    (forged(HEADER % ("'|V0'", "False", "(4, 6)")), "invalid", "no datatype"),
    (forged(HEADER % ("7", "False", "(4, 6)")), "invalid", "'descr'"),
    (forged(HEADER % ("[]", "False", "(4, 6)")), "invalid", "no fields"),
    (forged(HEADER % ("[('a', '<i2'), ('a', '<i2')]", "False", "(4, 6)")), "invalid", "two fields"),
    (forged(HEADER % ("[('a', '<i2', (4294967295, 4294967295))]", "False", "(4, 6)")), "invalid", "shape"),
    (forged(HEADER % ("[" * 100 + "]" * 100, "False", "(4, 6)")), "invalid", "deep"),
    (forged(HEADER % ("'<i4", "False", "(4, 6)")), "invalid", "character"),
    (forged(HEADER % ("__import__('os').getpid()", "False", "(4, 6)")), "invalid", "no literal"),
    (forged("{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (4, 6)}"), "invalid", "twice"),
    (forged(b"{'descr': '\xff'}", (3, 0)), "invalid", "UTF-8"),
])
def test_headers_that_make_no_sense_are_refused_in_words(write_server, made, body, code, word):
    before = stored(write_server, made, "i4").tolist()
    check_error(write_server, put(write_server, f"/v1/values/{made}/i4", body), code, word)
    check_error(write_server, put(write_server, f"/v1/datasets/{made}/new", body), code, *([word] if body else []))
    assert stored(write_server, made, "i4").tolist() == before


@pytest.mark.parametrize("body", [
    forged(HEADER % ("'<i4'", "False", "(4, 6)")), forged(HEADER % ("\"<i4\"", "False", "(4L, 6L)")),
    forged(HEADER % ("u'<i4'", "False", "(4,6,)")), forged(HEADER % ("'<i4'", "False", "(4, 6)"), (3, 0)),
    forged("  {'shape':(4,6),'fortran_order':False,'descr':'\\x3ci4'}\n", (2, 0))])
def test_headers_of_other_writers_are_read(write_server, made, body):
    assert put(write_server, f"/v1/values/{made}/i4", body).status_code == 204


def test_mutilated_files_are_refused_or_written(write_server, made):
    random = np.random.default_rng(11)
    good = saved(np.arange(24, dtype="<i4").reshape(4, 6))
    for _ in range(300):
        body = bytearray(good)
        for place in random.integers(0, 128, random.integers(1, 4)):
            body[place] = random.integers(0, 256)
        answer = put(write_server, f"/v1/values/{made}/i4", bytes(body))
        assert answer.status_code in (204, 400, 413, 422), answer.text


def test_an_array_travels_in_a_batch(write_server, made):
    import base64

    array = np.arange(24, dtype="<i4").reshape(4, 6)
    requests = [
        {"method": "PUT", "target": f"/v1/values/{made}/i4", "headers": {"Content-Type": NPY},
         "body": base64.b64encode(saved(array)).decode()},
        {"method": "GET", "target": f"/v1/values/{made}/i4?format=npy"}]
    answers = write_server.send("POST", f"/v1/batch/{made}", requests).json()
    assert np.array_equal(np.load(io.BytesIO(base64.b64decode(answers[1]["body"]))), array)


@pytest.mark.parametrize("accept", [NPY, "text/csv"])
def test_a_tag_of_any_form_guards_a_write(write_server, made, accept):
    target = f"/v1/values/{made}/i4"
    tag = write_server.get(target, accept=accept).headers["ETag"]
    assert put(write_server, f"/v1/values/{made}/f8", np.ones((4, 6))).status_code == 204
    assert put(write_server, target, np.ones((4, 6), "i4"), if_match=tag).status_code == 204
    assert put(write_server, target, np.zeros((4, 6), "i4"), if_match=tag).status_code == 412
    assert (stored(write_server, made, "i4") == 1).all()


def test_a_write_tells_the_tag_of_the_form_that_is_accepted(write_server, made):
    target = f"/v1/values/{made}/i4"
    answer = put(write_server, target, np.ones((4, 6), "i4"), accept=NPY)
    assert write_server.get(target, accept=NPY, if_none_match=answer.headers["ETag"]).status_code == 304
    assert write_server.get(target, accept="text/csv", if_none_match=answer.headers["ETag"]).status_code == 200
