"""Groups, datasets and links that are made, resized, moved and unlinked over HTTP, as h5py and h5dump see them."""

import h5py
import numpy as np
import pytest

import wire
from cases import create
from support import check_error, escaped, eventually
from written import contents, dumped, link_of, opened, state_of, storage_of


@pytest.fixture
def folder(tmp_path):
    """A root with one file that has an object of each kind."""
    root = tmp_path / "served"
    root.mkdir()
    make(root / "a.h5")
    return root


def make(path):
    with create(path, "earliest") as file:
        file["group/inner/deep"] = 5
        file.create_dataset("data", data=np.arange(6, dtype="<i4").reshape(2, 3), maxshape=(None, 3), chunks=(1, 3))
        file["flat"] = np.arange(4.0)
        file["soft"], file["dangling"] = h5py.SoftLink("/group/inner"), h5py.SoftLink("/no/where")
        file["outside"] = h5py.ExternalLink("b.h5", "/x")


@pytest.fixture
def server(start_server, folder):
    return start_server(folder, "--workers", 1)


def check_made(server, answer, location, status=201):
    """An answer with what GET of the place says, and where that is."""
    assert answer.status_code == status, answer.text
    assert "ETag" in answer.headers or answer.request.method == "PATCH" and "/links/" in location
    if status == 201:
        assert answer.headers["Location"].removeprefix(server.url) == location
    assert answer.json() == server.json(location)


def check_unchanged(server, refusal, code, *words):
    """`refusal()` is answered by this error, and every byte of the file is as it was."""
    before = state_of(server.root / "a.h5")
    check_error(server, refusal(), code, *words)
    assert state_of(server.root / "a.h5") == before


# Groups


@pytest.mark.parametrize(
    "path", ["new", "group/new", "x/y/z", "group/inner/a b", "é/日本", "a%b", "q?r", "#", "soft/new"])
def test_group_is_made_with_those_above_it(server, path):
    location = "/v1/groups/a.h5/" + escaped(*path.split("/"))
    check_made(server, server.put(location), location)
    with opened(server.root / "a.h5") as file:
        assert isinstance(file[path], h5py.Group) and not len(file[path])


@pytest.mark.parametrize("tracks", [None, False, True])
def test_group_keeps_the_order_of_creation_when_asked(server, tracks):
    assert server.put("/v1/groups/a.h5/new", *([] if tracks is None else [{"trackOrder": tracks}])).status_code == 201
    for name in "cab":
        assert server.put(f"/v1/groups/a.h5/new/{name}").status_code == 201
    with opened(server.root / "a.h5") as file:
        assert (file["new"].id.get_create_plist().get_link_creation_order() & 1 == 1) == bool(tracks)
        assert list(file["new"]) == (list("cab") if tracks else list("abc"))


@pytest.mark.parametrize("name, charset", [("plain", h5py.h5t.CSET_ASCII), ("é", h5py.h5t.CSET_UTF8)])
@pytest.mark.parametrize("resource, body", [
    ("groups", {}), ("datasets", {"shape": []}), ("links", {"link": "soft", "target": "/data"}),
    ("links", {"link": "hard", "target": "/data"}),
    ("links", {"link": "external", "targetFile": "b.h5", "target": "/x"})])
def test_link_names_are_marked_as_h5py_does(server, resource, body, name, charset):
    assert server.put(f"/v1/{resource}/a.h5/group/{escaped(name)}", body).status_code == 201
    with opened(server.root / "a.h5") as file:
        assert link_of(file["group"], name)[-1] == charset


@pytest.mark.parametrize("path", ["group", "group/inner", "soft", ""])
def test_group_that_is_there_is_made_only_when_required(server, path):
    check_unchanged(server, lambda: server.put(f"/v1/groups/a.h5/{path}"), "exists")
    before = state_of(server.root / "a.h5")
    check_made(server, server.put(f"/v1/groups/a.h5/{path}?require=true"), f"/v1/groups/a.h5/{path}", 200)
    assert state_of(server.root / "a.h5") == before


@pytest.mark.parametrize("path, code", [
    ("data", "exists"), ("data?require=true", "wrong_kind"), ("dangling", "exists"), ("outside", "exists"),
    ("data/inner", "wrong_kind")])
