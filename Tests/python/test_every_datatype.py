"""Arrays, sequences, opaque bytes, bitfields, references and extended floats: read as h5py reads them, written so that
h5py reads them back."""

import base64

import h5py
import numpy as np
import pytest
from h5py import h5d, h5s, h5t

from support import check_error

FILE = "kinds.h5"
TIMES = np.array(["2024-02-29T12:00:00.5", "NaT", "1969-07-20T20:17:40"], "<M8[ns]")
NESTED = np.dtype([
    ("id", ">i4"), ("pair", [("x", "<f8"), ("tag", "S3")], (2,)), ("grid", "<i2", (2, 3)), ("on", "?"), ("z", "<c8")])


def low(file, name, kind, values, shape=None):
    """A dataset of a type that h5py makes only by its low level."""
    space = h5s.create_simple(values.shape if shape is None else shape)
    dataset = h5d.create(file.id, name.encode(), kind, space)
    dataset.write(h5s.ALL, h5s.ALL, values, mtype=kind)
    return dataset


def nested():
    rows = np.zeros(3, NESTED)
    rows["id"] = [1, -2, 3]
    rows["pair"]["x"] = np.arange(6).reshape(3, 2) / 4
    rows["pair"]["tag"] = [[b"a", b"bcd"], [b"", b"e"], [b"fg", b"h"]]
    rows["grid"] = np.arange(18).reshape(3, 2, 3)
    rows["on"] = [True, False, True]
    rows["z"] = [1 + 2j, -0.5j, 3]
    return rows


def make(path, libver="earliest"):
    with h5py.File(path, "w", libver=(libver, "v110")) as file:
        file["a/numbers"] = np.arange(24, dtype="<f4").reshape(4, 6)
        file["group"] = h5py.SoftLink("/a")
        file.create_dataset("array", (2, 2), np.dtype((">i2", (3,))))[...] = np.arange(12).reshape(2, 2, 3)
        file.create_dataset("arrays", (2,), np.dtype(("<f8", (2, 3))))[...] = np.arange(12.0).reshape(2, 2, 3)
        file["nested"] = nested()
        sequence = file.create_dataset("sequence", (2, 2), h5py.vlen_dtype("<i4"), chunks=(1, 2))
        sequence[0, 0], sequence[1, 1] = [1, 2, 3], [-7]
        deep = h5t.vlen_create(h5t.vlen_create(h5t.STD_U16BE))
        h5d.create(file.id, b"deep", deep, h5s.create_simple((2,)))
        both = np.zeros(2, [("n", "<i4"), ("seq", h5py.vlen_dtype("<f4")), ("text", h5py.string_dtype())])
        both["n"], both["text"] = [5, 6], ["five", "sechs ü"]
        both["seq"][0], both["seq"][1] = np.array([1.5, 2.5], "f4"), np.array([], "f4")
        file["both"] = both
        file["times"] = TIMES.astype(h5py.opaque_dtype(TIMES.dtype))
        file["bytes"] = np.array([b"\x00\x01\x02", b"abc"], "V3")
        bits = np.array([0, 1, 0x80, 0xFF], "u1")
        low(file, "bits", h5t.STD_B8LE, bits)
        low(file, "wide", h5t.STD_B32BE, bits.astype(">u4") * 0x01010101)
        file["extended"] = np.array(["1", "3.14159", "-0.0", "inf", "1e4000"], np.longdouble) / 3
        refs = file.create_dataset("refs", (4,), h5py.ref_dtype)
        refs[0], refs[1], refs[3] = file["a/numbers"].ref, file["a"].ref, file.ref
        regions = file.create_dataset("regions", (4,), h5py.regionref_dtype)
        regions[0] = file["a/numbers"].regionref[0:2, 1:6:2]
        regions[1] = file["a/numbers"].regionref[...]
        regions[2] = file["a/numbers"].regionref[3, 4]
        link = np.zeros(1, [("where", h5py.ref_dtype), ("n", "<i8")])
        link["where"][0], link["n"] = file["nested"].ref, 9
        file["linked"] = link
        for name in ["nested", "both", "times", "linked", "extended"]:
            file["a"].attrs[name] = file[name][()]
        file["a"].attrs.create("array", file["array"][()], (2, 2, 3), np.dtype((">i2", (3,))))
        file["a"].attrs["reference"] = file["both"].ref
        file["a"].attrs["region"] = file["a/numbers"].regionref[1:2, :]
        file["a"].attrs["sequence"] = np.array([1, 2, 3], "i4")


