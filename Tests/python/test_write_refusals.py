"""A refused write changes nothing: no byte, no time stamp, no entry of a directory, whatever the reason."""

import os
import shutil
import signal
import subprocess
from urllib.parse import quote

import h5py
import numpy as np
import pytest
import requests

import support
from cases import create
from support import CODES, check_error, eventually
from test_faults import is_waiting, stop_workers
from test_locks import holds, in_thread, lock_is_free
from written import states

SCALAR = [1, 2, 3]


def make_root(root):
    """Files of every kind that a refusal may be about."""
    root.mkdir()
    for bounds in ("earliest", "v110"):
        with create(root / f"{bounds}.h5", bounds) as file:
            file.create_dataset("x", data=SCALAR, chunks=(2,), maxshape=(5,))
            file["flat"], file["group/inner"], file["type"] = [1.5], "text", np.dtype("<i4")
            file["opaque"], file["null"] = np.void(b"\1\2"), h5py.Empty("f4")
            file["soft"], file["outside"] = h5py.SoftLink("/none"), h5py.ExternalLink("v110.h5", "/x")
            file["group"].attrs["a"] = file["x"].attrs["a"] = 1
    (root / "notes.txt").write_text("no HDF5 here\n" * 100)
    (root / "empty.h5").touch()
    data = (root / "v110.h5").read_bytes()
    (root / "cut.h5").write_bytes(data[: len(data) // 2])
    (root / "broken.h5").write_bytes(data[:40] + b"\xff" * 8 + data[48:])
    (root / "folder").mkdir()
    shutil.copy(root / "v110.h5", root / "folder" / "inner.h5")
    return root


@pytest.fixture(scope="module")
def refusing_root(tmp_path_factory):
    return make_root(tmp_path_factory.mktemp("refusals") / "served")


@pytest.fixture(scope="module")
def server(refusing_root, tmp_path_factory):
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    running = support.Server(refusing_root, tmp_path_factory.mktemp("state") / "state", "--workers", 1)
    yield running
    assert running.stop() == 0, running.log()


# One request of each operation, which would succeed: operation -> (method, target, body)
VALID = {
    "createFile": ("PUT", "/v1/files/{file}", {}),
    "renameEntry": ("PATCH", "/v1/files/{file}", {"path": "renamed.h5"}),
    "removeEntry": ("DELETE", "/v1/files/{file}", None),
    "copyFile": ("POST", "/v1/copies/{file}", {"file": "copy.h5"}),
    "repackFile": ("POST", "/v1/repack/{file}", None),
    "putRaw": ("PUT", "/v1/raw/{file}", b"whole file"),
    "createGroup": ("PUT", "/v1/groups/{file}/new", {}),
    "removeGroup": ("DELETE", "/v1/groups/{file}/group", None),
    "createDataset": ("PUT", "/v1/datasets/{file}/new", {"shape": [3]}),
    "resizeDataset": ("PATCH", "/v1/datasets/{file}/x", {"shape": [4]}),
    "removeDataset": ("DELETE", "/v1/datasets/{file}/x", None),
    "commitDatatype": ("PUT", "/v1/datatypes/{file}/new", {"datatype": "<f8"}),
    "removeDatatype": ("DELETE", "/v1/datatypes/{file}/type", None),
    "changeDimensions": ("PATCH", "/v1/dimensions/{file}/x", {"dimension": 0, "label": "time"}),
    "putValues": ("PUT", "/v1/values/{file}/x", [4, 5, 6]),
    "updateValues": ("PATCH", "/v1/values/{file}/x", {"add": 1}),
    "putAttribute": ("PUT", "/v1/attributes/{file}/x?name=new", 5),
    "modifyAttribute": ("PATCH", "/v1/attributes/{file}/x?name=a", 5),
    "removeAttribute": ("DELETE", "/v1/attributes/{file}/x?name=a", None),
    "createLink": ("PUT", "/v1/links/{file}/new", {"link": "soft", "target": "/x"}),
    "moveLink": ("PATCH", "/v1/links/{file}/x", {"path": "/moved"}),
    "removeLink": ("DELETE", "/v1/links/{file}/x", None),
}
INSIDE = [name for name in VALID if "/v1/files" not in VALID[name][1] and name not in ("copyFile", "repackFile", "putRaw")]
WITH_JSON = [name for name in VALID if isinstance(VALID[name][2], (dict, list, int)) and name != "putValues"]


def routes():
    """{operation: method} of the routes that the server has."""
    if not os.access(support.BINARY, os.X_OK):
        return {}
    lines = subprocess.run([support.BINARY, "routes"], capture_output=True, text=True, timeout=60).stdout.splitlines()
    return {line.split()[3]: line.split()[0] for line in lines}


def ask(server, operation, file="v110.h5", add="", body=None, **headers):
    """The valid request of an operation, but for what the test puts in its place."""
    method, target, valid = VALID[operation]
    target, body = target.format(file=quote(file)), valid if body is None else body
    if operation == "putRaw" and body == valid:
        body = (server.root / "earliest.h5").read_bytes()
    target += ("&" if "?" in target else "?") + add if add else ""
    return server.send(method, target, *([] if body is None else [body]), **headers)


class Unchanged:
    """A context at whose end everything under the root is as it was, and no lock is held."""

    def __init__(self, root):
        self.root = root

    def __enter__(self):
        self.before = states(self.root)

    def __exit__(self, kind, *_):
        if kind is None:
            after = states(self.root)
            changed = {name for name in self.before.keys() | after.keys() if self.before.get(name) != after.get(name)}
            assert not changed, changed
            eventually(lambda: all(lock_is_free(path) for path in self.root.glob("*.h5")), 5, "the end of the locks")


def test_table_has_every_route_that_writes():
    """Leases and batches have tests of their own, and `selectValues` reads."""
    others = {"selectValues", "batch", "acquireLease", "renewLease", "releaseLease"}
    found = {name: method for name, method in routes().items() if method != "GET" and name not in others}
    if not found:
        pytest.skip("the binary has not been built")
    assert found == {operation: method for operation, (method, _, _) in VALID.items()}


@pytest.mark.parametrize("operation", VALID)
def test_requests_of_the_table_are_valid(start_server, tmp_path, operation):
    """Otherwise the refusals below would prove nothing."""
    server = start_server(make_root(tmp_path / "served"), "--workers", 1)
    before = states(server.root)
    answer = ask(server, operation)
    assert answer.status_code in (200, 201, 204), answer.text
    assert states(server.root) != before


# Refusals of every route, by code


@pytest.mark.parametrize("operation", [name for name in VALID if name not in ("createFile", "putRaw")])
def test_file_that_is_not_there(server, refusing_root, operation):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, "none.h5"), "not_found", "none.h5")
        check_error(server, ask(server, operation, "folder/none.h5"), "not_found", "none.h5")
        check_error(server, ask(server, operation, ".hidden.h5"), "not_found")