def test_group_takes_nobody_elses_place(server, path, code):
    check_unchanged(server, lambda: server.put(f"/v1/groups/a.h5/{path}"), code)


# Datasets: (body, what h5py is told)

CREATIONS = [
    ({"shape": [4, 5]}, {"shape": (4, 5)}),
    ({"shape": []}, {"shape": ()}),
    ({"shape": None, "datatype": "<i4"}, {"data": h5py.Empty("<i4")}),
    ({"shape": [0]}, {"shape": (0,)}),
    ({"shape": [3, 0, 2], "datatype": ">u2"}, {"shape": (3, 0, 2), "dtype": ">u2"}),
    ({"shape": [4], "datatype": "bool"}, {"shape": (4,), "dtype": "bool"}),
    ({"shape": [4], "datatype": "S7"}, {"shape": (4,), "dtype": "S7"}),
    ({"shape": [4], "datatype": "str"}, {"shape": (4,), "dtype": h5py.string_dtype()}),
    ({"shape": [4], "datatype": "<c16"}, {"shape": (4,), "dtype": "<c16"}),
    ({"value": 5}, {"data": 5}),
    ({"value": 2**63}, {"data": np.uint64(2**63)}),
    ({"value": [1.5, -2]}, {"data": [1.5, -2]}),
    ({"value": [[1, 2.5]]}, {"data": [[1, 2.5]]}),
    ({"value": [True, False]}, {"data": [True, False]}),
    ({"value": "Grüße"}, {"data": "Grüße"}),
    ({"value": ["a", "é"]}, {"data": ["a", "é"]}),
    ({"value": [[1, 2], [3, 4]], "datatype": "<f4"}, {"data": [[1, 2], [3, 4]], "dtype": "<f4"}),
    ({"value": 7, "shape": [2, 3], "datatype": "<i2"}, {"data": np.full((2, 3), 7), "dtype": "<i2"}),
    ({"value": [1, 2, 3], "shape": [3]}, {"data": [1, 2, 3]}),
    ({"shape": [4, 5], "fillvalue": -1.5}, {"shape": (4, 5), "fillvalue": -1.5}),
    ({"shape": [4], "datatype": ">i8", "fillvalue": 2**62}, {"shape": (4,), "dtype": ">i8", "fillvalue": 2**62}),
    ({"shape": [4], "datatype": "<f8", "fillvalue": "NaN"}, {"shape": (4,), "dtype": "<f8", "fillvalue": np.nan}),
    ({"shape": [4, 5], "chunks": [2, 3]}, {"shape": (4, 5), "chunks": (2, 3)}),
    ({"shape": [4, 5], "chunks": False}, {"shape": (4, 5)}),
    ({"shape": [4, 5], "maxshape": [None, 5]}, {"shape": (4, 5), "maxshape": (None, 5)}),
    ({"shape": [4, 5], "maxshape": [8, 5], "chunks": [6, 2]}, {"shape": (4, 5), "maxshape": (8, 5), "chunks": (6, 2)}),
    ({"shape": [0], "maxshape": [None]}, {"shape": (0,), "maxshape": (None,)}),
    ({"shape": [4, 5], "filters": [{"name": "deflate", "level": 7}]},
     {"shape": (4, 5), "compression": "gzip", "compression_opts": 7}),
    ({"shape": [4, 5], "filters": [{"name": "deflate", "level": 0}], "chunks": True},
     {"shape": (4, 5), "compression": "gzip", "compression_opts": 0}),
    ({"shape": [40], "filters": [{"name": "shuffle"}, {"name": "deflate", "level": 4}], "value": list(range(40))},
     {"data": range(40), "compression": 4, "shuffle": True}),
    ({"shape": [40], "filters": [{"name": "fletcher32"}]}, {"shape": (40,), "fletcher32": True}),
    ({"shape": [40], "filters": [{"name": "shuffle"}, {"name": "deflate", "level": 1}, {"name": "fletcher32"}]},
     {"shape": (40,), "shuffle": True, "compression": 1, "fletcher32": True}),
    ({"shape": [40], "filters": [{"id": 2}, {"id": 1, "parameters": [3]}], "chunks": [10]},
     {"shape": (40,), "chunks": (10,), "compression": 3, "shuffle": True}),
]


