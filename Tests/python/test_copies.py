"""Copies of objects, inside a file and between files: h5py's `Group.copy`, flag by flag, under locks."""

import shutil
import threading

import h5py
import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from written import opened, state_of


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    (root / "sub").mkdir(parents=True)
    with create(root / "a.h5", "earliest") as file:
        group = file.create_group("g")
        group["x"] = np.arange(12, dtype="<i4").reshape(3, 4)
        group["x"].attrs["unit"] = "mm"
        group.attrs["title"] = "group"
        group.create_dataset("packed", data=np.arange(1000.0), chunks=(100,), compression="gzip", shuffle=True)
        group["deep/deeper/y"] = "text"
        group["soft"] = h5py.SoftLink("/g/x")
        group["dangling"] = h5py.SoftLink("/nowhere")
        group["external"] = h5py.ExternalLink("sub/c.h5", "/z")
        group["again"] = group["x"]
        file["refs"] = np.array([group["x"].ref, group.ref], dtype=h5py.ref_dtype)
        file["type"] = np.dtype("<f4")
    with create(root / "b.h5", "v110") as file:
        file["here"] = 1
    with create(root / "sub" / "c.h5", "earliest") as file:
        file["z"] = np.full(3, 7, "<u2")
    return root


@pytest.fixture
def server(start_server, folder):
    return start_server(folder)


def copy(server, name, body, **headers):
    return server.send("POST", f"/v1/copies/{name}", body, **headers)


def tree(path):
    """Everything in a file that a copy takes along, as h5py reads it."""
    found = {}

    def values(item):
        if not isinstance(item, h5py.Dataset):
            return None
        if item.dtype.kind == "O" and h5py.check_ref_dtype(item.dtype):
            return [bool(one) and item.file[one].name for one in item[()].ravel()]
        return item.dtype.str, item.shape, item.chunks, item.compression, np.asarray(item[()]).tobytes() \
            if item.dtype.kind != "O" else item[()]

    def visit(group, prefix):
        for name in group:
            link = group.get(name, getlink=True)
            place = f"{prefix}/{name}"
            if isinstance(link, h5py.SoftLink):
                found[place] = ("soft", link.path)
            elif isinstance(link, h5py.ExternalLink):
                found[place] = ("external", link.filename, link.path)
            else:
                item = group[name]
                found[place] = (type(item).__name__, sorted(item.attrs), values(item))
                if isinstance(item, h5py.Group):
                    visit(item, place)

    with h5py.File(path, "r") as file:
        visit(file, "")
    return found


FLAGS = {"shallow": "shallow", "expandSoft": "expand_soft", "expandExternal": "expand_external",
         "expandReferences": "expand_refs", "withoutAttributes": "without_attrs"}


@pytest.mark.parametrize("flags", [()] + [(flag,) for flag in FLAGS] + [tuple(FLAGS), ("expandSoft", "withoutAttributes")])
@pytest.mark.parametrize("source, target", [
    ("/g", "/new"), ("/g", "/made/on/the/way"), ("/g/x", "/g/copy"), ("/refs", "/refs2"), ("/type", "/t2"),
    ("/g/packed", "p")])
@pytest.mark.parametrize("other", [None, "b.h5"])
def test_copy_is_that_of_h5py(server, folder, tmp_path, flags, source, target, other):
    ours = shutil.copytree(folder, tmp_path / "twin")
    answer = copy(server, "a.h5", {"source": source, "path": target, **({"file": other} if other else {}),
                                   **dict.fromkeys(flags, True)})
    assert answer.status_code == 201, answer.text
    assert answer.json()["file"] == (other or "a.h5")
    with h5py.File(ours / "a.h5", "r" if other else "r+") as file:
        if other:
            with h5py.File(ours / other, "r+") as destination:
                file.copy(file[source], destination, target, **{FLAGS[flag]: True for flag in flags})
        else:
            file.copy(source, file, target, **{FLAGS[flag]: True for flag in flags})
    assert tree(folder / (other or "a.h5")) == tree(ours / (other or "a.h5"))
    if other:
        assert (folder / "a.h5").read_bytes() == (ours / "a.h5").read_bytes()


