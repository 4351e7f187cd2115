"""Files and directories that are made, renamed, copied and removed over HTTP."""

import grp
import os
import stat

import h5py
import pytest

from cases import create
from support import check_error, escaped
from written import contents, opened, state_of, states


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    (root / "full").mkdir(parents=True)
    (root / "empty").mkdir()
    for name in ("a.h5", "full/b.h5"):
        with create(root / name, "earliest") as file:
            file["x"] = 1
    (root / "notes.txt").write_text("no HDF5 here")
    os.symlink("a.h5", root / "link.h5")
    return root


@pytest.fixture
def server(start_server, folder):
    return start_server(folder, "--workers", 1)


def names(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def check_told(server, answer, path, status, kind="file"):
    """The answer that all writes of files and directories give."""
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert (told["path"].strip("/"), told["kind"]) == (path, kind)
    assert told["href"].rstrip("/").endswith("/v1/files/" + escaped(*path.split("/")))
    if kind == "file":
        assert told["size"] == os.path.getsize(server.root / path) and answer.headers["ETag"]
    if status == 201:
        assert answer.headers["Location"].removeprefix(server.url).rstrip("/") == told["href"].rstrip("/")
    assert server.get(told["href"]).status_code == 200


def check_refused(server, method, target, body, code, **headers):
    """The request is refused, and nothing under the root has changed."""
    before = states(server.root)
    answer = server.send(method, target, *([] if body is None else [body]), **headers)
    check_error(server, answer, code)
    assert states(server.root) == before


# Making files


@pytest.mark.parametrize("path", ["new.h5", "full/new.h5", "empty/a b.h5", "é.h5", "new", "100%.h5", "a?b#c.h5"])
def test_file_is_made(server, path):
    answer = server.put("/v1/files/" + escaped(*path.split("/")))
    check_told(server, answer, path, 201)
    assert contents(server.root / path) == {"/": ("group", [], None)}


def test_file_is_made_readable_by_old_hdf5(server):
    assert server.put("/v1/files/new.h5").status_code == 201
    assert (server.root / "new.h5").read_bytes()[:9] == b"\x89HDF\r\n\x1a\n\0"


@pytest.mark.parametrize("body, superblock, user_block, tracks", [
    ({}, 0, 0, False), ({"userBlockSize": 512}, 0, 512, False), ({"userBlockSize": 65536}, 0, 65536, False),
    ({"libver": ["v110", "v110"]}, 3, 0, False), ({"libver": ["v108", "v110"]}, 2, 0, False),
    ({"libver": ["earliest", "v110"]}, 0, 0, False), ({"trackOrder": True}, 0, 0, True)])
def test_file_is_made_as_asked(server, body, superblock, user_block, tracks):
    answer = server.put("/v1/files/new.h5", body)
    assert answer.status_code == 201, answer.text
    assert (server.root / "new.h5").read_bytes()[user_block + 8] == superblock
    for name in "ba":
        assert server.put(f"/v1/groups/new.h5/{name}").status_code == 201
        assert server.put("/v1/attributes/new.h5/", 1, {"name": name}).status_code == 201
    with opened(server.root / "new.h5") as file:
        assert (file.userblock_size, list(file)) == (user_block, ["b", "a"] if tracks else ["a", "b"])
        assert list(file["/"].attrs) == list(file)


@pytest.mark.parametrize("body", [
    {"userBlockSize": 100}, {"userBlockSize": 256}, {"userBlockSize": -512}, {"userBlockSize": "x"}, {"libver": "v110"},
    {"libver": ["v110", "earliest"]}, {"libver": ["odd", "v110"]}, {"libver": []}, {"trackOrder": 1}, {"x": 1}, [],
    5, None])
@pytest.mark.parametrize("name", ["new.h5", "a.h5"])
def test_file_that_makes_no_sense_is_refused(server, name, body):
    before = states(server.root)
    answer = server.put(f"/v1/files/{name}", b"null" if body is None else body, content_type="application/json")
    check_error(server, answer, "invalid")
    assert states(server.root) == before


def test_file_that_is_there_is_emptied(server, folder):
    inode = os.stat(folder / "a.h5").st_ino
    check_told(server, server.put("/v1/files/a.h5"), "a.h5", 200)
    assert contents(folder / "a.h5") == {"/": ("group", [], None)}
    assert os.stat(folder / "a.h5").st_ino == inode


def test_file_that_is_emptied_gets_the_new_settings(server, folder):
    assert server.put("/v1/files/a.h5", {"userBlockSize": 1024}).status_code == 200
    with opened(folder / "a.h5") as file:
        assert file.userblock_size == 1024 and not len(file)


def test_file_is_made_only_where_there_is_none(server):
    check_refused(server, "PUT", "/v1/files/a.h5", None, "precondition_failed", if_none_match="*")
    check_told(server, server.put("/v1/files/new.h5", if_none_match="*"), "new.h5", 201)


def test_file_that_is_required_is_left_alone(server, folder):
    before = states(folder)
    check_told(server, server.put("/v1/files/a.h5?require=true"), "a.h5", 200)
    assert states(folder) == before
    check_told(server, server.put("/v1/files/new.h5?require=true"), "new.h5", 201)


@pytest.mark.parametrize("query", ["", "?require=true"])
def test_what_is_no_hdf5_is_not_overwritten(server, query):
    """Somebody's notes are nobody's to empty."""
    check_refused(server, "PUT", f"/v1/files/notes.txt{query}", None, "not_hdf5")


def test_parents_are_made_when_asked(server, folder):
    check_refused(server, "PUT", "/v1/files/x/y/new.h5", None, "not_found")
    check_told(server, server.put("/v1/files/x/y/new.h5?parents=true"), "x/y/new.h5", 201)
    check_told(server, server.put("/v1/files/z/w/?parents=true"), "z/w", 201, "directory")


@pytest.mark.parametrize("target, code", [
    ("/v1/files/a.h5/new.h5", None), ("/v1/files/.hidden.h5", None), ("/v1/files/empty/.hidden.h5", None),
    ("/v1/files/.hidden/new.h5?parents=true", None), ("/v1/files/../new.h5", "invalid"),
    ("/v1/files/a%00b.h5", "invalid"),
    ("/v1/files/empty/../new.h5", "invalid"), ("/v1/files?file=../new.h5", "invalid"),
    ("/v1/files?file=/../new.h5", "invalid"),
    ("/v1/files/" + "n" * 300 + ".h5", None), ("/v1/files/full", None), ("/v1/files/new.h5?nonsense=1", "invalid"),
    ("/v1/files/new.h5?require=maybe", "invalid"), ("/v1/files/", None)])
def test_file_takes_no_forbidden_place(server, target, code):
    before = states(server.root.parent)
    answer = server.raw(target, "PUT", ["Content-Length: 0"])
    assert 400 <= answer.status_code < 500, answer.text
    check_error(server, answer, code or answer.json()["code"])
    after = states(server.root.parent)
    assert {name: after[name] for name in after if "log" not in name} == {
        name: before[name] for name in before if "log" not in name}


@pytest.mark.parametrize("target", ["/v1/files/out/new.h5", "/v1/files/out.h5", "/v1/raw/out.h5"])
def test_link_that_leads_out_of_the_root_is_not_followed(start_server, tmp_path, folder, target):
    (tmp_path / "outside").mkdir()
    os.symlink("../outside", folder / "out")
    os.symlink("../outside/new.h5", folder / "out.h5")
    server = start_server(folder)
    data = (folder / "a.h5").read_bytes()
    answer = server.put(target, *([data] if "raw" in target else []))
    assert os.listdir(tmp_path / "outside") == []
    if answer.status_code >= 400:
        check_error(server, answer, answer.json()["code"])
        assert os.path.islink(folder / "out.h5")


@pytest.mark.parametrize(
    "option, mode", [([], 0o664), (["--file-mode", "0600"], 0o600), (["--file-mode", "0640"], 0o640)])
@pytest.mark.parametrize("way", ["files", "raw", "copies"])
def test_new_files_have_the_mode_and_group_that_are_configured(start_server, folder, option, mode, way):
    group = None if os.getuid() else next(g.gr_name for g in grp.getgrall() if g.gr_gid != os.getgid())
    server = start_server(folder, *option, *(["--group", group] if group else []))
    if way == "copies":
        answer = server.send("POST", "/v1/copies/a.h5", {"file": "new.h5"})
    else:
        answer = server.put(f"/v1/{way}/new.h5", *([(folder / "a.h5").read_bytes()] if way == "raw" else []))
    assert answer.status_code == 201, answer.text
    status = os.stat(folder / "new.h5")
    assert stat.S_IMODE(status.st_mode) == mode
    if group:
        assert status.st_gid == grp.getgrnam(group).gr_gid


# Directories


@pytest.mark.parametrize("path", ["new", "full/new", "é x"])
def test_directory_is_made(server, path):
    answer = server.put("/v1/files/" + escaped(*path.split("/")) + "/")
    check_told(server, answer, path, 201, "directory")
    assert (server.root / path).is_dir()


@pytest.mark.parametrize("target, code", [
    ("/v1/files/full/", "exists"), ("/v1/files/a.h5/", None), ("/v1/files/none/new/", "not_found"),
    ("/v1/files/.new/", None), ("/v1/files/a.h5/new/", None)])
def test_directory_takes_no_ones_place(server, target, code):
    before = states(server.root)
    answer = server.put(target)
    check_error(server, answer, code or answer.json()["code"])
    assert states(server.root) == before


def test_directory_that_is_required_is_left_alone(server):
    before = states(server.root)
    check_told(server, server.put("/v1/files/full/?require=true"), "full", 200, "directory")
    assert states(server.root) == before


# Renaming


@pytest.mark.parametrize("source, place", [
    ("a.h5", "new.h5"), ("a.h5", "full/new.h5"), ("full/b.h5", "b.h5"), ("full/b.h5", "full/é.h5"),
    ("a.h5", "empty/x y.h5")])
def test_file_is_renamed(server, folder, source, place):
    before = (folder / source).read_bytes()
    inode = os.stat(folder / source).st_ino
    answer = server.patch(f"/v1/files/{source}", {"path": place})
    check_told(server, answer, place, 200)
    assert answer.headers["Location"].removeprefix(server.url).endswith(escaped(*place.split("/")))
    assert not os.path.exists(folder / source)
    assert ((folder / place).read_bytes(), os.stat(folder / place).st_ino) == (before, inode)
    assert server.get(f"/v1/values/{source}/x").status_code == 404


def test_directory_is_renamed(server, folder):
    check_told(server, server.patch("/v1/files/full", {"path": "moved"}), "moved", 200, "directory")
    assert server.json("/v1/values/moved/b.h5/x") == 1 and not (folder / "full").exists()


@pytest.mark.parametrize("source, body, code", [
    ("none.h5", {"path": "new.h5"}, "not_found"), ("a.h5", {"path": "full/b.h5"}, "exists"),
    ("a.h5", {"path": "full"}, "exists"),
    ("a.h5", {"path": "none/new.h5"}, "not_found"), ("a.h5", {"path": "../new.h5"}, "invalid"), ("a.h5", {}, "invalid"),
    ("a.h5", {"path": ""}, "invalid"), ("a.h5", {"path": 5}, "invalid"), ("a.h5", {"path": "x\0y"}, "invalid"),
    ("a.h5", {"path": "b.h5", "x": 1}, "invalid"), ("a.h5", [], "invalid"), ("full", {"path": "empty"}, "exists"),
    ("a.h5", {"path": ".hidden.h5"}, None), ("full", {"path": "full/inner"}, None), ("a.h5", {"path": "a.h5"}, None),
    ("", {"path": "new"}, None), ("a.h5", {"path": "full/b.h5/new.h5"}, None)])
def test_rename_that_cannot_be_is_refused(server, source, body, code):
    before = states(server.root)
    answer = server.patch(f"/v1/files/{source}", body)
    if source == body.get("path") if isinstance(body, dict) else False:
        assert answer.status_code in (200, 409), answer.text
    else:
        check_error(server, answer, code or answer.json()["code"])
    assert states(server.root) == before


def test_rename_never_replaces_another_file(server, folder):
    """A dangling link is a name that is taken, too."""
    os.symlink("nothing", folder / "taken.h5")
    check_refused(server, "PATCH", "/v1/files/a.h5", {"path": "taken.h5"}, "exists")


# Removing


@pytest.mark.parametrize("path", ["a.h5", "full/b.h5", "empty", "link.h5"])
def test_entry_is_removed(server, folder, path):
    before = names(folder)
    answer = server.delete(f"/v1/files/{path}")
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    assert names(folder) == before - {path}


@pytest.mark.parametrize("path, code", [
    ("full", "exists"), ("none.h5", "not_found"), ("", None), (".hidden", "not_found"), ("a.h5/x", None),
    ("notes.txt", None)])
def test_removal_that_cannot_be_is_refused(server, folder, path, code):
    (folder / ".hidden").write_text("x")
    before = states(folder)
    answer = server.delete(f"/v1/files/{path}")
    if path == "notes.txt" and answer.status_code == 204:
        return
    check_error(server, answer, code or answer.json()["code"])
    assert states(folder) == before


# Copies


@pytest.mark.parametrize("source, place", [("a.h5", "copy.h5"), ("a.h5", "full/copy.h5"), ("full/b.h5", "é.h5")])
def test_file_is_copied(server, folder, source, place):
    before = state_of(folder / source)
    answer = server.send("POST", f"/v1/copies/{source}", {"file": place})
    check_told(server, answer, place, 201)
    assert (folder / place).read_bytes() == (folder / source).read_bytes()
    assert state_of(folder / source) == before
    assert server.put(f"/v1/values/{place}/x", 2).status_code == 204
    assert server.json(f"/v1/values/{source}/x") == 1


def test_file_is_copied_while_others_read(server, folder, foreign):
    assert foreign.open(folder / "a.h5", "r") == "ok"
    assert server.send("POST", "/v1/copies/a.h5", {"file": "copy.h5"}, prefer="wait=0").status_code == 201


@pytest.mark.parametrize("source, body, code", [
    ("none.h5", {"file": "copy.h5"}, "not_found"), ("a.h5", {"file": "full/b.h5"}, "exists"),
    ("a.h5", {"file": "a.h5"}, "exists"),
    ("a.h5", {"file": "none/copy.h5"}, "not_found"), ("a.h5", {"file": "../copy.h5"}, "invalid"),
    ("a.h5", {}, "invalid"),
    ("a.h5", {"file": ".copy.h5"}, None), ("a.h5", {"file": ""}, "invalid"),
    ("a.h5", {"file": "c.h5", "x": 1}, "invalid"),
    ("full", {"file": "copy"}, None), ("notes.txt", {"file": "copy.h5"}, "not_hdf5"),
    ("a.h5", {"file": "full"}, "exists")])
def test_copy_that_cannot_be_is_refused(server, source, body, code):
    before = states(server.root)
    answer = server.send("POST", f"/v1/copies/{source}", body)
    check_error(server, answer, code or answer.json()["code"])
    assert states(server.root) == before


def test_copy_of_a_large_file_is_whole(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    data = os.urandom(1 << 20) * 40
    with h5py.File(root / "large.h5", "w") as file:
        file["x"] = list(data[:1000])
        file.create_dataset("y", data=bytearray(data), dtype="u1")
    server = start_server(root)
    assert server.send("POST", "/v1/copies/large.h5", {"file": "copy.h5"}).status_code == 201
    assert (root / "copy.h5").read_bytes() == (root / "large.h5").read_bytes()