@pytest.mark.parametrize("body, options", CREATIONS, ids=lambda part: repr(part)[:60])
@pytest.mark.parametrize("path", ["new", "x/y/é"])
def test_dataset_is_made_as_h5py_makes_it(server, tmp_path, body, options, path):
    location = f"/v1/datasets/a.h5/{escaped(*path.split('/'))}"
    check_made(server, server.put(location, body), location)
    make(tmp_path / "reference.h5")
    with h5py.File(tmp_path / "reference.h5", "r+") as file:
        file.create_dataset(path, **({} if "data" in options else {"dtype": "<f4"}) | options)
    assert contents(server.root / "a.h5") == contents(tmp_path / "reference.h5")
    options = ("-H", "-p", "-d", path)
    assert dumped(server.root / "a.h5", *options) == dumped(tmp_path / "reference.h5", *options)


DATATYPES = {
    "string": h5py.string_dtype("ascii", 9), "utf8": h5py.string_dtype("utf-8", 4), "text": h5py.string_dtype("ascii"),
    "enum": h5py.enum_dtype({"A": 1, "é": -2}, "<i2"), "f2": np.dtype(">f2"),
    "nested": np.dtype([("x", "<f4"), ("in", [("b", "?"), ("s", "S3")]), ("é", h5py.string_dtype())]),
    "padded": np.dtype({"names": ["a", "b"], "formats": ["u1", "<f8"], "offsets": [2, 16], "itemsize": 40})}


@pytest.mark.parametrize("name", DATATYPES)
def test_dataset_takes_the_datatype_that_another_tells(server, name):
    kind = h5py.h5t.py_create(DATATYPES[name], logical=True)
    answer = server.put("/v1/datasets/a.h5/new", {"shape": [3], "datatype": wire.describe(kind)})
    assert answer.status_code == 201, answer.text
    with opened(server.root / "a.h5") as file:
        assert wire.describe(file["new"].id.get_type()) == wire.describe(kind)


@pytest.mark.parametrize("name", ["data", "flat", "group/inner/deep"])
def test_what_a_reader_was_told_makes_another_of_the_kind(server, name):
    told = server.json(f"/v1/datasets/a.h5/{name}")
    assert server.put("/v1/datasets/a.h5/copy", told).status_code == 201
    with opened(server.root / "a.h5") as file:
        # A default fill value is told like another.
        assert storage_of(file["copy"]) | {"fill": None} == storage_of(file[name]) | {"fill": None}
        assert file["copy"].fillvalue == file[name].fillvalue
        assert (file["copy"].shape, file["copy"].maxshape) == (file[name].shape, file[name].maxshape)


@pytest.mark.parametrize("shape, datatype, maxshape", [
    ([1], "i1", None), ([10], "<f8", None), ([1000, 1000], "<f8", None), ([7, 5000, 3], "<i2", [None, 5000, 3]),
    ([0], "<i4", [None]), ([0, 0], "<f8", [None, None]), ([1, 1, 1_000_000], "S64", None), ([100_000_000], "u1", None),
    ([3] * 10, "<c16", None), ([10_000_000_000], "<f8", None), ([2, 2], "str", None), ([50_000], "S1000", [None]),
    ([1000, 1000], "str", None)])
def test_chunks_are_guessed_as_h5py_does(server, shape, datatype, maxshape):
    body = {"shape": shape, "datatype": datatype, "chunks": True} | ({"maxshape": maxshape} if maxshape else {})
    answer = server.put("/v1/datasets/a.h5/new", body)
    assert answer.status_code == 201, answer.text
    kind = h5py.string_dtype() if datatype == "str" else np.dtype(datatype)
    with h5py.File("x.h5", "w", driver="core", backing_store=False) as file:
        expected = file.create_dataset("x", shape, kind, chunks=True, maxshape=maxshape and tuple(maxshape)).chunks
    with opened(server.root / "a.h5") as file:
        assert file["new"].chunks == expected