def packed(value):
    return value.view(np.uint8).tobytes() if isinstance(value, np.ndarray) else value.tobytes()


@pytest.fixture(scope="module", params=["earliest", "v110"])
def kinds(request, tmp_path_factory):
    import support
    root = tmp_path_factory.mktemp("kinds")
    make(root / FILE, request.param)
    running = support.Server(root, tmp_path_factory.mktemp("state") / "state", "--workers", 1)
    yield running
    assert running.stop() == 0, running.log()


def values(server, path, **query):
    return server.json(f"/v1/values/{FILE}/{path}", query)


def octets(server, path, **query):
    answer = server.get(f"/v1/values/{FILE}/{path}", query, accept="application/octet-stream")
    assert answer.status_code == 200, answer.text
    return answer.content


def plain(value):
    """What JSON has of a value that h5py has read."""
    if isinstance(value, (np.void, np.ndarray)) and value.dtype.names and value.dtype.names != ("r", "i"):
        if value.shape:
            return [plain(row) for row in value]
        return {name: plain(value[name]) for name in value.dtype.names}
    if isinstance(value, np.ndarray):
        return [plain(part) for part in value]
    if isinstance(value, (complex, np.complexfloating)):
        return [float(value.real), float(value.imag)]
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("name", ["array", "arrays", "nested", "sequence", "both"])
def test_arrays_and_sequences_are_nested_lists(kinds, name):
    with h5py.File(kinds.root / FILE) as file:
        assert values(kinds, name) == plain(file[name][()])


def test_arrays_travel_as_their_elements(kinds):
    with h5py.File(kinds.root / FILE) as file:
        assert octets(kinds, "nested") == packed(file["nested"][()])
        assert octets(kinds, "arrays") == packed(file["arrays"][()])
        swapped = file["arrays"][()].astype(">f8")
        assert octets(kinds, "arrays", order="big") == packed(swapped)
        nested = file["nested"][()]
        assert octets(kinds, "nested", order="little") == packed(nested.astype(nested.dtype.newbyteorder("<")))


def test_sequences_travel_behind_the_number_of_their_bytes(kinds):
    assert octets(kinds, "sequence", select="0,0") == np.array([12, 1, 2, 3], "<i4").tobytes()
    big = octets(kinds, "sequence", select="0", order="big")
    assert big == b"\x0c\x00\x00\x00" + np.array([1, 2, 3], ">i4").tobytes() + bytes(4)
    assert octets(kinds, "both", select="0", field="seq") == b"\x08\x00\x00\x00" + np.array([1.5, 2.5], "<f4").tobytes()


def test_opaque_values_are_base64(kinds):
    assert values(kinds, "bytes") == [base64.b64encode(part).decode() for part in (b"\x00\x01\x02", b"abc")]
    answer = kinds.get(f"/v1/values/{FILE}/times", accept="application/octet-stream")
    assert answer.headers["X-HDF5-Datatype"] == "<M8[ns]"
    assert (np.frombuffer(answer.content, answer.headers["X-HDF5-Datatype"]) == TIMES)[[0, 2]].all()


def test_bitfields_are_unsigned_integers(kinds):
    assert values(kinds, "bits") == [0, 1, 128, 255]
    assert values(kinds, "wide") == [part * 0x01010101 for part in (0, 1, 128, 255)]
    assert octets(kinds, "bits") == bytes([0, 1, 128, 255])


