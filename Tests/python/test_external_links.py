"""External links: what lies behind one is served as if it lay in the file, under its own lock, and only below the root."""

import json
import threading
import time

import h5py
import numpy as np
import pytest

from cases import create
from support import check_error, eventually

OCTETS = "application/octet-stream"


@pytest.fixture
def folder(tmp_path):
    """Files that lead to one another, as h5py writes them."""
    root = tmp_path / "served"
    (root / "deep" / "er").mkdir(parents=True)
    with create(root / "b.h5", "earliest") as file:
        file["x"] = np.arange(12, dtype="<i4").reshape(3, 4)
        file["x"].attrs["unit"] = "mm"
        file["g/y"] = np.arange(5.0)
        file["long"] = np.arange(40_000, dtype="<i8")
        file["t"] = np.dtype("<f4")
        file["up"] = h5py.ExternalLink("deep/c.h5", "/z")
    with create(root / "deep" / "c.h5", "v110") as file:
        file["z"] = np.full(3, 7, "<u2")
        file["b"] = h5py.ExternalLink("../b.h5", "/x")
        file["out"] = h5py.ExternalLink("../../outside.h5", "/x")
    with create(root / "a.h5", "earliest") as file:
        file["x"] = h5py.ExternalLink("b.h5", "/x")
        file["whole"] = h5py.ExternalLink("b.h5", "/")
        file["relative"] = h5py.ExternalLink("b.h5", "g")
        file["long"] = h5py.ExternalLink("b.h5", "/long")
        file["type"] = h5py.ExternalLink("b.h5", "/t")
        file["soft"] = h5py.SoftLink("/whole/g")
        file["hops"] = h5py.ExternalLink("deep/c.h5", "/b")
        file["far"] = h5py.ExternalLink("b.h5", "/up")
        file["absolute"] = h5py.ExternalLink(str(root / "b.h5"), "/x")
        file["served"] = h5py.ExternalLink("/deep/c.h5", "/z")
        file["moved"] = h5py.ExternalLink("/somewhere/else/b.h5", "/x")
        file["gone"] = h5py.ExternalLink("gone.h5", "/x")
        file["nothing"] = h5py.ExternalLink("b.h5", "/nothing")
        file["out"] = h5py.ExternalLink("../outside.h5", "/x")
        file["out_there"] = h5py.ExternalLink("deep/c.h5", "/out")
        file["password"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["hidden"] = h5py.ExternalLink(".hidden.h5", "/x")
        file["text"] = h5py.ExternalLink("text.h5", "/x")
        file["folder"] = h5py.ExternalLink("deep", "/x")
        file["circle"] = h5py.ExternalLink("round.h5", "/circle")
        file["self"] = h5py.ExternalLink("a.h5", "/own")
        file["own"] = np.int32(3)
    with create(root / "round.h5", "earliest") as file:
        file["circle"] = h5py.ExternalLink("a.h5", "/circle")
    for number in range(20):
        with create(root / f"chain{number}.h5", "earliest") as file:
            file["next"] = h5py.ExternalLink(f"chain{number + 1}.h5", "/next")
    with create(root / "chain20.h5", "earliest") as file:
        file["next"] = 20
    for name in ("outside.h5",):
        with create(tmp_path / name, "earliest") as file:
            file["x"] = 666
    with create(root / ".hidden.h5", "earliest") as file:
        file["x"] = 1
    (root / "text.h5").write_text("no HDF5")
    return root


@pytest.fixture
def server(start_server, folder):
    return start_server(folder)


# Reading


@pytest.mark.parametrize("path, file, target", [
    ("x", "b.h5", "x"), ("whole/x", "b.h5", "x"), ("relative/y", "b.h5", "g/y"), ("soft/y", "b.h5", "g/y"),
    ("hops", "b.h5", "x"), ("far", "deep/c.h5", "z"), ("absolute", "b.h5", "x"), ("served", "deep/c.h5", "z"),
    ("moved", "b.h5", "x"), ("self", "a.h5", "own"), ("long", "b.h5", "long"), ("whole/up", "deep/c.h5", "z")])
def test_values_behind_a_link_are_those_of_its_target(server, folder, path, file, target):
    with h5py.File(folder / file) as opened:
        wanted = opened[target][()]
    assert server.json(f"/v1/values/a.h5/{path}") == np.asarray(wanted).tolist()
    answer = server.get(f"/v1/values/a.h5/{path}", accept=OCTETS)
    assert answer.content == np.asarray(wanted).tobytes()
    description = server.json(f"/v1/datasets/a.h5/{path}")
    assert (description["file"], description["path"]) == (file, "/" + target)
    assert server.json(description["hrefs"]["values"]) == np.asarray(wanted).tolist()


def test_every_reading_route_follows_links(server):
    assert server.json("/v1/attributes/a.h5/x")["unit"]["value"] == "mm"
    assert server.json("/v1/attributes/a.h5/x?name=unit") == "mm"
    assert server.json("/v1/datasets/a.h5/x")["shape"] == [3, 4]
    names = {member["name"] for member in server.json("/v1/groups/a.h5/whole")["members"]}
    assert names == {"x", "g", "long", "t", "up"}
    assert server.json("/v1/groups/a.h5/relative")["path"] == "/g"
    assert "g/y" in server.get("/v1/tree/a.h5/whole").text
    assert server.json("/v1/links/a.h5/whole/up")["targetFile"] == "deep/c.h5"
    head = server.request("HEAD", "/v1/values/a.h5/x")
    assert head.status_code == 200 and head.headers["ETag"]
    part = server.get("/v1/values/a.h5/x", {"select": "1,::2"})
    assert part.json() == [4, 6]
    assert server.json("/v1/values?file=a.h5&path=/whole/g/y") == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_link_itself_is_told_and_listed_without_its_file(server):
    link = server.json("/v1/links/a.h5/x")
    assert (link["link"], link["targetFile"], link["target"], link["kind"]) == ("external", "b.h5", "/x", None)
    members = {member["name"]: member for member in server.json("/v1/groups/a.h5")["members"]}
    assert members["x"]["kind"] is None and members["gone"]["link"] == "external"
    assert members["soft"]["kind"] is None


@pytest.mark.parametrize("path, code, words", [
    ("gone", "not_found", ["gone.h5", "/gone of a.h5"]),
    ("nothing", "not_found", ["/nothing", "b.h5", "of a.h5"]),
    ("x/deeper", "not_found", ["dataset, not a group", "b.h5"]),
    ("out", "forbidden", ["outside the served directory"]),
    ("out_there", "forbidden", ["deep/c.h5", "outside the served directory"]),
    ("password", "not_found", ["passwd"]),
    ("hidden", "not_found", ["hidden"]),
    ("text", "not_hdf5", ["text.h5", "/text of a.h5"]),
    ("folder", "forbidden", ["deep"]),
    ("circle", "not_found", ["circle", "/circle of a.h5", "/circle of round.h5"])])
def test_link_that_leads_nowhere_says_which(server, path, code, words):
    check_error(server, server.get(f"/v1/values/a.h5/{path}"), code, *words)


def test_sixteen_links_are_followed_and_no_more(server):
    assert server.json("/v1/values/chain4.h5/next") == 20
    check_error(server, server.get("/v1/values/chain3.h5/next"), "not_found", "more than 16", "chain3.h5", "chain19.h5")


def test_symbolic_link_out_of_the_root_is_refused(server, folder, tmp_path):
    (folder / "symbolic.h5").symlink_to(tmp_path / "outside.h5")
    with h5py.File(folder / "s.h5", "w") as file:
        file["x"] = h5py.ExternalLink("symbolic.h5", "/x")
    check_error(server, server.get("/v1/values/s.h5/x"), "forbidden", "symbolic.h5")


# Locks


def test_target_that_another_program_writes_is_the_one_that_is_locked(server, folder, foreign):
    assert foreign.open(folder / "b.h5", "r+") == "ok"
    check_error(server, server.get("/v1/values/a.h5/x", prefer="wait=0"), "locked", "b.h5 is locked", "/x of a.h5")
    check_error(server, server.put("/v1/values/a.h5/x", 1, prefer="wait=0"), "locked", "b.h5 is locked")


def test_target_is_waited_for(server, folder, foreign):
    assert foreign.open(folder / "b.h5", "r+") == "ok"
    answers = []
    reader = threading.Thread(target=lambda: answers.append(server.get("/v1/values/a.h5/x", prefer="wait=20")))
    reader.start()
    eventually(lambda: server.json("/v1/locks/b.h5")["waiters"], what="the wait for the target")
    assert not answers
    # The file of the link is free meanwhile.
    with h5py.File(folder / "a.h5", "r+"):
        pass
    foreign.close()
    reader.join(20)
    assert answers[0].status_code == 200


def test_lease_of_the_linking_file_covers_the_link_and_not_its_target(server, folder, foreign):
    lease = server.send("POST", "/v1/locks/a.h5", {"mode": "exclusive", "ttl": 30}).json()
    token = {"lock_token": lease["token"]}
    assert server.get("/v1/values/a.h5/own", prefer="wait=0").status_code == 423
    assert server.json("/v1/values/a.h5/whole/g/y", **token)[1] == 1.0
    assert server.put("/v1/values/a.h5/whole/g/y", [5.0] * 5, **token).status_code == 204
    assert foreign.open(folder / "b.h5", "r+") == "ok"
    check_error(server, server.get("/v1/values/a.h5/x", prefer="wait=0", **token), "locked", "b.h5")


# Writing


def content(path):
    with h5py.File(path, "r") as file:
        found = {}
        file.visititems(lambda name, item: found.update({name: dict(item.attrs) and list(item.attrs) or None}))
        return found


def test_writes_go_to_the_target_and_leave_the_linking_file(server, folder):
    before = (folder / "a.h5").read_bytes()
    assert server.put("/v1/values/a.h5/x", np.arange(12)[::-1].reshape(3, 4).tolist()).status_code == 204
    assert server.put("/v1/attributes/a.h5/x?name=new", 5).status_code == 201
    assert server.delete("/v1/attributes/a.h5/x?name=unit").status_code == 204
    made = server.put("/v1/datasets/a.h5/whole/new/d", {"shape": [2], "datatype": "<f8"})
    assert made.status_code == 201 and made.headers["Location"] == "/v1/datasets/b.h5/new/d"
    assert server.put("/v1/groups/a.h5/relative/sub").status_code == 201
    assert server.put("/v1/links/a.h5/whole/hard", {"link": "hard", "target": "/whole/x"}).status_code == 201
    assert server.put("/v1/links/a.h5/whole/soft", {"link": "soft", "target": "x"}).status_code == 201
    moved = server.patch("/v1/links/a.h5/whole/g/y", {"path": "/whole/g/renamed"})
    assert moved.status_code == 200 and moved.json()["path"] == "/g/renamed"
    assert server.delete("/v1/datasets/a.h5/whole/long").status_code == 204
    assert server.patch("/v1/values/a.h5/whole/x?select=0,0", {"add": 1}).status_code == 200
    assert (folder / "a.h5").read_bytes() == before
    with h5py.File(folder / "b.h5") as file:
        assert file["x"][0, 0] == 12 and file["x"][2, 3] == 0
        assert dict(file["x"].attrs) == {"new": 5}
        assert set(file) == {"x", "g", "t", "up", "new", "hard", "soft"}
        assert set(file["g"]) == {"renamed", "sub"}
        assert file["hard"] == file["x"] and file["soft"] == file["x"]


def test_what_would_change_two_files_is_refused(server, folder):
    before = {name: (folder / name).read_bytes() for name in ("a.h5", "b.h5")}
    check_error(server, server.patch("/v1/links/a.h5/whole/x", {"path": "/here"}), "unsupported", "one request")
    check_error(server, server.patch("/v1/links/a.h5/own", {"path": "/whole/own"}), "unsupported", "own file")
    body = {"link": "hard", "target": "/own"}
    check_error(server, server.put("/v1/links/a.h5/whole/hard", body), "unsupported", "/own")
    body = {"link": "hard", "target": "/x"}
    check_error(server, server.put("/v1/links/a.h5/hard", body), "unsupported", "hard link")
    assert before == {name: (folder / name).read_bytes() for name in before}


def test_link_itself_is_moved_and_removed_as_a_link(server, folder):
    check_error(server, server.delete("/v1/datasets/a.h5/x"), "wrong_kind", "external link", "as a link")
    check_error(server, server.put("/v1/datasets/a.h5/x", {"shape": [2], "datatype": "<f8"}), "exists")
    assert server.patch("/v1/links/a.h5/x", {"path": "/renamed"}).status_code == 200
    assert server.delete("/v1/links/a.h5/renamed").status_code == 204
    with h5py.File(folder / "b.h5") as file:
        assert file["x"].shape == (3, 4)
    with h5py.File(folder / "a.h5") as file:
        assert "renamed" not in file and file.get("renamed", getlink=True) is None


def test_required_group_and_dataset_behind_a_link_are_found_there(server):
    assert server.put("/v1/groups/a.h5/relative?require=true").json()["file"] == "b.h5"
    answer = server.put("/v1/datasets/a.h5/x?require=true", {"shape": [3, 4], "datatype": "<i4"})
    assert answer.status_code == 200 and answer.json()["path"] == "/x"


def test_batch_says_that_it_is_about_one_file(server):
    batch = [{"method": "GET", "target": "/v1/values/a.h5/x"}]
    answer = server.send("POST", "/v1/batch/a.h5", batch)
    assert answer.status_code == 422 and answer.json()["index"] == 0
    assert "external link" in answer.json()["message"] and "one file" in answer.json()["message"]
    batch = [{"method": "PUT", "target": "/v1/values/a.h5/x", "body": 1}]
    assert server.send("POST", "/v1/batch/a.h5", batch).status_code == 422


# Validators


def settled(server, target, **headers):
    return eventually(lambda: (tag := server.get(target, **headers).headers["ETag"]).startswith('"') and tag)


@pytest.mark.parametrize("changed", ["a.h5", "b.h5"])
def test_tag_changes_with_every_file_on_the_way(server, folder, changed):
    target = "/v1/values/a.h5/long"
    tag = settled(server, target)
    assert server.get(target, if_none_match=tag).status_code == 304
    with h5py.File(folder / changed, "r+") as file:
        file.attrs["changed"] = 1
    answer = server.get(target, if_none_match=tag)
    assert answer.status_code == 200 and answer.headers["ETag"] != tag
    assert "Last-Modified" not in answer.headers
    check_error(server, server.put(target, np.zeros(40_000, "<i8").tobytes(), if_match=tag), "precondition_failed")
    check_error(server, server.get(target, if_match=tag), "precondition_failed")


def test_if_match_through_a_link_compares_what_get_told(server, folder):
    target = "/v1/values/a.h5/long"
    tag = settled(server, target)
    assert server.get(target, if_match=tag).status_code == 200
    answer = server.put(target, np.ones(40_000, "<i8").tobytes(), if_match=tag)
    assert answer.status_code == 204
    again = answer.headers["ETag"]
    assert server.get(target, if_none_match=again).status_code == 304
    assert server.put(target, np.zeros(40_000, "<i8").tobytes(), if_match=again).status_code == 204
    check_error(server, server.put(target, np.zeros(40_000, "<i8").tobytes(), if_match=tag), "precondition_failed")


def test_short_content_keeps_its_tag_when_files_change_elsewhere(server, folder):
    target = "/v1/values/a.h5/x"
    tag = settled(server, target)
    for name in ("a.h5", "b.h5"):
        with h5py.File(folder / name, "r+") as file:
            file.attrs["changed"] = 1
    assert server.get(target, if_none_match=tag).status_code == 304
    assert server.put(target, np.zeros((3, 4), int).tolist(), if_match=tag).status_code == 204
    check_error(server, server.put(target, np.zeros((3, 4), int).tolist(), if_match=tag), "precondition_failed")


def test_removal_at_the_link_never_reaches_the_target_with_a_tag_of_the_target(server, folder):
    tag = settled(server, "/v1/groups/a.h5/relative")
    answer = server.delete("/v1/groups/a.h5/relative", if_match=tag)
    assert answer.status_code in (409, 412)
    with h5py.File(folder / "b.h5") as file:
        assert "g" in file


# While it is sent


def test_long_answer_behind_a_link_holds_the_lock_of_the_target_only(start_server, folder, foreign):
    with h5py.File(folder / "b.h5", "r+") as file:
        file.create_dataset("big", data=np.arange(12 << 20, dtype="<i8"), chunks=(1 << 20,), shuffle=True)
    with h5py.File(folder / "a.h5", "r+") as file:
        file["big"] = h5py.ExternalLink("b.h5", "/big")
    server = start_server(folder)
    with server.send_raw("/v1/values/a.h5/big", fields=[f"Accept: {OCTETS}"], connection=server.connect(60, 1 << 16)) as s:
        assert s.recv(1 << 10)
        assert foreign.open(folder / "a.h5", "r+") == "ok"
        foreign.close()
        eventually(lambda: foreign.open(folder / "b.h5", "r+") == "ok", 20, "the end of the hold")
        foreign.write("x", 5)
        foreign.close()
        received = 0
        with pytest.raises(ConnectionError):
            while piece := s.recv(1 << 20):
                received += len(piece)
    assert received < (12 << 20) * 8