@pytest.mark.parametrize("body, code", [
    ({}, "invalid"), ([], "invalid"), ("x", "invalid"), ({"datatype": "<i4"}, "invalid"), ({"shape": [-1]}, "invalid"),
    ({"shape": [1.5]}, "invalid"), ({"shape": "3"}, "invalid"), ({"shape": [3], "nonsense": 1}, "invalid"),
    ({"shape": [3], "datatype": "<i3"}, "invalid"), ({"shape": [3], "datatype": "nonsense"}, "invalid"),
    ({"shape": [3], "datatype": {"class": "H5T_NONSENSE"}}, "invalid"), ({"shape": [3], "datatype": {}}, "invalid"),
    ({"shape": [3], "maxshape": [2]}, "invalid"), ({"shape": [3], "maxshape": [3, 3]}, "invalid"),
    ({"shape": [], "maxshape": [None]}, "invalid"), ({"shape": [], "chunks": []}, "invalid"),
    ({"shape": [], "chunks": True}, "invalid"), ({"shape": None, "chunks": True}, "invalid"),
    ({"shape": [], "filters": [{"name": "shuffle"}]}, "invalid"), ({"shape": [3], "chunks": [4]}, "invalid"),
    ({"shape": [3], "chunks": [0]}, "invalid"), ({"shape": [3], "chunks": [1, 1]}, "invalid"),
    ({"shape": [3], "chunks": False, "maxshape": [None]}, "invalid"),
    ({"shape": [3], "chunks": False, "filters": [{"name": "deflate", "level": 4}]}, "invalid"),
    ({"shape": [3], "filters": [{"name": "deflate", "level": 10}]}, "invalid"),
    ({"shape": [3], "filters": [{"name": "nonsense"}]}, "invalid"), ({"shape": [3], "filters": [{}]}, "invalid"),
    ({"shape": [3], "filters": [{"id": 31999}]}, "unsupported"), ({"shape": [3], "filters": "deflate"}, "invalid"),
    ({"shape": [3], "fillvalue": "x"}, "invalid"), ({"shape": [3], "datatype": "i1", "fillvalue": 300}, "invalid"),
    ({"shape": [3], "value": [1, 2]}, "invalid"), ({"shape": [3], "value": "x", "datatype": "<i4"}, "invalid"),
    ({"value": [[1], [2, 3]]}, "invalid"), ({"value": [1, "x"]}, "invalid"), ({"value": [2**64]}, "invalid"),
    ({"value": {"a": 1}}, "invalid"), ({"shape": [1] * 33}, "invalid"), ({"shape": [2**62, 2**62]}, "too_large"),
    ({"shape": [2**70]}, "invalid")], ids=lambda part: repr(part)[:60])
def test_dataset_that_makes_no_sense_is_refused(server, body, code):
    check_unchanged(server, lambda: server.put("/v1/datasets/a.h5/x/new", body), code)


@pytest.mark.parametrize("text", [b'{"shape": [3], "shape": [3]}', b'{"shape": [3],}', b"", b'{"shape": [3]} x'])
def test_dataset_body_must_be_clean_json(server, text):
    check_unchanged(server, lambda: server.put("/v1/datasets/a.h5/x", text, content_type="application/json"), "invalid")


@pytest.mark.parametrize("query, body, code", [
    ("require=true", {"shape": [2, 3], "datatype": "<i4"}, None),
    ("require=true&exact=true", {"shape": [2, 3], "datatype": "<i4"}, None),
    ("require=true", {"shape": [2, 3], "datatype": ">i2"}, None),
    ("require=true", {"shape": [2, 3], "datatype": "<f8"}, "exists"),
    ("require=true&exact=true", {"shape": [2, 3], "datatype": "<i8"}, "exists"),
    ("require=true", {"shape": [3, 2], "datatype": "<i4"}, "exists"),
    ("require=true", {"shape": [2, 3], "datatype": "str"}, "exists"),
    ("require=false", {"shape": [2, 3], "datatype": "<i4"}, "exists"),
    ("", {"shape": [2, 3], "datatype": "<i4"}, "exists")])
def test_dataset_that_is_there_is_left_alone(server, query, body, code):
    if code:
        return check_unchanged(server, lambda: server.put(f"/v1/datasets/a.h5/data?{query}", body), code, "data")
    before = state_of(server.root / "a.h5")
    check_made(server, server.put(f"/v1/datasets/a.h5/data?{query}", body), "/v1/datasets/a.h5/data", 200)
    assert state_of(server.root / "a.h5") == before


@pytest.mark.parametrize("path, code", [
    ("group?require=true", "wrong_kind"), ("group", "exists"), ("dangling", "exists"), ("data/x", "wrong_kind"),
    ("", "exists")])
