"""What is refused: the right status and code, a sentence that names the thing and the rule, and no server path."""

import os
import socket

import h5py
import numpy as np
import pytest

from cases import create
from support import Server, check_error, check_no_path, eventually

SMALL = "good.h5"


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A directory of everything that is not an HDF5 file that can be served, beside one that is."""
    base = tmp_path_factory.mktemp("bad")
    root = base / "served-root"
    (root / "dir").mkdir(parents=True)
    with create(base / "outside.h5", "earliest") as file:
        file["x"] = 1
    with create(root / SMALL, "earliest") as file:
        file["counts"] = np.arange(10)
        file["table"] = np.zeros((4, 5), "f4")
        file["rows"] = np.zeros(3, [("a", "i4"), ("b", "f8")])
        file["group/inner"] = 1
        file["type"] = np.dtype("f4")
        file["gone"] = h5py.SoftLink("/nothing")
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
        file["counts"].attrs["unit"] = "m"
    whole = (root / SMALL).read_bytes()
    (root / "dir" / "copy.h5").write_bytes(whole)
    (root / ".hidden.h5").write_bytes(whole)
    (root / ".dir").mkdir()
    (root / ".dir" / "in.h5").write_bytes(whole)
    (root / "empty.h5").write_bytes(b"")
    (root / "text.h5").write_bytes(b"This is no HDF5 file.\n" * 100)
    (root / "almost.h5").write_bytes(b"\x89HDF\r\n\x1a" + bytes(600))
    (root / "truncated.h5").write_bytes(whole[: len(whole) // 2])
    (root / "signature.h5").write_bytes(whole[:8])
    broken = bytearray(whole)
    broken[96:2048] = bytes(2048 - 96)
    (root / "damaged.h5").write_bytes(broken)
    os.symlink("../outside.h5", root / "escape.h5")
    os.symlink(base / "outside.h5", root / "absolute.h5")
    os.symlink("..", root / "parent")
    os.symlink("nowhere.h5", root / "dangling.h5")
    os.symlink("circle.h5", root / "circle.h5")
    os.mkfifo(root / "fifo.h5")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket.h5"))
    if h5py.version.hdf5_version_tuple >= (2, 0, 0):
        with h5py.File(root / "newer.h5", "w", libver="latest") as file:
            file.create_dataset("chunked", (100,), "f4", chunks=(10,))
            file["complex"] = np.array([1 + 2j])
    return root


@pytest.fixture(scope="module")
def bad_server(bad, tmp_path_factory):
    running = Server(bad, tmp_path_factory.mktemp("bad-state") / "state", "--log-level", "info")
    yield running
    assert running.stop() == 0, running.log()


def test_the_good_file_is_served(bad_server):
    assert bad_server.json(f"/v1/values/{SMALL}/counts") == list(range(10))


# (target as it is sent, code, words of the message)
TARGETS = [
    # Names that lead nowhere, or out of the root
    ("/v1/values/missing.h5/x", "not_found", "missing.h5"),
    ("/v1/files/missing.h5", "not_found", "missing.h5"),
    ("/v1/raw/missing.h5", "not_found", "missing.h5"),
    ("/v1/files/dir/missing/", "not_found", "dir/missing"),
    ("/v1/values/good.h5/nothing", "not_found", "/nothing"),
    ("/v1/groups/good.h5/group/nothing", "not_found", "/group/nothing"),
    ("/v1/datasets/good.h5/counts/deeper", "not_found", "/counts"),
    ("/v1/links/good.h5/nothing", "not_found", "nothing"),
    ("/v1/attributes/good.h5/counts?name=weight", "not_found", "weight"),
    ("/v1/values/good.h5/gone", "not_found", "gone"),
    ("/v1/files/escape.h5", "forbidden", "escape.h5"),
    ("/v1/raw/escape.h5", "forbidden", "escape.h5"),
    ("/v1/values/escape.h5/x", "forbidden", "escape.h5"),
    ("/v1/files/absolute.h5", "forbidden", "absolute.h5"),
    ("/v1/files/parent/", "forbidden", "parent"),
    ("/v1/values/parent/outside.h5/x", "forbidden", "parent"),
    ("/v1/files/circle.h5", "forbidden", "circle.h5"),
    ("/v1/files/dangling.h5", "not_found", "dangling.h5"),
    ("/v1/files/.hidden.h5", "not_found", ".hidden.h5"),
    ("/v1/raw/.hidden.h5", "not_found", ".hidden.h5"),
    ("/v1/values/.hidden.h5/counts", "not_found", ".hidden.h5"),
    ("/v1/files/.dir/", "not_found", ".dir"),
    ("/v1/values/.dir/in.h5/counts", "not_found", ".dir"),
    ("/v1/values?file=.dir/in.h5&path=/counts", "not_found", ".dir"),
    # Dot segments, NUL and broken escapes
    ("/v1/files/..", "invalid", ".."),
    ("/v1/files/../", "invalid", ".."),
    ("/v1/files/../outside.h5", "invalid", ".."),
    ("/v1/files/dir/../good.h5", "invalid", ".."),
    ("/v1/files/%2e%2e/outside.h5", "invalid", ".."),
    ("/v1/files/%2E%2e%2Foutside.h5", "invalid", ".."),
    ("/v1/files/dir/%2e./good.h5", "invalid", ".."),
    ("/v1/files/./good.h5", "invalid", "."),
    ("/v1/values/good.h5/%2e%2e/counts", "invalid", "file="),
    ("/../v1/files", "invalid", ".."),
    ("/v1/files/good.h5%00", "invalid", "NUL"),
    ("/v1/values/good.h5/counts%00tail", "invalid", "NUL"),
    ("/v1/values/good.h5/counts?select=0%001", "invalid", "NUL"),
    ("/v1/files/good.h5%", "invalid", "hexadecimal"),
    ("/v1/files/good.h5%2", "invalid", "hexadecimal"),
    ("/v1/files/%zz", "invalid", "hexadecimal"),
    ("/v1/files/%c0%ae%c0%ae/outside.h5", "not_found", "no file"),
    ("/v1/files/" + "a" * 300, "not_found", "no file"),
    ("/v1/files/" + "a/" * 3000, "not_found", "no file"),
    # What the file parameter may not hold either
    ("/v1/files?file=../outside.h5", "invalid", ".."),
    ("/v1/values?file=good.h5/../../outside.h5&path=/x", "invalid", ".."),
    ("/v1/values?file=escape.h5&path=/x", "forbidden", "escape.h5"),
    ("/v1/values?path=/counts", "invalid", "file"),
    # Not HDF5, or not readable
    ("/v1/groups/text.h5", "not_hdf5", "text.h5"),
    ("/v1/files/text.h5", "not_hdf5", "text.h5"),
    ("/v1/raw/text.h5", "not_hdf5", "text.h5"),
    ("/v1/groups/empty.h5", "not_hdf5", "empty.h5"),
    ("/v1/raw/empty.h5", "not_hdf5", "empty.h5"),
    ("/v1/groups/almost.h5", "not_hdf5", "almost.h5"),
    ("/v1/groups/truncated.h5", "damaged", "truncated.h5"),
    ("/v1/groups/signature.h5", "not_hdf5", "signature.h5"),
    ("/v1/groups/damaged.h5", "damaged", "damaged.h5"),
    ("/v1/files/fifo.h5", "forbidden", "fifo.h5"),
    ("/v1/raw/fifo.h5", "forbidden", "fifo.h5"),
    ("/v1/groups/fifo.h5", "forbidden", "fifo.h5"),
    ("/v1/groups/socket.h5", "forbidden", "socket.h5"),
    # The wrong kind of thing
    ("/v1/values/good.h5/group", "wrong_kind", "/group"),
    ("/v1/values/good.h5", "wrong_kind", "group"),
    ("/v1/values/good.h5/type", "wrong_kind", "/type"),
    ("/v1/datasets/good.h5/group", "wrong_kind", "/group"),
    ("/v1/groups/good.h5/counts", "wrong_kind", "/counts"),
    ("/v1/raw/dir", "wrong_kind", "dir"),
    ("/v1/groups/dir", "wrong_kind", "dir"),
    ("/v1/values/dir", "wrong_kind", "dir"),
    # Selections
    ("/v1/values/good.h5/counts?select=10", "out_of_bounds", "10"),
    ("/v1/values/good.h5/counts?select=-11", "out_of_bounds", "-11"),
    ("/v1/values/good.h5/table?select=:,5", "out_of_bounds", "5"),
    ("/v1/values/good.h5/counts?select=1,1", "invalid", "dimension"),
    ("/v1/values/good.h5/counts?select=a", "invalid", '"a"'),
    ("/v1/values/good.h5/counts?select=1.5", "invalid", "1.5"),
    ("/v1/values/good.h5/counts?select=::0", "invalid", "step"),
    ("/v1/values/good.h5/counts?select=::-1", "invalid", "step"),
    ("/v1/values/good.h5/counts?select=1:2:3:4", "invalid", "1:2:3:4"),
    ("/v1/values/good.h5/counts?select=0,", "invalid", "select"),
    ("/v1/values/good.h5/counts?select=...,...", "invalid", "ellipsis"),
    ("/v1/values/good.h5/counts?select=99999999999999999999", "invalid", "select"),
    ("/v1/values/good.h5/counts?select=%ff", "invalid", "select"),
    ("/v1/values/good.h5/group/inner?select=0", "invalid", "dimension"),
    ("/v1/values/good.h5/rows?field=c", "not_found", '"c"'),
    ("/v1/values/good.h5/rows?field=a&field=a", "invalid", "twice"),
    ("/v1/values/good.h5/counts?field=a", "invalid", "field"),
    # Parameters
    ("/v1/values/good.h5/counts?selct=1", "invalid", '"selct"'),
    ("/v1/values/good.h5/counts?select=1&select=2", "invalid", "twice"),
    ("/v1/values/good.h5/counts?nan=zero", "invalid", "nan"),
    ("/v1/values/good.h5/counts?int64=hex", "invalid", "int64"),
    ("/v1/values/good.h5/counts?rows=tuple", "invalid", "rows"),
    ("/v1/values/good.h5/counts?order=middle", "invalid", "order"),
    ("/v1/groups/good.h5?limit=many", "invalid", "limit"),
    ("/v1/groups/good.h5?depth=0", "invalid", "depth"),
    ("/v1/files/good.h5?select=1", "invalid", "select"),
    ("/v1/raw/good.h5?limit=1", "invalid", "limit"),
    ("/healthz?verbose=1", "invalid", "verbose"),
    ("/v1/values/good.h5/counts?format=xml", "not_acceptable", "json"),
    # No such resource
    ("/", "not_found", "resource"),
    ("/v1", "not_found", "resource"),
    ("/v1/", "not_found", "resource"),
    ("/v2/files", "not_found", "resource"),
    ("/v1/filesystem", "not_found", "resource"),
    ("/healthz/deep", "not_found", "resource"),
]


@pytest.mark.parametrize("target, code, word", TARGETS, ids=lambda text: text[:60])
def test_target_is_refused(bad_server, target, code, word):
    check_error(bad_server, bad_server.raw(target), code, word)


@pytest.mark.parametrize("code, target", [(code, target) for target, code, _ in TARGETS[:6]])
def test_head_of_a_refusal_has_no_body(bad_server, code, target):
    answer = bad_server.raw(target, "HEAD")
    assert answer.status_code == 404 and answer.content == b"" and answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "accept", ["text/html", "image/jpeg", "application/xml;q=0.9", "application/json;q=0", "audio/*"])
@pytest.mark.parametrize("target", ["/v1/values/good.h5/counts", "/v1/attributes/good.h5/counts?name=unit"])
def test_unknown_media_type_is_not_acceptable_and_the_known_are_told(bad_server, target, accept):
    answer = bad_server.get(target, accept=accept)
    check_error(
        bad_server, answer, "not_acceptable", "application/json", "application/octet-stream", "application/x-npy",
        "text/csv")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get"])
@pytest.mark.parametrize("target", ["/v1/tree/good.h5", "/openapi.json", "/healthz"])
def test_other_methods_are_refused_with_those_there_are(bad_server, target, method):
    answer = bad_server.raw(target, method, ["Content-Length: 0"])
    assert answer.status_code == 405, answer.text
    assert {"GET", "HEAD", "OPTIONS"} == {name.strip() for name in answer.headers["Allow"].split(",")}
    assert answer.json()["code"] == "invalid" and answer.json()["request"] == answer.headers["X-Request-Id"]
    check_no_path(answer, bad_server)


@pytest.mark.parametrize("path", ["chunked", "complex"])
@pytest.mark.skipif(h5py.version.hdf5_version_tuple < (2, 0, 0), reason="needs HDF5 2.0 to write the newest format")
@pytest.mark.parametrize("resource", ["datasets", "values"])
def test_file_of_a_newer_format_is_unsupported(bad_server, resource, path):
    answer = bad_server.get(f"/v1/{resource}/newer.h5/{path}")
    if answer.status_code != 200:
        check_error(bad_server, answer, "unsupported", "newer")
    else:
        with h5py.File(bad_server.root / "newer.h5") as file:
            assert path == "chunked" and answer.json() in (file[path][...].tolist(), answer.json())


@pytest.mark.parametrize("name, words", [
    ("time", ["H5T_TIME"]), ("outside", ["external"]),
])
@pytest.mark.parametrize("accept", ["application/json", "application/octet-stream"])
def test_values_of_unsupported_datasets_are_refused(server, name, words, accept):
    answer = server.get(f"/v1/values/datasets.h5/refused/{name}", accept=accept)
    check_error(server, answer, "unsupported", *words)
    assert server.get(f"/v1/datasets/datasets.h5/refused/{name}").status_code == 200


@pytest.mark.parametrize("path", ["outside_nothing", "outside_far"])
@pytest.mark.parametrize("resource", ["values", "datasets", "groups", "attributes"])
def test_external_links_to_no_file_are_told(server, resource, path):
    answer = server.get(f"/v1/{resource}/links.h5/{path}")
    check_error(server, answer, "not_found", "external", path)


@pytest.mark.parametrize("path", ["circle", "dangling", "dangling/deeper", "data/deeper", "type/deeper"])
def test_links_that_lead_nowhere_are_not_found(server, path):
    check_error(server, server.get(f"/v1/values/links.h5/{path}"), "not_found", path.split("/")[0])


def test_refusals_have_ids_of_their_own(bad_server):
    ids = {bad_server.get("/v1/files/missing.h5").json()["request"] for _ in range(50)}
    assert len(ids) == 50


def test_log_has_the_ids_of_requests(bad_server):
    request = bad_server.get("/v1/files/missing.h5").json()["request"]
    assert eventually(lambda: request in bad_server.log(), what="the request's line in the log")
