"""Arrays in NumPy's format: what `numpy.save` makes is written, and h5py reads it."""

import base64
import io

import h5py
import numpy as np
import pytest
from numpy.lib import recfunctions

import cases
from support import check_error
from test_npy import NPY, load, packed, saved


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


@pytest.mark.parametrize("is_fortran", [False, True])
@pytest.mark.parametrize("shape", [(2**62, 0), (2**31, 0), (0, 2**62, 4), (4, 2**60, 0)])
def test_arrays_without_elements_may_have_any_extents(write_server, made, shape, is_fortran):
    with h5py.File(write_server.root / made, "r+") as file:
        file.create_dataset("none", shape, "f8", chunks=(1,) * len(shape), maxshape=(None,) * len(shape))
    body = forged(HEADER % ("'<f8'", is_fortran, shape), body=b"")
    answer = put(write_server, f"/v1/values/{made}/none", body)
    assert answer.status_code == 204, answer.text
    answer = put(write_server, f"/v1/attributes/{made}/none?name=a", body)
    if shape[0] == 0:
        assert write_server.put(f"/v1/values/{made}/none", 0).status_code == 204
        assert answer.status_code == 201 and answer.json()["shape"] == list(shape)
    else:
        check_error(write_server, answer, "too_large", "empty lists")


@pytest.mark.parametrize("shape", [[2**32, 2**32], [2**62, 8], [2**62, 2**62, 0]])
def test_a_value_is_not_repeated_over_more_than_can_be_counted(write_server, made, shape):
    answer = write_server.put(f"/v1/datasets/{made}/new", {"shape": shape, "value": 0, "datatype": "<f8"})
    check_error(write_server, answer, "too_large", "counted")


def test_an_array_travels_in_a_batch(write_server, made):
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


NUMBERS = [order + kind for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8") for order in "<>"]


def random_numbers(random, dtype, shape):
    """Numbers of which some are the type's largest and least, and some small."""
    dtype = np.dtype(dtype)
    small = random.integers(0, 100, shape).astype(dtype)
    if dtype.kind == "f":
        bounds = np.array([np.finfo(dtype).max, np.finfo(dtype).min, np.nan, np.inf, 0.1, -2.5], dtype)
    else:
        bounds = np.array([np.iinfo(dtype).max, np.iinfo(dtype).min], dtype)
    chosen = bounds[random.integers(0, len(bounds), shape)]
    return np.where(random.random(shape) < random.choice([0, 0.3]), chosen, small).astype(dtype)


def fits(array, dtype):
    """Whether the numbers are, but for digits behind the point, those of the other type."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return bool((np.isfinite(array.astype(dtype)) | ~np.isfinite(array.astype("f8"))).all())
    bounds = np.iinfo(dtype)
    return array.dtype.kind != "f" and all(bounds.min <= number <= bounds.max for number in array.ravel().tolist())


def test_random_numbers_go_into_other_types_or_are_refused(write_server, made):
    random = np.random.default_rng(17)
    outcomes = set()
    for number in range(250):
        source, target = random.choice(NUMBERS, 2)
        array = random_numbers(random, source, (3, 4))
        with h5py.File(write_server.root / made, "a") as file:
            file.create_dataset(f"n{number}", (3, 4), target)
        answer = put(write_server, f"/v1/values/{made}/n{number}", array)
        outcomes.add(answer.status_code)
        assert answer.status_code == (204 if fits(array, target) else 400), (source, target, array, answer.text)
        if answer.status_code == 204:
            assert np.array_equal(
                stored(write_server, made, f"n{number}"), array.astype(target), equal_nan=np.dtype(target).kind == "f")
    assert outcomes == {204, 400}


def random_dtype(random, depth=0):
    kind = random.integers(0, 5 if depth < 3 else 3)
    if kind == 0:
        return np.dtype(str(random.choice(NUMBERS)))
    if kind == 1:
        return np.dtype(f"S{random.integers(1, 9)}")
    if kind == 2:
        return np.dtype(str(random.choice(["?", "<c8", ">c16"])))
    if kind == 3 and depth:
        element = random_dtype(random, depth + 1).base
        return np.dtype((element, tuple(map(int, random.integers(1, 4, random.integers(1, 3))))))
    fields = [(f"{name} é'{depth}", random_dtype(random, depth + 1)) for name in range(random.integers(1, 5))]
    return np.dtype(fields, align=bool(random.integers(0, 2)))


def test_random_dtypes_come_back_as_they_were(write_server, made):
    random = np.random.default_rng(19)
    for number in range(80):
        dtype = random_dtype(random)
        array = np.zeros(tuple(map(int, random.integers(0, 4, random.integers(0, 3)))), dtype)
        raw = array.view("u1") if array.ndim and array.size and not dtype.hasobject else None
        if raw is not None and not any(mark in str(dtype) for mark in ("?", "S")):
            raw[...] = random.integers(0, 0x40, raw.shape)
        target = f"/v1/datasets/{made}/dtypes/{number}"
        assert put(write_server, target, array).status_code == 201, dtype
        answer = write_server.get(f"/v1/values/{made}/dtypes/{number}", accept=NPY)
        got, expected = load(answer), packed(array)
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert got.tobytes() == expected.tobytes(), dtype
        with h5py.File(write_server.root / made, "r") as file:
            assert packed(file[f"dtypes/{number}"][()], file[f"dtypes/{number}"].dtype).tobytes() == expected.tobytes()