def test_dataset_takes_nobody_elses_place(server, path, code):
    check_unchanged(server, lambda: server.put(f"/v1/datasets/a.h5/{path}", {"shape": [1]}), code)


def test_dataset_is_made_only_once(server):
    first, second = (server.put("/v1/datasets/a.h5/new", {"shape": [1]}, if_none_match="*") for _ in range(2))
    assert first.status_code == 201
    check_error(server, second, "precondition_failed")


# Resizing


@pytest.mark.parametrize("shape", [[5, 3], [1, 3], [0, 3], [2, 3], [300, 3], [2, 1]])
def test_dataset_is_resized(server, tmp_path, shape):
    answer = server.patch("/v1/datasets/a.h5/data", {"shape": shape})
    check_made(server, answer, "/v1/datasets/a.h5/data", 200)
    make(tmp_path / "reference.h5")
    with h5py.File(tmp_path / "reference.h5", "r+") as file:
        file["data"].resize(shape)
    assert contents(server.root / "a.h5") == contents(tmp_path / "reference.h5")


@pytest.mark.parametrize("path, body, code", [
    ("data", {"shape": [2, 4]}, "out_of_bounds"), ("data", {"shape": [2]}, "invalid"), ("data", {}, "invalid"),
    ("data", {"shape": [-1, 3]}, "invalid"), ("data", {"shape": None}, "invalid"),
    ("data", {"shape": [3, 3], "x": 1}, "invalid"),
    ("flat", {"shape": [5]}, "unsupported"), ("group", {"shape": [5]}, "wrong_kind"),
    ("none", {"shape": [5]}, "not_found")])
def test_resize_that_cannot_be_is_refused(server, path, body, code):
    check_unchanged(server, lambda: server.patch(f"/v1/datasets/a.h5/{path}", body), code)


# Links


@pytest.mark.parametrize("body, link", [
    ({"link": "soft", "target": "/group/inner"}, ("soft", "/group/inner")),
    ({"link": "soft", "target": "no/where/é"}, ("soft", "no/where/é")),
    ({"link": "hard", "target": "/data"}, ("hard",)), ({"link": "hard", "target": "/soft"}, ("hard",)),
    ({"link": "external", "targetFile": "other/é.h5", "target": "/a/é"}, ("external", "other/é.h5", "/a/é"))])
@pytest.mark.parametrize("path", ["new", "x/y/new"])
def test_link_is_made(server, body, link, path):
    check_made(server, server.put(f"/v1/links/a.h5/{path}", body), f"/v1/links/a.h5/{path}")
    with opened(server.root / "a.h5") as file:
        group, _, name = ("/" + path).rpartition("/")
        assert link_of(file[group or "/"], name)[:-1] == link
        if link[0] == "hard":
            assert file[path] == file[body["target"]]


@pytest.mark.parametrize("path, body, code", [
    ("data", {"link": "soft", "target": "/x"}, "exists"), ("dangling", {"link": "hard", "target": "/data"}, "exists"),
    ("new", {"link": "hard", "target": "/nothing"}, "not_found"), ("new", {"link": "hard"}, "invalid"),
    ("new", {"link": "soft"}, "invalid"), ("new", {"link": "odd", "target": "/x"}, "invalid"),
    ("new", {"link": "external", "target": "/x"}, "invalid"), ("new", {"target": "/x"}, "invalid"),
    ("new", {"link": "soft", "target": 5}, "invalid"), ("new", {"link": "soft", "target": ""}, "invalid"),
    ("new", {"link": "soft", "target": "a\0b"}, "invalid"),
    ("data/new", {"link": "soft", "target": "/x"}, "wrong_kind"),
    ("new", {"link": "soft", "target": "/x", "targetFile": "b.h5"}, "invalid"),
    ("", {"link": "soft", "target": "/x"}, None)])
def test_link_that_cannot_be_is_refused(server, path, body, code):
    before = state_of(server.root / "a.h5")
    answer = server.put(f"/v1/links/a.h5/{path}", body)
    check_error(server, answer, code or answer.json()["code"])
    assert state_of(server.root / "a.h5") == before


@pytest.mark.parametrize("source, place", [
    (source, place) for source in ["data", "group", "soft", "dangling", "outside", "group/inner/deep"]
    for place in ["/new", "/x/y/é", "/group/moved"] if (source, place) != ("group", "/group/moved")])
