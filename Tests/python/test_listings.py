"""Listings of directories, files and groups, trees, links, and the descriptions of datasets."""

import base64
import os
from urllib.parse import parse_qs, urlsplit

import h5py
import pytest

import trees
import wire

MEMBER_KEYS = {"name", "nameBase64", "kind", "link", "href", "target", "targetFile", "shape", "datatype", "members"}


def pages(server, target, limit=None):
    """Every page of a listing, found by the `Link` field of the one before; `next` is its `after`."""
    query = {"limit": limit} if limit else None
    while target:
        answer = server.get(target, query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        target, query = answer.links.get("next", {}).get("url"), None
        assert (target is None) == (page["next"] is None)
        if target:
            assert parse_qs(urlsplit(target).query)["after"] == [page["next"]]


def members(server, target, limit=None):
    return [member for page in pages(server, target, limit) for member in page["members"]]


def by_name(server, target):
    return {member["name"]: member for member in members(server, target)}


def name_of(member):
    """A member's name in bytes."""
    return base64.b64decode(member["nameBase64"]) if "nameBase64" in member else member["name"].encode()


# Groups


def test_group_tells_of_itself(server):
    group = server.json("/v1/groups/links.h5/group")
    assert (group["file"], group["path"], group["kind"]) == ("links.h5", "/group", "group")
    assert (group["memberCount"], group["attributeCount"], group["next"]) == (3, 0, None)
    assert group["tracksCreationOrder"] is False
    assert server.json("/v1/groups/many-v110.h5/ordered")["tracksCreationOrder"] is True


def test_group_members_have_kind_link_and_href(server):
    told = by_name(server, "/v1/groups/links.h5")
    expected = {
        "data": ("dataset", "hard"), "group": ("group", "hard"), "type": ("datatype", "hard"),
        "soft": ("group", "soft"),
        "relative": ("dataset", "soft"), "dangling": (None, "soft"), "circle": (None, "soft"),
        "outside": (None, "external"), "outside_nothing": (None, "external"), "outside_far": (None, "external"),
        "loop": ("group", "hard"), "names": ("group", "hard")}
    assert {name: (member["kind"], member["link"]) for name, member in told.items()} == expected
    assert told["data"]["shape"] == [2, 3] and told["data"]["datatype"] == wire.from_numpy("<f8")
    assert (told["soft"]["target"], told["dangling"]["target"]) == ("/group/inner", "/no/where")
    assert (told["outside"]["targetFile"], told["outside"]["target"]) == ("small.h5", "/counts")
    assert all(set(member) <= MEMBER_KEYS for member in told.values())


def test_group_hrefs_lead_to_the_members(server):
    for name, member in by_name(server, "/v1/groups/links.h5").items():
        answer = server.get(member["href"])
        assert answer.status_code == 200, f"{name}: {answer.text}"
        assert answer.json()["path"] == f"/{name}"


def test_group_names_survive_the_way_through_listing_and_href(server):
    wanted = {
        b"\xff\xfe", b"caf\xe9", "žluť".encode(), b"with space", b"a?b&c=d#e%2F+", b"quote\"\\", b"tab\t", b".."}
    told = members(server, "/v1/groups/links.h5/names")
    assert {name_of(member) for member in told} == wanted
    for member in told:
        answer = server.raw(member["href"])
        assert answer.status_code == 200, f"{member}: {answer.text}"
        assert answer.json()["kind"] == ("group" if member["name"] == ".." else "dataset")


def test_group_listing_is_deeper_when_asked(server):
    told = {member["name"]: member for member in server.json("/v1/groups/links.h5", {"depth": 3})["members"]}
    assert "members" not in told["data"]
    inner = {member["name"]: member for member in told["group"]["members"]}
    assert {member["name"] for member in inner["inner"]["members"]} == {"deep"}
    assert inner["inner"]["members"][0]["shape"] == []
    flat = {member["name"]: member for member in server.json("/v1/groups/links.h5")["members"]}
    assert "members" not in flat["group"]


@pytest.mark.parametrize("file", ["many-earliest.h5", "many-v110.h5"])
@pytest.mark.parametrize("limit, count", [(None, 100), (999, 11), (10_000, 1)])
def test_group_of_ten_thousand_is_listed_to_the_end(server, file, limit, count):
    told = list(pages(server, f"/v1/groups/{file}/many", limit))
    names = [member["name"] for page in told for member in page["members"]]
    assert sorted(names) == [f"g{number:05d}" for number in range(trees.MANY)]
    assert len(told) == count and {page["memberCount"] for page in told} == {trees.MANY}


@pytest.mark.parametrize("limit", [7, 101, 1000])
@pytest.mark.parametrize("file", ["many-earliest.h5", "many-v110.h5"])
def test_group_members_come_in_order_of_creation_where_it_is_tracked(server, file, limit):
    assert [m["name"] for m in members(server, f"/v1/groups/{file}/ordered", limit)] == trees.SHUFFLED
    assert [m["name"] for m in members(server, f"/v1/groups/{file}/unordered", limit)] == sorted(trees.SHUFFLED)


def test_group_can_be_empty(server):
    group = server.json("/v1/groups/many-v110.h5/empty")
    assert (group["members"], group["memberCount"], group["next"]) == ([], 0, None)


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "x", "1.5", "", "99999999999999999999"])
def test_group_refuses_a_limit_out_of_range(server, limit):
    assert server.get("/v1/groups/small.h5", {"limit": limit}).status_code == 400