def test_extended_floats_keep_every_digit(kinds):
    with h5py.File(kinds.root / FILE) as file:
        expected = file["extended"][()]
    got = kinds.get(f"/v1/values/{FILE}/extended").text.strip("[]").split(",")
    assert [np.longdouble(text.strip('"')) for text in got] == list(expected)
    raw = np.frombuffer(octets(kinds, "extended"), np.longdouble)
    assert (raw == expected).all()


def test_references_are_told_by_path(kinds):
    assert values(kinds, "refs") == [{"path": "/a/numbers"}, {"path": "/a"}, None, {"path": "/"}]
    assert values(kinds, "regions") == [
        {"path": "/a/numbers", "select": "0:2,1:6:2"}, {"path": "/a/numbers", "select": "..."},
        {"path": "/a/numbers", "select": "3:4,4:5"}, None]
    assert values(kinds, "linked") == [{"where": {"path": "/nested"}, "n": 9}]
    assert octets(kinds, "refs", select="1:3") == b"\x02\x00\x00\x00/a" + bytes(4)
    assert octets(kinds, "regions", select="2") == b"\x12\x00\x00\x00/a/numbers\x003:4,4:5"


def test_attributes_have_every_datatype(kinds):
    attributes = kinds.json(f"/v1/attributes/{FILE}/a")
    assert "unsupported" not in str(attributes)
    with h5py.File(kinds.root / FILE) as file:
        for name in ["array", "nested", "both"]:
            assert attributes[name]["value"] == plain(file["a"].attrs[name])
    assert attributes["reference"]["value"] == {"path": "/both"}
    assert attributes["region"]["value"] == {"path": "/a/numbers", "select": "1:2,0:6"}
    assert attributes["linked"]["value"] == [{"where": {"path": "/nested"}, "n": 9}]


def test_a_reference_to_what_is_gone_has_no_path(kinds):
    with h5py.File(kinds.root / "gone.h5", "w") as file:
        file["x"] = 1
        file["refs"] = np.array([file["x"].ref], h5py.ref_dtype)
        del file["x"]
    gone, = kinds.json("/v1/values/gone.h5/refs")
    assert gone["path"] is None and gone["address"] > 0


# Writing


SOURCES = ["array", "arrays", "nested", "sequence", "both", "times", "bytes", "bits", "wide", "refs", "regions", "linked"]


def same(left, right):
    """Whether two datasets have the same type and values, where references count as what they lead to."""
    assert left.id.get_type() == right.id.get_type()
    return comparable(left.file, left[()]) == comparable(right.file, right[()])


def comparable(file, value):
    if isinstance(value, h5py.RegionReference):
        region = h5py.h5r.get_region(value, file.id) if value else None
        return bool(value) and (file[value].name, region.get_select_type(), region.get_select_bounds())
    if isinstance(value, h5py.Reference):
        return bool(value) and file[value].name
    if isinstance(value, (np.ndarray, np.void)) and value.dtype.names:
        return [[comparable(file, row[name]) for name in value.dtype.names] for row in np.atleast_1d(value)]
    if isinstance(value, np.ndarray):
        return [comparable(file, part) for part in value] if value.dtype.kind in "OV" or value.ndim else value.item()
    return plain(value) if not isinstance(value, np.void) else value.tobytes()


@pytest.mark.parametrize("form", ["json", "octets"])
@pytest.mark.parametrize("name", SOURCES)
def test_a_dataset_made_from_its_description_is_the_same(kinds, name, form):
    description = kinds.json(f"/v1/datasets/{FILE}/{name}")
    copy = f"copies/{form}/{name}"
    body = {key: description[key] for key in ("shape", "maxshape", "datatype", "chunks")}
    made = kinds.put(f"/v1/datasets/{FILE}/{copy}", body)
    assert made.status_code == 201, made.text
    value = values(kinds, name) if form == "json" else octets(kinds, name)
    written = kinds.put(f"/v1/values/{FILE}/{copy}", value)
    assert written.status_code == 204, written.text
    assert values(kinds, copy) == values(kinds, name)
    with h5py.File(kinds.root / FILE) as file:
        assert same(file[copy], file[name])