def test_link_is_moved_with_what_it_holds(server, tmp_path, source, place):
    answer = server.patch(f"/v1/links/a.h5/{source}", {"path": place})
    check_made(server, answer, "/v1/links/a.h5/" + escaped(*place[1:].split("/")), 200)
    make(tmp_path / "reference.h5")
    with h5py.File(tmp_path / "reference.h5", "r+") as file:
        file.move(source, place)
    assert contents(server.root / "a.h5") == contents(tmp_path / "reference.h5")


@pytest.mark.parametrize("source, body, code", [
    ("none", {"path": "/new"}, "not_found"), ("data", {"path": "/flat"}, "exists"),
    ("data", {"path": "/dangling"}, "exists"),
    ("data", {}, "invalid"), ("data", {"path": ""}, "invalid"), ("data", {"path": "/"}, "invalid"),
    ("data", {"path": 5}, "invalid"),
    ("data", {"path": "/flat/new"}, "wrong_kind"), ("", {"path": "/new"}, "invalid"),
    ("data", {"path": "/n", "x": 1}, "invalid")])
def test_move_that_cannot_be_is_refused(server, source, body, code):
    answer = server.patch(f"/v1/links/a.h5/{source}", body)
    if (source, body) == ("data", {"path": "/"}) and answer.status_code == 409:
        code = "exists"
    check_unchanged(server, lambda: server.patch(f"/v1/links/a.h5/{source}", body), code)


# Unlinking


@pytest.mark.parametrize("resource, path", [
    ("groups", "group"), ("groups", "group/inner"), ("groups", "soft"), ("datasets", "data"),
    ("datasets", "group/inner/deep"), ("links", "data"), ("links", "group"), ("links", "soft"), ("links", "dangling"),
    ("links", "outside")])
def test_unlink_takes_the_link_away(server, tmp_path, resource, path):
    answer = server.delete(f"/v1/{resource}/a.h5/{path}")
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    make(tmp_path / "reference.h5")
    with h5py.File(tmp_path / "reference.h5", "r+") as file:
        del file[path]
    assert contents(server.root / "a.h5") == contents(tmp_path / "reference.h5")
    assert dumped(server.root / "a.h5", "-H") == dumped(tmp_path / "reference.h5", "-H")


@pytest.mark.parametrize("resource, path, code", [
    ("groups", "data", "wrong_kind"), ("datasets", "group", "wrong_kind"), ("datasets", "soft", "wrong_kind"),
    *[(resource, "", "invalid") for resource in ("groups", "links")],
    *[(resource, path, "not_found") for resource in ("groups", "datasets", "links") for path in ("none", "none/none")]])
def test_unlink_of_what_is_not_there_is_refused(server, resource, path, code):
    check_unchanged(server, lambda: server.delete(f"/v1/{resource}/a.h5/{path}"), code)


def test_object_with_a_second_link_survives_the_first(server):
    assert server.put("/v1/links/a.h5/again", {"link": "hard", "target": "/data"}).status_code == 201
    assert server.delete("/v1/datasets/a.h5/data").status_code == 204
    assert server.json("/v1/values/a.h5/again") == [[0, 1, 2], [3, 4, 5]]
    check_error(server, server.get("/v1/values/a.h5/data"), "not_found")


# Names


@pytest.mark.parametrize("path", ["..", ".", "a/../b", "a\0b"])
def test_names_that_a_path_cannot_have_go_by_the_query_or_are_refused(server, path):
    answer = server.put("/v1/groups", params={"file": "a.h5", "path": path})
    if path == "..":
        assert answer.status_code == 201, answer.text
        with opened(server.root / "a.h5") as file:
            assert ".." in list(file)
    else:
        assert answer.status_code in (201, 400, 409), answer.text
    assert eventually(lambda: server.get("/v1/groups/a.h5").status_code == 200)


@pytest.mark.parametrize("target", [
    "/v1/groups/a.h5%2Fx%2Fnew", "/v1/groups?file=a.h5&path=x%2Fnew", "/v1/groups?file=a.h5&path=/x/new/",
    "/v1/groups/a.h5/x/new/", "/v1/groups/a.h5//x//new"])
def test_place_is_named_in_the_path_or_in_the_query(server, target):
    assert server.put(target).status_code == 201
    with opened(server.root / "a.h5") as file:
        assert "new" in file["x"]
