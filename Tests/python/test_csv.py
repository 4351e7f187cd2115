"""Values as comma-separated values, as pandas and Python's own reader read them."""

import csv
import io

import h5py
import numpy as np
import pandas
import pytest

import cases
from support import check_error
from test_every_datatype import make
from test_values import read

CSV = "text/csv"
NUMBERS = [name for name in cases.TYPES if name[0] in "iuf" and name[1].isdigit()]


def text(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.content


def frame(answer, **options):
    return pandas.read_csv(io.BytesIO(text(answer)), **options)


@pytest.fixture(scope="module")
def tables(server):
    make(server.root / "csv-kinds.h5")
    rows = np.zeros(3, [
        ("n", "<i8"), ("x", "<f4"), ("in", [("a", "u1"), ("b", [("c", ">f8")])]), ("ok", "?"), ("v", "<i2", (2, 2)),
        ("s", "S9"), ("z", "<c8")])
    rows["n"], rows["x"] = [1 << 62, -3, 0], [0.1, np.nan, -np.inf]
    rows["in"]["a"], rows["in"]["b"]["c"] = [1, 2, 3], [1 / 3, 1e300, -0.0]
    rows["ok"], rows["v"] = [True, False, True], np.arange(12).reshape(3, 2, 2)
    rows["s"], rows["z"] = [b"a,b", b'say "x"', b""], [1 + 2j, -0.5j, 3]
    with h5py.File(server.root / "tables.h5", "w") as file:
        file["rows"] = rows
        file["one"] = rows[0]
        file["none"] = rows[:0]
        file["grid"] = np.zeros((2, 2), [("a", "i4")])
        file["deep"] = np.zeros((2, 2, 2))
        file["text"] = ["plain", "", "two\nlines", 'quote "', "comma, ", "ü", " blank", "NA"]
        file["long"] = np.arange(3_000_000, dtype="f8").reshape(-1, 3) / 7
        file["wide"] = np.arange(2_000_000, dtype="i4").reshape(2, -1)
        file["hollow"] = np.zeros((3, 0))
    return server


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("select", ["", "1", ":,2", "::2,1:4"])
def test_numbers_are_read_by_pandas(server, name, select):
    value, _ = read(server.root, "values-v110.h5", f"layouts/{name}/chunked", select)
    answer = server.get(f"/v1/values/values-v110.h5/layouts/{name}/chunked", {"select": select}, accept=CSV)
    got = frame(answer, header=None, dtype=f"{name[0]}8").to_numpy()
    expected = value if value.ndim == 2 else value.reshape(-1, 1)
    assert got.shape == expected.shape
    assert np.array_equal(got.astype(value.dtype), expected, equal_nan=name[0] == "f")


def test_a_table_has_its_fields_as_columns(tables):
    with h5py.File(tables.root / "tables.h5", "r") as file:
        rows = file["rows"][()]
    got = frame(tables.get("/v1/values/tables.h5/rows", accept=CSV), keep_default_na=False, na_values=["NaN"])
    assert list(got) == ["n", "x", "in.a", "in.b.c", "ok", "v[0,0]", "v[0,1]", "v[1,0]", "v[1,1]", "s", "z"]
    assert got["n"].tolist() == rows["n"].tolist()
    assert np.array_equal(got["x"].to_numpy("f4"), rows["x"], equal_nan=True)
    assert got["in.b.c"].tolist() == rows["in"]["b"]["c"].tolist() and got["in.a"].tolist() == [1, 2, 3]
    assert got["ok"].dtype == bool and got["ok"].tolist() == [True, False, True]
    assert got["v[1,0]"].tolist() == rows["v"][:, 1, 0].tolist()
    assert got["s"].tolist() == ["a,b", 'say "x"', ""]
    assert [complex(z) for z in got["z"]] == rows["z"].tolist()


def test_fields_and_rows_are_chosen(tables):
    answer = tables.get("/v1/values/tables.h5/rows", [("field", "s"), ("field", "n"), ("select", "1:"), ("format", "csv")])
    assert text(answer) == b's,n\n"say ""x""",-3\n"",0\n'


@pytest.mark.parametrize("path, lines", [
    ("one", 2), ("none", 1), ("hollow", 0), ("text", 9)])
def test_a_scalar_is_a_row_and_nothing_is_none(tables, path, lines):
    assert text(tables.get(f"/v1/values/tables.h5/{path}", accept=CSV)).count(b"\n") == lines


def test_strings_are_quoted_as_rfc_4180_has_it(tables):
    with h5py.File(tables.root / "tables.h5", "r") as file:
        expected = file["text"].asstr()[()].tolist()
    got = text(tables.get("/v1/values/tables.h5/text", accept=CSV)).decode()
    assert [row[0] for row in csv.reader(io.StringIO(got, newline=""))] == expected
    assert frame(tables.get("/v1/values/tables.h5/text", accept=CSV), header=None, keep_default_na=False)[0].tolist() == (
        expected)


@pytest.mark.parametrize("nan, word", [(None, b"NaN"), ("string", b"NaN"), ("literal", b"NaN"), ("null", b"null")])
def test_what_is_no_number_is_written_as_asked(tables, nan, word):
    got = text(tables.get("/v1/values/tables.h5/rows", {"field": "x", "format": "csv", "nan": nan}))
    assert got.split(b"\n")[2] == word
    assert pandas.read_csv(io.BytesIO(got))["x"].isna().tolist()[:2] == [False, True]


@pytest.mark.parametrize("path", ["long", "wide"])
def test_tables_larger_than_a_slab_are_whole(tables, path):
    with h5py.File(tables.root / "tables.h5", "r") as file:
        expected = file[path][()]
    got = text(tables.get(f"/v1/values/tables.h5/{path}", accept=CSV))
    assert np.array_equal(np.array([line.split(b",") for line in got.splitlines()], "f8"), expected)


@pytest.mark.parametrize("path, words", [
    ("tables.h5/deep", ["3 dimensions", "select="]), ("tables.h5/grid", ["2 dimensions", "rows"]),
    ("csv-kinds.h5/sequence", ["lists of variable length"]), ("csv-kinds.h5/both", ["lists of variable length"]),
    ("csv-kinds.h5/array", ["3 dimensions"]), ("null.h5/null", ["null dataspace"])])
def test_what_is_no_table_is_not_acceptable(tables, path, words):
    check_error(tables, tables.get(f"/v1/values/{path}", accept=CSV), "not_acceptable", *words)


@pytest.mark.parametrize("path, expected", [
    ("bytes", b"AAEC\nYWJj\n"), ("bits", b"0\n1\n128\n255\n"), ("refs", b'/a/numbers\n/a\n""\n/\n')])
def test_other_values_have_cells(tables, path, expected):
    assert text(tables.get(f"/v1/values/csv-kinds.h5/{path}", accept=CSV)) == expected


def test_an_array_datatype_is_a_row(tables):
    answer = tables.get("/v1/values/csv-kinds.h5/array", {"select": "1"}, accept=CSV)
    assert text(answer) == b"6,7,8\n9,10,11\n"


def test_csv_is_compressed_and_has_a_name(tables):
    answer = tables.get("/v1/values/tables.h5/long", {"select": ":1000"}, accept=CSV, accept_encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tables-long.csv"'
    assert len(text(answer).splitlines()) == 1000


def test_an_attribute_is_a_column(server):
    answer = server.get("/v1/attributes/attributes-v110.h5/g", {"name": "ünï", "format": "csv"})
    assert text(answer) == b"0\n1\n2\n"
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''attributes-v110-g-%C3%BCn%C3%AF.csv")


# Negotiation


@pytest.mark.parametrize("accept, media", [
    ("text/csv", "text/csv"), ("text/*", "text/csv"), ("application/*", "application/json"), ("*/*", "application/json"),
    ("text/csv;q=0.5, application/x-npy", "application/x-npy"), ("image/*, */*;q=0.8", "image/png"),
    ("application/json;q=0, */*", "application/octet-stream"),
    ("application/*;q=0.9, text/csv;q=0.1, application/json;q=0.2", "application/octet-stream"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
    ("APPLICATION/X-NPY ; Q=1.0", "application/x-npy"), ("", "application/json")])
def test_the_most_specific_range_wins(server, accept, media):
    answer = server.get("/v1/values/small.h5/counts", accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, media)
    assert "Accept" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "text/csv;q=0", "application/json;q=0"])
def test_nothing_acceptable_lists_what_there_is(server, accept):
    answer = server.get("/v1/values/small.h5/counts", accept=accept)
    check_error(server, answer, "not_acceptable", "application/json", "application/x-npy", "text/csv", "image/png")