@pytest.mark.parametrize("name", SOURCES + ["sequence"])
def test_a_dataset_is_made_with_its_value(kinds, name):
    description = kinds.json(f"/v1/datasets/{FILE}/{name}")
    body = {"shape": description["shape"], "datatype": description["datatype"], "value": values(kinds, name)}
    made = kinds.put(f"/v1/datasets/{FILE}/made/{name}", body, {"require": "false"})
    assert made.status_code in (201, 409), made.text
    with h5py.File(kinds.root / FILE) as file:
        assert comparable(file, file[f"made/{name}"][()]) == comparable(file, file[name][()])


def test_attributes_are_written_in_every_datatype(kinds):
    import json
    attributes = kinds.json(f"/v1/attributes/{FILE}/a")
    attributes.pop("extended")
    for name, attribute in attributes.items():
        query = {"name": f"{name} again", "datatype": json.dumps(attribute["datatype"]),
                 "shape": ",".join(map(str, attribute["shape"]))}
        written = kinds.put(f"/v1/attributes/{FILE}/a", attribute["value"], query)
        assert written.status_code in (200, 201), written.text
    with h5py.File(kinds.root / FILE) as file:
        for name in attributes:
            own, copy = file["a"].attrs.get_id(name), file["a"].attrs.get_id(f"{name} again")
            assert own.get_type() == copy.get_type() and own.shape == copy.shape
            if name != "region":
                assert comparable(file, file["a"].attrs[name]) == comparable(file, file["a"].attrs[f"{name} again"])


@pytest.mark.parametrize("path, query, body, code, words", [
    ("refs", {"select": "0"}, {"path": "/nowhere"}, "not_found", ["/nowhere"]),
    ("refs", {"select": "0"}, {"path": "a"}, "invalid", ["absolute"]),
    ("refs", {"select": "0"}, {"path": "/a", "select": "0"}, "invalid", ["select"]),
    ("regions", {"select": "0"}, {"path": "/a/numbers"}, "invalid", ["select"]),
    ("regions", {"select": "0"}, {"path": "/a/numbers", "select": "9,0"}, "out_of_bounds", ["9"]),
    ("regions", {"select": "0"}, {"path": "/a", "select": "0"}, "wrong_kind", ["/a", "group"]),
    ("arrays", {"select": "0"}, [[1, 2, 3]], "invalid", ["2 elements"]),
    ("bytes", {"select": "0"}, "AAAA", None, []),
    ("bytes", {"select": "0"}, "AAA=", "invalid", ["2 bytes", "3"]),
    ("sequence", {"select": "0,0"}, [1, "x"], "invalid", ["int32"]),
    ("bits", {"select": "0"}, 256, "invalid", ["256", "uint8"]),
])
def test_what_cannot_be_written_is_refused_and_changes_nothing(kinds, path, query, body, code, words):
    before = (kinds.root / FILE).read_bytes()
    answer = kinds.put(f"/v1/values/{FILE}/{path}", body, query)
    if code is None:
        assert answer.status_code == 204
        return
    check_error(kinds, answer, code, *words)
    assert (kinds.root / FILE).read_bytes() == before


@pytest.mark.parametrize("path, body", [
    ("sequence", b"\x03\x00\x00\x00abc"), ("sequence", b"\x08\x00\x00\x00abc"), ("refs", b"\x02\x00\x00\x00ab"),
    ("both", b"\x01\x00\x00\x00\x05\x00\x00\x00abcde"),
])
def test_broken_bytes_are_refused_and_change_nothing(kinds, path, body):
    before = (kinds.root / FILE).read_bytes()
    select = {"select": "0,0"} if path == "sequence" else {"select": "0"}
    answer = kinds.put(f"/v1/values/{FILE}/{path}", body, select)
    assert answer.status_code == 400, answer.text
    assert (kinds.root / FILE).read_bytes() == before