# Links


@pytest.mark.parametrize("name, expected", [
    ("data", {"link": "hard", "kind": "dataset"}),
    ("group/again", {"link": "hard", "kind": "dataset"}),
    ("soft", {"link": "soft", "kind": "group", "target": "/group/inner"}),
    ("relative", {"link": "soft", "kind": "dataset", "target": "group/inner/deep"}),
    ("dangling", {"link": "soft", "target": "/no/where"}),
    ("outside", {"link": "external", "target": "/counts", "targetFile": "small.h5"}),
])
def test_link_is_told_as_it_is_stored(server, name, expected):
    told = server.json(f"/v1/links/links.h5/{name}")
    assert expected.items() <= told.items()
    assert (told["file"], told["path"]) == ("links.h5", f"/{name}")


def test_objects_are_reached_through_soft_links(server):
    assert server.json("/v1/values/links.h5/soft/deep") == 5
    assert server.json("/v1/values/links.h5/loop/back/up/back/again") == [[0, 1, 2], [3, 4, 5]]


# Trees


def visited(root, file):
    names = []
    with h5py.File(root / file, "r") as opened:
        opened.visit(names.append)
    return sorted(names)


@pytest.mark.parametrize("file", ["values-v110.h5", "many-v110.h5", "attributes-earliest.h5", "folder/inner/deep.h5"])
def test_tree_has_every_object_that_h5py_visits(server, file):
    told = server.json(f"/v1/tree/{file}")
    assert sorted(entry["path"] for entry in told) == visited(server.root, file)


def test_tree_names_an_object_once_whatever_leads_to_it(server):
    told = server.json("/v1/tree/links.h5")
    paths = [entry["path"] for entry in told]
    assert len(paths) == len(set(paths))
    assert sum(entry.get("shape") == [2, 3] for entry in told) == 1
    assert {entry["path"]: entry["kind"] for entry in told}["type"] == "datatype"


def test_tree_tells_other_links_when_asked(server):
    told = server.json("/v1/tree/links.h5", {"aliases": "true"})
    firsts = {entry["path"]: entry for entry in told if "sameAs" not in entry}
    assert firsts == {entry["path"]: entry for entry in server.json("/v1/tree/links.h5")}
    others = {entry["path"]: entry["sameAs"] for entry in told if "sameAs" in entry}
    assert others == {"group/again": "data", "group/up/back": "group", "loop": "group/up"}
    below = server.json("/v1/tree/links.h5/loop", {"aliases": "true"})
    assert {entry["path"]: entry["sameAs"] for entry in below if "sameAs" in entry} == {"back/up": ""}
    assert server.get("/v1/tree/links.h5", {"aliases": "maybe"}).status_code == 400


def test_tree_in_lines_is_the_tree(server):
    answer = server.get("/v1/tree/values-v110.h5", {"format": "ndjson"})
    assert answer.headers["Content-Type"].split(";")[0] == "application/x-ndjson"
    lines = [wire.parse(line) for line in answer.text.splitlines()]
    assert lines == wire.parse(server.get("/v1/tree/values-v110.h5").content)


def test_tree_goes_as_deep_as_asked(server):
    def deepest(query):
        return max(entry["path"].count("/") + 1 for entry in server.json("/v1/tree/values-v110.h5", query))
    assert [deepest({"depth": 1}), deepest({"depth": 2}), deepest(None)] == [1, 2, 3]


def test_tree_hrefs_lead_to_the_objects(server):
    for entry in server.json("/v1/tree/links.h5"):
        if ".." not in entry["path"]:
            assert server.get(entry["href"]).status_code == 200, entry


# Datasets


def test_dataset_tells_how_it_is_stored(server):
    told = server.json("/v1/datasets/datasets.h5/zipped")
    expected = {
        "file": "datasets.h5", "path": "/zipped", "kind": "dataset", "shape": [10, 10], "maxshape": [20, None],
        "chunks": [5, 2], "layout": "chunked", "fillvalue": 1.5, "attributeCount": 0, "storageSize": 0,
        "datatype": wire.from_numpy("<f4")}
    assert expected.items() <= told.items()
    assert [filter["name"] for filter in told["filters"]] == ["shuffle", "deflate", "fletcher32"]
    assert told["filters"][1]["level"] == 6