@pytest.mark.parametrize("operation", INSIDE)
@pytest.mark.parametrize("file, code", [
    ("notes.txt", "not_hdf5"), ("empty.h5", "not_hdf5"), ("cut.h5", "damaged"), ("broken.h5", "damaged")])
def test_file_that_cannot_be_read(server, refusing_root, operation, file, code):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, file), code, file)


@pytest.mark.parametrize("operation", VALID)
def test_parameter_that_is_unknown(server, refusing_root, operation):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, add="nonsense=1"), "invalid", "nonsense")


@pytest.mark.parametrize("operation", WITH_JSON)
@pytest.mark.parametrize(
    "body", [b'{"a": 1', b'{"nonsense": 1}', b'{"x": 1, "x": 1}', b"[1, [2]]", b"\xff", b"[" * 70 + b"]" * 70])
def test_body_that_makes_no_sense(server, refusing_root, operation, body):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, body=body, content_type="application/json"), "invalid")


@pytest.mark.parametrize("operation", [*WITH_JSON, "putValues"])
@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "image/png", "json"])
def test_body_of_another_media_type(server, refusing_root, operation, media):
    with Unchanged(refusing_root):
        answer = ask(server, operation, content_type=media)
        check_error(server, answer, "unsupported_media", "application/json")


def test_values_without_a_media_type(server, refusing_root):
    with Unchanged(refusing_root):
        answer = server.raw_body("/v1/values/v110.h5/x", "PUT", [], b"[4,5,6]")
        check_error(server, answer, "unsupported_media", "application/json", "application/octet-stream")