def test_group_copied_into_itself_ends(server, folder, tmp_path):
    twin = shutil.copy(folder / "a.h5", tmp_path / "twin.h5")
    assert copy(server, "a.h5", {"source": "/g", "path": "/g/itself"}).status_code == 201
    with h5py.File(twin, "r+") as file:
        file.copy("/g", file, "/g/itself")
    assert tree(folder / "a.h5") == tree(twin)


def test_whole_tree_is_copied_into_a_group(server, folder):
    assert copy(server, "a.h5", {"source": "/", "file": "b.h5", "path": "/all"}).status_code == 201
    copied = {name.removeprefix("/all"): what for name, what in tree(folder / "b.h5").items() if name.startswith("/all/")}
    wanted = tree(folder / "a.h5")
    copied.pop("/refs"), wanted.pop("/refs")
    assert copied == wanted


@pytest.mark.parametrize("body, code, words", [
    ({"source": "/nothing", "path": "/new"}, "not_found", ["/nothing"]),
    ({"source": "/g", "path": "/g/x"}, "exists", ["/g/x"]),
    ({"source": "/g", "path": "/g/x/y"}, "wrong_kind", ["/g/x"]),
    ({"source": "/g", "path": "/new", "file": "none.h5"}, "not_found", ["none.h5"]),
    ({"source": "/g", "path": "/new", "file": "../b.h5"}, "invalid", ["file"]),
    ({"source": "/g", "path": "/new", "file": "sub"}, "wrong_kind", ["sub"]),
    ({"source": "/g"}, "invalid", ["path"]), ({"source": "/g", "path": "/"}, "exists", ["root"]),
    ({"source": "/g", "path": "/new", "deep": True}, "invalid", ["deep"]),
    ({"source": "/g", "path": "/new", "shallow": 1}, "invalid", ["shallow"]),
    ({"source": "/g/external", "path": "/new"}, "unsupported", ["external link"])])
def test_copy_that_cannot_be_changes_nothing(server, folder, body, code, words):
    before = {name: (folder / name).read_bytes() for name in ("a.h5", "b.h5")}
    check_error(server, copy(server, "a.h5", body), code, *words)
    assert before == {name: (folder / name).read_bytes() for name in before}


@pytest.mark.parametrize("bounds", ["earliest", "v110"])
@pytest.mark.parametrize("other", [None, "b.h5"])
@pytest.mark.parametrize("flags", [(), ("shallow",), ("withoutAttributes",)])
def test_attributes_beside_the_header_are_copied(server, folder, bounds, other, flags):
    """libhdf5 1.10.8 crashes when it copies more than a few, of which one is a text."""
    with create(folder / "many.h5", bounds) as file:
        file["g/x"], file["type"] = np.arange(5), h5py.string_dtype("utf-8", 4)
        for item in (file["g"], file["g/x"]):
            for number in range(20):
                item.attrs[f"n{number}"] = f"text {number}"
            lists = np.empty(1, object)
            lists[0] = np.array([1, 2], "<i2")
            item.attrs.create("lists", lists, (1,), h5py.vlen_dtype("<i2"))
            item.attrs.create("kind", "abcd", (), file["type"])
            item.attrs["to"] = file["g"].ref
    body = {"source": "/g", "path": "/new", **({"file": other} if other else {}), **dict.fromkeys(flags, True)}
    answer = copy(server, "many.h5", body)
    assert answer.status_code == 201, answer.text
    with h5py.File(folder / "many.h5") as file, h5py.File(folder / (other or "many.h5")) as copied:
        for old, new in ((file["g"], copied["new"]), (file["g/x"], copied["new/x"])):
            kept = {name: new.attrs[name] for name in new.attrs}
            assert kept.keys() == (set() if "withoutAttributes" in flags else old.attrs.keys())
            assert all(np.array_equal(kept[name], old.attrs[name]) for name in kept if name not in ("to", "lists"))
            # libhdf5 leaves references behind.
            assert not kept or not kept["to"] and kept["lists"][0].tolist() == [1, 2]
            assert not kept or kept["kind"] == b"abcd"