@pytest.mark.parametrize("name, expected", [
    ("plain", {"shape": [4], "maxshape": [4], "chunks": False, "filters": [], "layout": "contiguous"}),
    ("null", {"shape": None, "maxshape": None, "datatype": wire.from_numpy("<i8")}),
    ("scalar", {"shape": [], "maxshape": [], "fillvalue": 0}),
])
def test_dataset_is_described(server, name, expected):
    assert expected.items() <= server.json(f"/v1/datasets/datasets.h5/{name}").items()


def test_datasets_have_the_datatypes_that_h5py_sees(server):
    with h5py.File(server.root / "values-v110.h5", "r") as file:
        for name, group in file["layouts"].items():
            told = server.json(f"/v1/datasets/values-v110.h5/layouts/{name}/compact")
            assert told["layout"] == "compact"
            assert wire.same_type(told["datatype"], wire.describe(group["compact"].id.get_type()))


def test_dataset_hrefs_lead_to_values_and_attributes(server):
    hrefs = server.json("/v1/datasets/links.h5/data")["hrefs"]
    assert server.json(hrefs["values"]) == [[0, 1, 2], [3, 4, 5]]
    assert server.json(hrefs["attributes"])["units"]["value"] == "m"


@pytest.mark.parametrize("name, kind", [
    ("array_field", "H5T_COMPOUND"), ("sequence", "H5T_VLEN"), ("opaque", "H5T_OPAQUE"), ("reference", "H5T_REFERENCE"),
    ("region", "H5T_REFERENCE"), ("bitfield", "H5T_BITFIELD"), ("long_double", "H5T_FLOAT"),
])
def test_dataset_of_a_special_datatype_is_described(server, name, kind):
    told = server.json(f"/v1/datasets/datasets.h5/special/{name}")
    assert told["datatype"]["class"] == kind
    assert by_name(server, "/v1/groups/datasets.h5/special")[name]["datatype"] == told["datatype"]


# Directories and files


def test_directory_lists_what_is_not_hidden(server):
    told = members(server, "/v1/files/folder/")
    names = [b"C.h5", b"a b.h5", b"b.h5", b"inner", b"link.h5", b"notes.txt", "ü.h5".encode(), b"\xff.h5"]
    assert [name_of(member) for member in told] == names
    kinds = {member["name"]: member["kind"] for member in told}
    assert (kinds["inner"], kinds["b.h5"], kinds["link.h5"]) == ("directory", "file", "file")
    sizes = {member["name"]: member["size"] for member in told}
    assert sizes["b.h5"] == os.path.getsize(server.root / "folder/b.h5") and sizes["inner"] is None


def test_directory_hrefs_lead_to_the_members(server):
    for member in members(server, "/v1/files/folder"):
        answer = server.raw(member["href"])
        if member["name"] == "notes.txt":
            assert answer.status_code == 422
            continue
        assert answer.status_code == 200, f"{member}: {answer.text}"
        assert answer.json()["kind"] == member["kind"]


@pytest.mark.parametrize("limit", [None, 3, 64, 249, 250, 251])
def test_directory_is_listed_to_the_end(server, limit):
    names = [member["name"] for member in members(server, "/v1/files/crowd", limit)]
    assert names == [f"f{number:03d}.h5" for number in range(250)]


@pytest.mark.parametrize("target", ["/v1/files", "/v1/files/", "/v1/files?file="])
def test_root_directory_is_listed(server, target):
    root = server.json(target)
    assert (root["path"].strip("/"), root["kind"]) == ("", "directory")
    assert {"folder", "small.h5", "way"} <= {member["name"] for member in root["members"]}


def test_file_tells_of_itself(server):
    told = server.json("/v1/files/values-userblock.h5")
    assert (told["path"], told["kind"], told["userBlockSize"]) == ("values-userblock.h5", "file", 1024)
    assert told["size"] == os.path.getsize(server.root / "values-userblock.h5")
    assert (told["superblockVersion"], server.json("/v1/files/many-v110.h5")["superblockVersion"]) == (0, 3)
    for kind, href in told["hrefs"].items():
        assert server.get(href).status_code == 200, kind


@pytest.mark.parametrize(
    "target", ["folder/link.h5/x", "way/deep.h5/x", "folder/inner/deep.h5/x", "folder//inner/deep.h5//x/"])
def test_files_are_reached_through_links_inside_the_root(server, target):
    assert server.json(f"/v1/values/{target}") == [1, 2, 3]