@pytest.mark.parametrize("operation", VALID)
@pytest.mark.parametrize("tag", ['"other"', 'W/"other"'])
def test_condition_that_is_not_met(server, refusing_root, operation, tag):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, if_match=tag), "precondition_failed")


@pytest.mark.parametrize("operation, file", [("createFile", "v110.h5"), ("putRaw", "v110.h5")])
def test_target_that_must_not_be_there(server, refusing_root, operation, file):
    with Unchanged(refusing_root):
        check_error(server, ask(server, operation, file, if_none_match="*"), "precondition_failed")


@pytest.mark.parametrize("operation", VALID)
@pytest.mark.parametrize("mode", ["r", "r+"])
def test_file_that_another_program_has_open(server, refusing_root, operation, mode, foreign):
    if operation == "copyFile" and mode == "r":
        pytest.skip("a copy is made beside readers")
    assert foreign.open(refusing_root / "earliest.h5", mode) == "ok"
    before = states(refusing_root)
    answer = ask(server, operation, "earliest.h5", prefer="wait=0")
    check_error(server, answer, "locked", "earliest.h5")
    assert int(answer.headers["Retry-After"]) >= 1
    assert states(refusing_root) == before
    assert foreign.close() == "ok"


@pytest.mark.parametrize("method, target, body, code", [
    ("PUT", "/v1/values/v110.h5/none", 1, "not_found"), ("PUT", "/v1/values/v110.h5/group", 1, "wrong_kind"),
    ("PUT", "/v1/values/v110.h5/soft", 1, "not_found"), ("PUT", "/v1/values/v110.h5/x?select=3", 1, "out_of_bounds"),
    ("PUT", "/v1/values/v110.h5/x?select=0,0", 1, "invalid"), ("PUT", "/v1/values/v110.h5/x?select=::0", 1, "invalid"),
    ("PUT", "/v1/values/v110.h5/x?select=a", 1, "invalid"), ("PUT", "/v1/values/v110.h5/x?field=a", 1, "invalid"),
    ("PUT", "/v1/values/v110.h5/x?order=middle", b"\0" * 24, "invalid"),
    ("PUT", "/v1/values/v110.h5/opaque", 1, "invalid"),
    ("PUT", "/v1/values/v110.h5/x", [1, 2], "invalid"), ("PUT", "/v1/values/v110.h5/x", b"\0" * 23, "invalid"),
    ("PUT", "/v1/groups/v110.h5/group", {}, "exists"), ("PUT", "/v1/groups/v110.h5/x?require=true", {}, "wrong_kind"),
    ("PUT", "/v1/groups/v110.h5/x/new", {}, "wrong_kind"), ("PUT", "/v1/groups/v110.h5/soft/new", {}, "not_found"),
    ("PUT", "/v1/datasets/v110.h5/new/x", {"shape": [3], "chunks": [4]}, "invalid"),
    ("PUT", "/v1/datasets/v110.h5/new/x", {"shape": [3], "value": [1, 2]}, "invalid"),
    ("PUT", "/v1/datasets/v110.h5/new/x", {"shape": [3], "filters": [{"id": 31999}]}, "unsupported"),
    ("PUT", "/v1/datasets/v110.h5/x", {"shape": [3]}, "exists"),
    ("PATCH", "/v1/datasets/v110.h5/x", {"shape": [6]}, "out_of_bounds"),
    ("PATCH", "/v1/datasets/v110.h5/flat", {"shape": [6]}, "unsupported"),
    ("PATCH", "/v1/datasets/v110.h5/group", {"shape": [6]}, "wrong_kind"),
    ("DELETE", "/v1/datasets/v110.h5/group", None, "wrong_kind"),
    ("DELETE", "/v1/groups/v110.h5/x", None, "wrong_kind"),
    ("DELETE", "/v1/groups/v110.h5/none", None, "not_found"), ("DELETE", "/v1/links/v110.h5/", None, "invalid"),
    ("PUT", "/v1/attributes/v110.h5/none?name=a", 1, "not_found"),
    ("PUT", "/v1/attributes/v110.h5/x?name=a", {"b": 1}, "invalid"),
    ("PATCH", "/v1/attributes/v110.h5/x?name=none", 1, "not_found"),
    ("DELETE", "/v1/attributes/v110.h5/x?name=none", None, "not_found"),
    ("PUT", "/v1/links/v110.h5/new/x", {"link": "hard", "target": "/none"}, "not_found"),
    ("PUT", "/v1/links/v110.h5/x", {"link": "soft", "target": "/none"}, "exists"),
    ("PATCH", "/v1/links/v110.h5/x", {"path": "/group"}, "exists"),
    ("PATCH", "/v1/links/v110.h5/none", {"path": "/b"}, "not_found"),
    ("PUT", "/v1/values/v110.h5/null", 1, None),
    ("PUT", "/v1/raw/v110.h5", b"no HDF5", "not_hdf5"), ("PUT", "/v1/raw/new.h5", b"no HDF5", "not_hdf5"),
    ("PUT", "/v1/raw/none/new.h5", b"no HDF5", None), ("POST", "/v1/copies/v110.h5", {"file": "earliest.h5"}, "exists"),
    ("PATCH", "/v1/files/v110.h5", {"path": "earliest.h5"}, "exists"), ("DELETE", "/v1/files/folder", None, "exists"),
    ("PUT", "/v1/files/folder/", None, "exists"), ("PUT", "/v1/files/none/new.h5", {}, "not_found"),
    ("PUT", "/v1/files/notes.txt", {}, "not_hdf5"), ("PUT", "/v1/files/v110.h5", {"userBlockSize": 5}, "invalid")])