def test_attributes_beside_the_header_have_the_copies_of_their_datatypes(server, folder):
    with create(folder / "many.h5", "v110") as file:
        file["g/type"], file["type"] = np.dtype("<i4"), np.dtype("<f4")
        for number in range(20):
            file["g"].attrs[f"n{number}"] = f"text {number}"
        for place in ("g/type", "type"):
            file["g"].attrs.create(place.replace("/", " "), 5, (), file[place])
    assert copy(server, "many.h5", {"source": "/g", "path": "/new"}).status_code == 201
    with opened(folder / "many.h5") as file:
        inner, outer = (h5py.h5a.open(file["new"].id, name).get_type() for name in (b"g type", b"type"))
        assert h5py.h5o.get_info(inner).addr == h5py.h5o.get_info(file["new/type"].id).addr
        assert not outer.committed()


def test_attributes_beside_the_header_are_repacked(server, folder):
    with create(folder / "many.h5", "v110") as file:
        file["g/x"] = np.arange(5)
        for number in range(20):
            file["g"].attrs[f"n{number}"] = f"text {number}"
        file["g"].attrs["to"] = file["g/x"].ref
    assert server.send("POST", "/v1/repack/many.h5").status_code == 200
    with opened(folder / "many.h5") as file:
        attributes = file["g"].attrs
        assert [attributes[f"n{number}"] for number in range(20)] == [f"text {number}" for number in range(20)]
        assert file[attributes["to"]] == file["g/x"]


@pytest.mark.parametrize("bounds", ["earliest", "v110"])
@pytest.mark.parametrize("other", [None, "b.h5"])
def test_copied_datatypes_are_read_by_other_versions(server, folder, bounds, other):
    """libhdf5 1.10.8 makes headers of short datatypes that 2.0, h5py's, does not read."""
    kinds = [np.dtype("S3"), h5py.ref_dtype, h5py.string_dtype(), np.dtype("<i4"), np.dtype("V5")]
    with create(folder / "types.h5", bounds) as file:
        for number, kind in enumerate(kinds):
            h5py.h5t.py_create(kind, logical=True).copy().commit(file.id, b"t%d" % number)
            file.create_dataset(f"g/{number}", (2,), file[f"t{number}"])
        file["t2"].attrs["unit"] = "mm"
    to = {"file": other} if other else {}
    for number in range(len(kinds)):
        body = {"source": f"/t{number}", "path": f"/c{number}", "withoutAttributes": True} | to
        assert copy(server, "types.h5", body).status_code == 201
    assert copy(server, "types.h5", {"source": "/g", "path": "/h"} | to).status_code == 201
    assert server.send("POST", "/v1/repack/types.h5").status_code == 200
    for name in ("types.h5", other or "types.h5"):
        with opened(folder / name) as file:
            places = ("t{}", "g/{}") if name != (other or "types.h5") else ("c{}", "h/{}")
            for place in places:
                assert [file[place.format(number)].dtype for number in range(len(kinds))] == kinds


@pytest.mark.parametrize("place", ["dataset", "attribute"])
def test_regions_are_not_expanded(server, folder, place):
    """libhdf5 1.10.8 crashes where one is null."""
    with create(folder / "regions.h5", "earliest") as file:
        group = file.create_group("g")
        file["data"] = np.arange(5)
        regions = np.array([file["data"].regionref[1:3], h5py.RegionReference()], h5py.regionref_dtype)
        if place == "dataset":
            group.create_dataset("x", data=regions, dtype=h5py.regionref_dtype)
        else:
            group.attrs.create("x", regions, (2,), h5py.regionref_dtype)
    before = state_of(folder / "regions.h5")
    body = {"source": "/g", "path": "/new"}
    check_error(server, copy(server, "regions.h5", body | {"expandReferences": True}), "unsupported", "/g", "region")
    assert state_of(folder / "regions.h5") == before
    assert copy(server, "regions.h5", body).status_code == 201


