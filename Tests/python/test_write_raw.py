"""Whole files that are uploaded: atomic, resumable, and never at the cost of somebody who has the old file open."""

import errno
import fcntl
import os
import stat
import time

import h5py
import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from test_locks import holds, in_thread
from written import opened, states


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "a.h5", "earliest") as file:
        file["x"] = 1
    (root / "notes.txt").write_text("no HDF5 here")
    return root


@pytest.fixture
def server(start_server, folder):
    return start_server(folder, "--workers", 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The bytes of another file."""
    return make(tmp_path_factory.mktemp("data") / "new.h5", 2, 100_000)


def make(path, value, size):
    with create(path, "earliest") as file:
        file["x"] = value
        file["noise"] = np.random.default_rng(value).integers(0, 255, size, dtype="u1")
    return path.read_bytes()


# Whole uploads


@pytest.mark.parametrize("media", ["application/x-hdf5", "application/octet-stream", "text/plain", "application/json"])
def test_file_is_uploaded(server, folder, data, media):
    answer = server.put("/v1/raw/new.h5", data, content_type=media)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"].removeprefix(server.url).endswith("/new.h5") and answer.headers["ETag"]
    assert (folder / "new.h5").read_bytes() == data
    assert server.json("/v1/values/new.h5/x") == 2


def test_file_is_replaced(server, folder, data):
    answer = server.put("/v1/raw/a.h5", data)
    assert answer.status_code == 200 and answer.headers["ETag"], answer.text
    assert (folder / "a.h5").read_bytes() == data
    assert server.json("/v1/values/a.h5/x") == 2
    assert sorted(os.listdir(folder)) == ["a.h5", "notes.txt"]


def test_large_file_is_uploaded_whole(server, folder, tmp_path):
    large = make(tmp_path / "large.h5", 3, 60 << 20)
    assert server.put("/v1/raw/new.h5", large).status_code == 201
    assert (folder / "new.h5").read_bytes() == large


@pytest.mark.parametrize("options", [{"userblock_size": 1024}, {"libver": ("v110", "v110")}, {"track_order": True}])
def test_files_of_every_form_are_uploaded(server, tmp_path, options):
    with h5py.File(tmp_path / "odd.h5", "w", **options) as file:
        file["x"] = 5
    assert server.put("/v1/raw/odd.h5", (tmp_path / "odd.h5").read_bytes()).status_code == 201
    assert server.json("/v1/values/odd.h5/x") == 5


def test_upload_makes_parents_when_asked(server, folder, data):
    check_refused(server, "/v1/raw/x/y/new.h5", data, "not_found")
    assert server.put("/v1/raw/x/y/new.h5?parents=true", data).status_code == 201
    assert (folder / "x/y/new.h5").read_bytes() == data


def check_refused(server, target, body, *codes, **headers):
    """The upload is refused, and nothing under the root has changed."""
    before = states(server.root)
    answer = server.put(target, body, **headers)
    code = answer.json()["code"]
    assert code in codes, answer.text
    check_error(server, answer, code)
    assert states(server.root) == before
    return answer


BAD = {
    "nothing": lambda data: b"", "text": lambda data: b"no HDF5 here" * 100, "signature": lambda data: data[:8],
    "superblock": lambda data: data[:96], "half": lambda data: data[: len(data) // 2], "cut": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)), "broken": lambda data: data[:96] + bytes(200) + data[296:],
    "newer": lambda data: data[:8] + b"\x7f" + data[9:]}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("target", ["/v1/raw/a.h5", "/v1/raw/new.h5"])
def test_what_is_no_readable_file_is_refused(server, data, target, name):
    check_refused(server, target, BAD[name](data), "not_hdf5", "damaged", "unsupported")


@pytest.mark.parametrize("target, code", [
    ("/v1/raw/.new.h5", None), ("/v1/raw/none/new.h5", "not_found"), ("/v1/raw/../new.h5", "invalid"),
    ("/v1/raw?file=../new.h5", "invalid"), ("/v1/raw/a.h5/x", None), ("/v1/raw/new.h5?nonsense=1", "invalid"),
    ("/v1/raw/", None)])
def test_upload_takes_no_forbidden_place(server, data, target, code):
    before = states(server.root)
    answer = server.put(target, data) if ".." not in target else server.put(target.replace("..", "%2e%2e"), data)
    assert 400 <= answer.status_code < 500, answer.text
    check_error(server, answer, code or answer.json()["code"])
    assert states(server.root) == before


def test_upload_replaces_no_file_that_is_not_hdf5(server, folder, data):
    answer = server.put("/v1/raw/notes.txt", data)
    if answer.status_code != 200:
        check_error(server, answer, answer.json()["code"])
        assert (folder / "notes.txt").read_text() == "no HDF5 here"


@pytest.mark.parametrize("headers, code", [
    ({"if_none_match": "*"}, "precondition_failed"), ({"if_match": '"other"'}, "precondition_failed")])
def test_upload_keeps_to_its_conditions(server, data, headers, code):
    check_refused(server, "/v1/raw/a.h5", data, code, **headers)


def test_upload_of_a_file_that_must_be_new_is_taken(server, folder, data):
    assert server.put("/v1/raw/new.h5", data, if_none_match="*").status_code == 201
    check_refused(server, "/v1/raw/none.h5", data, "precondition_failed", if_match="*")


# What the old file had


def test_replaced_file_keeps_mode_owner_and_extended_attributes(server, folder, data):
    path = folder / "a.h5"
    os.chmod(path, 0o640)
    if not os.getuid():
        os.chown(path, 1234, 4321)
    try:
        os.setxattr(path, "user.origin", b"detector 7")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
    before = os.stat(path), {name: os.getxattr(path, name) for name in os.listxattr(path)}
    assert server.put("/v1/raw/a.h5", data).status_code == 200
    after = os.stat(path), {name: os.getxattr(path, name) for name in os.listxattr(path)}
    assert stat.S_IMODE(after[0].st_mode) == 0o640
    assert (after[0].st_uid, after[0].st_gid, after[1]) == (before[0].st_uid, before[0].st_gid, before[1])


def test_file_with_two_names_is_replaced_under_the_one_that_was_named(server, folder, data):
    os.link(folder / "a.h5", folder / "second.h5")
    assert server.put("/v1/raw/a.h5", data).status_code == 200
    assert server.json("/v1/values/a.h5/x") == 2
    assert (folder / "second.h5").exists()


def test_upload_through_a_link_keeps_the_link(server, folder, data):
    os.symlink("a.h5", folder / "link.h5")
    answer = server.put("/v1/raw/link.h5", data)
    assert server.json("/v1/values/a.h5/x") == (2 if answer.status_code == 200 else 1)
    assert os.path.islink(folder / "link.h5")


# Those who have the old file


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_upload_does_not_take_a_file_from_h5py(server, folder, data, foreign, mode):
    assert foreign.open(folder / "a.h5", mode) == "ok"
    check_refused(server, "/v1/raw/a.h5", data, "locked", prefer="wait=0")
    answer = in_thread(lambda: server.put("/v1/raw/a.h5", data, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "a.h5"), what="the upload's wait")
    if mode == "r+":
        assert foreign.write("x", 7) == "ok"
    assert not answer.done() and foreign.close() == "ok"
    assert answer.result(10).status_code == 200
    assert (folder / "a.h5").read_bytes() == data


def test_opener_of_the_old_file_never_gets_a_lock_on_a_file_without_a_name(server, folder, tmp_path):
    """What a plain HDF5 program does (open, then lock at once) must not write into a file that nobody finds again."""
    path = folder / "a.h5"
    for number in range(20):
        body = make(tmp_path / "new.h5", number, 100)
        with open(path, "r+b") as file:
            assert server.put("/v1/raw/a.h5", body).status_code == 200
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(0.01)
                    continue
                assert os.fstat(file.fileno()).st_ino == os.stat(path).st_ino, "a lock on a file without a name"
                break


def test_reader_of_the_old_file_keeps_what_it_has(server, folder, data):
    before = (folder / "a.h5").read_bytes()
    with open(folder / "a.h5", "rb") as file:
        assert server.put("/v1/raw/a.h5", data).status_code == 200
        assert file.read() in (before, data), "a mixture"


def test_writes_go_on_after_a_replacement(server, folder, data):
    for number in range(10):
        assert server.put("/v1/raw/a.h5", data).status_code == 200
        assert server.put("/v1/values/a.h5/x", number, prefer="wait=5").status_code == 204
        with opened(folder / "a.h5", "r+") as file:
            assert file["x"][()] == number
            file["x"][()] = -1
        assert server.json("/v1/values/a.h5/x") == -1


# Resumable uploads


def put_part(server, data, first, end, name="new.h5", token="mine", **headers):
    place = f"bytes {first}-{end - 1}/{len(data)}"
    return server.put(f"/v1/raw/{name}", data[first:end], content_range=place, upload_token=token, **headers)


def ask_offset(server, data, name="new.h5", token="mine"):
    return server.put(f"/v1/raw/{name}", b"", content_range=f"bytes */{len(data)}", upload_token=token)


def check_offset(answer, offset, data):
    assert (answer.status_code, answer.json()) == (202, {"offset": offset, "length": len(data)}), answer.text
    assert answer.headers["Upload-Offset"] == str(offset)


@pytest.mark.parametrize("name, status", [("new.h5", 201), ("a.h5", 200)])
@pytest.mark.parametrize("size", [40_000, 60_000, 200_000])
def test_upload_goes_on_in_parts(server, folder, data, name, status, size):
    before = states(folder)
    ends = [*range(size, len(data), size), len(data)]
    for first, end in zip([0, *ends], ends):
        assert states(folder) == before
        answer = put_part(server, data, first, end, name)
        if end < len(data):
            check_offset(answer, end, data)
            check_offset(ask_offset(server, data, name), end, data)
    assert answer.status_code == status, answer.text
    assert (folder / name).read_bytes() == data


def test_upload_that_was_never_begun_is_at_its_beginning(server, folder, data):
    before = states(folder)
    check_offset(ask_offset(server, data), 0, data)
    assert states(folder) == before


@pytest.mark.parametrize("first", [0, 10_000, 30_001])
def test_part_that_does_not_go_on_where_the_last_ended_is_refused(server, folder, data, first):
    before = states(folder)
    check_offset(put_part(server, data, 0, 20_000), 20_000, data)
    answer = put_part(server, data, first, first + 10_000)
    if first == 0 and answer.status_code == 202:
        # A first part begins anew.
        check_offset(answer, 10_000, data)
    else:
        check_error(server, answer, "exists")
        assert answer.headers["Upload-Offset"] == "20000"
    assert states(folder) == before


@pytest.mark.parametrize("content_range", [
    "bytes 0-9/5", "bytes 9-0/100", "bytes 0-9/*", "bytes x-9/100", "lines 0-9/100", "bytes 0-8/100", "bytes 0-10/100",
    "bytes", "", "bytes 0-9/100, 10-19/100", "bytes -9/100", "bytes 0-9/99999999999999999999"])
def test_part_that_makes_no_sense_is_refused(server, content_range):
    check_refused(
        server, "/v1/raw/new.h5", b"0123456789", "invalid", "too_large", content_range=content_range, upload_token="mine")


@pytest.mark.parametrize("token", [{}, {"upload_token": ""}, {"upload_token": "x" * 129}])
@pytest.mark.parametrize("content_range", ["bytes 0-9/100", "bytes */100", "bytes 0-9/10"])
def test_part_that_does_not_say_of_which_upload_it_is_is_refused(server, content_range, token):
    body = b"" if "*" in content_range else b"0123456789"
    answer = check_refused(server, "/v1/raw/new.h5", body, "invalid", content_range=content_range, **token)
    assert "Upload-Token" in answer.json()["message"]


def test_parts_that_make_no_file_are_refused_at_the_end(server, folder, data):
    broken, before = bytes(len(data)), states(folder)
    check_offset(put_part(server, broken, 0, 50_000, "a.h5"), 50_000, broken)
    check_error(server, put_part(server, broken, 50_000, len(data), "a.h5"), "not_hdf5")
    assert states(folder) == before
    check_offset(ask_offset(server, data, "a.h5"), 0, data)


def test_part_that_is_cut_is_asked_for_again(server, folder, data):
    """The client goes on from what the server has, whatever that is."""
    before = states(folder)
    check_offset(put_part(server, data, 0, 10_000), 10_000, data)
    fields = [f"Content-Range: bytes 10000-59999/{len(data)}", "Content-Length: 50000", "Upload-Token: mine"]
    connection = server.send_raw("/v1/raw/new.h5", "PUT", fields)
    connection.sendall(data[10_000:30_000])
    connection.close()
    def gone_on():
        # Until the server has noticed that the client has left, the upload is that client's.
        offset = ask_offset(server, data).headers.get("Upload-Offset")
        if offset is None:
            return None
        assert 10_000 <= int(offset) <= 30_000 and states(folder) == before
        answer = put_part(server, data, int(offset), len(data))
        return None if answer.status_code == 409 else answer

    answer = eventually(gone_on)
    assert answer.status_code == 201, answer.text
    assert (folder / "new.h5").read_bytes() == data


@pytest.mark.parametrize("names, tokens, statuses", [
    (["one.h5", "two.h5"], ["mine", "mine"], [201, 201]), (["one.h5", "one.h5"], ["mine", "yours"], [201, 200])])
def test_two_uploads_in_parts_do_not_mix(server, folder, data, names, tokens, statuses):
    other = data[:-1000] + bytes(1000)
    for first in range(0, len(data), 30_000):
        answers = []
        for body, name, token in zip((data, other), names, tokens):
            answers.append(put_part(server, body, first, min(first + 30_000, len(body)), name, token))
            if answers[-1].status_code == 201:
                assert (folder / name).read_bytes() == body
    assert [answer.status_code for answer in answers] == statuses, answers[0].text
    assert (folder / names[1]).read_bytes() == other


@pytest.mark.parametrize("first", [20_000, 40_000])
def test_part_of_an_upload_that_was_not_begun_is_refused_and_changes_no_other(server, folder, data, first):
    check_offset(put_part(server, data, 0, 20_000), 20_000, data)
    answer = put_part(server, data, first, len(data), token="yours")
    check_error(server, answer, "exists")
    assert answer.headers["Upload-Offset"] == "0"
    check_offset(ask_offset(server, data, token="yours"), 0, data)
    check_error(server, put_part(server, data + b"more", first, len(data)), "exists")
    assert put_part(server, data, 20_000, len(data)).status_code == 201
    assert (folder / "new.h5").read_bytes() == data