def test_request_that_cannot_be_met(server, refusing_root, method, target, body, code):
    with Unchanged(refusing_root):
        answer = server.send(method, target, *([] if body is None else [body]))
        assert answer.status_code >= 400, answer.text
        check_error(server, answer, code or answer.json()["code"])


@pytest.mark.parametrize("method, target", [
    ("POST", "/v1/groups/v110.h5/new"), ("POST", "/v1/tree/v110.h5"), ("DELETE", "/v1/values/v110.h5/x"),
    ("PUT", "/v1/tree/v110.h5"), ("DELETE", "/v1/raw/v110.h5"), ("PUT", "/v1/copies/v110.h5"),
    ("GET", "/v1/copies/v110.h5"),
    ("PUT", "/healthz"), ("DELETE", "/v1"), ("PROPFIND", "/v1/files/"), ("PATCH", "/v1/groups/v110.h5/group")])
def test_method_that_the_resource_has_not(server, refusing_root, method, target):
    with Unchanged(refusing_root):
        answer = server.send(method, target, {})
        assert answer.status_code in (404, 405, 501), answer.text
        if answer.status_code == 405:
            assert method not in answer.headers["Allow"]


# Refusals that need a server of their own


@pytest.mark.parametrize("operation", ["createDataset", "putValues", "putAttribute"])
def test_json_that_is_too_large(start_server, tmp_path, operation):
    server = start_server(make_root(tmp_path / "served"), "--workers", 1, "--json-size", 1)
    with Unchanged(server.root):
        answer = ask(server, operation, body=b"[" + b"1," * (1 << 20) + b"1]", content_type="application/json")
        check_error(server, answer, "too_large")


@pytest.mark.parametrize("operation", ["putValues", "putRaw"])
def test_body_that_is_too_large(start_server, tmp_path, operation):
    server = start_server(make_root(tmp_path / "served"), "--workers", 1, "--upload-size", 1)
    with Unchanged(server.root):
        check_error(server, ask(server, operation, body=bytes((1 << 20) + 1)), "too_large")