def test_link_too_short_to_be_expanded(server, folder):
    with create(folder / "new.h5", "v110") as file:
        file["a"], file["g/l"], file["h/l"] = 1, h5py.SoftLink("/a"), h5py.SoftLink("/no/where")
    before = state_of(folder / "new.h5")
    for group, words in (("g", "/g/l"), ("h", "/h/l")):
        body = {"source": f"/{group}", "path": "/new", "expandSoft": True}
        check_error(server, copy(server, "new.h5", body), "unsupported", words)
    assert state_of(folder / "new.h5") == before
    with opened(folder / "new.h5", "r+") as file:
        file["g"].move("l", "m")
    assert copy(server, "new.h5", {"source": "/g", "path": "/new"}).status_code == 201


def test_locked_source_and_destination_are_named(server, folder, foreign):
    body = {"source": "/g", "file": "b.h5", "path": "/new"}
    assert foreign.open(folder / "a.h5", "r+") == "ok"
    check_error(server, copy(server, "a.h5", body, prefer="wait=0"), "locked", "a.h5")
    foreign.close()
    assert foreign.open(folder / "b.h5", "r") == "ok"
    check_error(server, copy(server, "a.h5", body, prefer="wait=0"), "locked", "b.h5")
    foreign.close()
    with h5py.File(folder / "a.h5", "r"):
        assert copy(server, "a.h5", body, prefer="wait=0").status_code == 201


def test_locked_source_is_waited_for_with_the_destination_free(server, folder, foreign):
    assert foreign.open(folder / "a.h5", "r+") == "ok"
    answers = []
    body = {"source": "/g", "file": "b.h5", "path": "/new"}
    thread = threading.Thread(target=lambda: answers.append(copy(server, "a.h5", body, prefer="wait=20")))
    thread.start()
    eventually(lambda: server.json("/v1/locks/a.h5")["waiters"], what="the wait for the source")
    with h5py.File(folder / "b.h5", "r+"):
        pass
    foreign.close()
    thread.join(20)
    assert answers[0].status_code == 201


def test_copies_both_ways_at_once_never_deadlock(start_server, folder):
    server = start_server(folder, "--workers", 3)
    failures = []

    def work(number):
        import requests

        with requests.Session() as session:
            for step in range(15):
                source, target = ("a.h5", "b.h5") if number % 2 else ("b.h5", "a.h5")
                body = {"source": "/here" if source == "b.h5" else "/g/x", "file": target, "path": f"/c/{number}/{step}"}
                answer = session.post(f"{server.url}/v1/copies/{source}", json=body, headers={"Prefer": "wait=40"})
                if answer.status_code != 201:
                    failures.append(answer.text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures
    with h5py.File(folder / "b.h5") as file:
        assert sum(len(group) for group in file["c"].values()) == 30


def test_external_target_that_is_locked_fails_an_expanding_copy(server, folder, foreign):
    assert foreign.open(folder / "sub" / "c.h5", "r+") == "ok"
    body = {"source": "/g", "path": "/new", "expandExternal": True}
    check_error(server, copy(server, "a.h5", body, prefer="wait=0"), "locked", "c.h5")
    foreign.close()
    assert copy(server, "a.h5", body).status_code == 201
    with h5py.File(folder / "a.h5") as file:
        assert file.get("new/external", getlink=True).__class__ is h5py.HardLink and file["new/external"][0] == 7


def test_destination_behind_an_external_link(server, folder):
    with h5py.File(folder / "a.h5", "r+") as file:
        file["link"] = h5py.ExternalLink("b.h5", "/")
    assert copy(server, "a.h5", {"source": "/g/x", "path": "/link/x"}).json()["file"] == "b.h5"
    with h5py.File(folder / "b.h5") as file:
        assert file["x"].shape == (3, 4)


def test_lease_of_the_file_covers_copies_inside_it(server):
    token = server.send("POST", "/v1/locks/a.h5", {"mode": "exclusive", "ttl": 30}).json()["token"]
    assert copy(server, "a.h5", {"source": "/g", "path": "/new"}, lock_token=token).status_code == 201
    answer = copy(server, "a.h5", {"source": "/g", "file": "b.h5", "path": "/new"}, lock_token=token)
    assert answer.status_code in (400, 412), answer.text


def test_server_that_only_reads_copies_nothing(start_server, folder):
    answer = copy(start_server(folder, "--read-only"), "a.h5", {"source": "/g", "path": "/new"})
    assert answer.status_code == 403