@pytest.mark.parametrize("operation", VALID)
def test_server_that_only_reads(start_server, tmp_path, operation):
    server = start_server(make_root(tmp_path / "served"), "--workers", 1, "--read-only")
    with Unchanged(server.root):
        messages = set()
        for file in ("v110.h5", "none.h5", "notes.txt"):
            answer = ask(server, operation, file)
            messages.add(check_error(server, answer, "forbidden", "read-only")["message"])
        messages.add(ask(server, operation, body=b"{broken", content_type="application/json").json()["message"])
        messages.add(ask(server, operation, add="nonsense=1").json()["message"])
        assert len(messages) == 1
    assert server.json("/v1/values/v110.h5/x") == SCALAR


@pytest.mark.parametrize("operation", [*INSIDE, "putRaw", "createFile"])
@pytest.mark.parametrize("code", ["worker_failed", "timeout"])
def test_worker_that_fails_before_it_writes(start_server, tmp_path, operation, code):
    if (operation, code) == ("putRaw", "worker_failed"):
        pytest.skip("nothing tells when the worker has it: a new file is read before the lock is taken")
    server = start_server(make_root(tmp_path / "served"), "--workers", 1, "--request-timeout", 1)
    with Unchanged(server.root):
        [worker] = stop_workers(server)
        answer = in_thread(lambda: requests_ask(server, operation))
        if code == "worker_failed":
            eventually(lambda: answer.done() or not lock_is_free(server.root / "v110.h5"), what="the way to the worker")
            eventually(lambda: is_waiting(server), what="the way to the worker")
            os.kill(worker, signal.SIGKILL)
        answer = answer.result(20)
        if answer.status_code < 400 and operation in ("putRaw", "createFile"):
            pytest.skip("no worker is needed")
        check_error(server, answer, code)
    assert ask(server, operation, prefer="wait=5").status_code in (200, 201, 204)


def requests_ask(server, operation):
    """`ask` on a connection of its own."""
    server.session, session = requests.Session(), server.session
    try:
        return ask(server, operation)
    finally:
        server.session.close()
        server.session = session


@pytest.mark.skipif(not os.getuid(), reason="the superuser may write everywhere")
@pytest.mark.parametrize("operation", INSIDE)
def test_file_that_the_server_may_not_write(start_server, tmp_path, operation):
    server = start_server(make_root(tmp_path / "served"), "--workers", 1)
    os.chmod(server.root / "v110.h5", 0o444)
    with Unchanged(server.root):
        check_error(server, ask(server, operation), "forbidden", "v110.h5")


def test_codes_of_the_table_are_met_by_these_tests():
    """Those of leases and of authentication have no route yet; the others are provoked elsewhere or cannot be."""
    elsewhere = {
        "not_acceptable", "lease_lost", "unauthenticated", "out_of_space", "unavailable", "internal"}
    assert set(CODES) - elsewhere == {
        "not_found", "exists", "invalid", "wrong_kind", "out_of_bounds", "unsupported", "too_large",
        "unsupported_media", "locked", "precondition_failed", "forbidden", "not_hdf5", "damaged", "timeout",
        "worker_failed"}


def test_full_disk(start_server, tmp_path):
    """A file system of 1 MiB, where the tests may mount one."""
    root = tmp_path / "served"
    root.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", root], capture_output=True)
    if mounted.returncode:
        pytest.skip("no file system can be mounted")
    try:
        with create(root / "a.h5", "earliest") as file:
            file["x"] = SCALAR
        server = start_server(root, "--workers", 1)
        contents = {name: state[0] for name, state in states(root).items()}
        answer = server.put("/v1/datasets/a.h5/big", {"shape": [1 << 19], "value": 1.5, "datatype": "<f8"})
        check_error(server, answer, "out_of_space")
        # What is no HDF5 file may be refused for that as well.
        assert server.put("/v1/raw/b.h5", bytes(2 << 20)).json()["code"] in ("out_of_space", "not_hdf5")
        assert {name: state[0] for name, state in states(root).items()} == contents
        assert server.json("/v1/values/a.h5/x") == SCALAR
        assert not holds(server, root / "b.h5")
        server.stop()
    finally:
        subprocess.run(["umount", "-l", root], check=True)
