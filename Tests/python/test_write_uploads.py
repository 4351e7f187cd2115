"""Bodies that come slowly, in pieces, too large or never: they hold nobody up and leave nothing behind."""

import os
import resource
import socket
import struct
import time
from contextlib import suppress

import h5py
import numpy as np
import pytest
import requests

from cases import create
from support import eventually, receive
from test_http import memory_of
from test_limits import gates_descriptors
from test_locks import holds, in_thread, lock_is_free, open_names
from written import opened, states

COUNT = 1 << 18
OLD, NEW = np.zeros(COUNT, "<i4"), np.ones(COUNT, "<i4")
# The full form: LOCKEDH5_HALF_OPEN=1000.
HALF_OPEN = int(os.environ.get("LOCKEDH5_HALF_OPEN", "200"))


def make(path, value):
    with create(path, "earliest") as file:
        file["x"] = value
        file["n"] = 1
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    make(root / "data.h5", OLD)
    make(root / "other.h5", np.zeros(3))
    return root


@pytest.fixture
def uploads(tmp_path):
    """Uploads that replace all of x with NEW: name -> (target, fields, body)."""
    return {
        "octets": ("/v1/values/data.h5/x", ["Content-Type: application/octet-stream"], NEW.tobytes()),
        "json": ("/v1/values/data.h5/x", ["Content-Type: application/json"], str(NEW.tolist()).encode()),
        "raw": ("/v1/raw/data.h5", [], make(tmp_path / "new.h5", NEW)),
        "new": ("/v1/raw/new.h5", [], make(tmp_path / "new.h5", NEW))}


NAMES = ("octets", "json", "raw", "new")


def begin(server, upload, size):
    """A connection on which the head and the first `size` bytes of an upload have been sent."""
    target, fields, body = upload
    connection = server.send_raw(target, "PUT", [*fields, f"Content-Length: {len(body)}"])
    connection.sendall(body[:size])
    return connection


def check_usable(server, folder, foreign, rounds=5):
    """Neither h5py nor other requests are kept waiting."""
    for number in range(rounds):
        began = time.monotonic()
        assert lock_is_free(folder / "data.h5")
        assert foreign.open(folder / "data.h5", "r+") == "ok"
        assert foreign.write("n", number) == foreign.close() == "ok"
        assert server.json("/v1/values/data.h5/n") == number
        assert server.put("/v1/values/data.h5/n", -number).status_code == 204
        assert server.put("/v1/values/other.h5/n", number).status_code == 204
        assert time.monotonic() - began < 3


class Traces:
    """What requests may leave behind, as it was before them."""

    def __init__(self, server):
        self.server = server
        server.json("/v1/values/other.h5/n")
        self.state, self.names = set(states(server.state)), set(states(server.root))
        self.descriptors = eventually(lambda: gates_descriptors(server), 5)

    def check(self, *new):
        """All of it has gone; `new` names may be under the root."""
        server = self.server
        eventually(lambda: all(lock_is_free(path) for path in server.root.glob("*.h5")), 5, "the end of the locks")
        eventually(
            lambda: (gates_descriptors(server) or 1 << 20) <= self.descriptors, 5, "the end of what was open")
        eventually(lambda: set(states(server.state)) == self.state, 5, "the end of the spools")
        assert set(states(server.root)) - self.names <= {str(server.root / name) for name in new}


# Slow uploads


@pytest.mark.parametrize("name", NAMES)
def test_slow_upload_holds_nobody_up(start_server, folder, uploads, foreign, name):
    server = start_server(folder, "--workers", 1)
    traces, body = Traces(server), uploads[name][2]
    with begin(server, uploads[name], len(body) // 2) as connection:
        for first in range(len(body) // 2, len(body) // 2 + 5000, 1000):
            check_usable(server, folder, foreign, 1)
            connection.sendall(body[first : first + 1000])
        connection.sendall(body[first + 1000 :])
        assert receive(connection).status_code in (200, 201, 204)
    with opened(folder / ("new.h5" if name == "new" else "data.h5")) as file:
        assert np.array_equal(file["x"][()], NEW)
    traces.check("new.h5")


def test_slow_head_of_an_upload_holds_nobody_up(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    with server.connect() as connection:
        for piece in (b"PUT /v1/values/data.h5/n HTT", b"P/1.1\r\nHost: x\r\nContent-Type: applica", b"tion/json\r\n"):
            connection.sendall(piece)
            check_usable(server, folder, foreign, 1)
        connection.sendall(b"Content-Length: 2\r\n\r\n4")
        check_usable(server, folder, foreign, 1)
        connection.sendall(b"2")
        assert receive(connection).status_code == 204
    assert server.json("/v1/values/data.h5/n") == 42


@pytest.mark.parametrize("name", NAMES)
def test_many_half_open_uploads_hold_nobody_up(start_server, folder, uploads, foreign, name):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3 * HALF_OPEN + 200:
        pytest.skip("too few descriptors are allowed")
    server = start_server(folder, "--workers", 1)
    traces, before = Traces(server), memory_of(server.pid)
    connections = [begin(server, uploads[name], 3000) for _ in range(HALF_OPEN)]
    try:
        eventually(lambda: len(open_names(server.pid)) > HALF_OPEN, what="the server's connections")
        check_usable(server, folder, foreign)
        assert memory_of(server.pid) - before < 32 << 20
    finally:
        for connection in connections:
            connection.close()
    traces.check()
    check_usable(server, folder, foreign, 1)


def test_half_open_uploads_do_not_stop_the_server_from_ending(start_server, folder, uploads):
    server = start_server(folder, "--workers", 1)
    connections = [begin(server, uploads[name], 3000) for name in NAMES * 5]
    before = states(folder)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 12
    assert states(folder) == before
    for connection in connections:
        connection.close()


# Clients that leave


def leave_with_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def leave_half(connection):
    """The client says no more but would still listen."""
    connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        connection.settimeout(5)
        connection.recv(1000)
    connection.close()


def read_a_little(connection):
    connection.settimeout(10)
    connection.recv(5)
    connection.close()


STAGES = {
    "head": lambda length: 0, "one byte": lambda length: 1, "half": lambda length: length // 2,
    "all but one": lambda length: length - 1, "whole": lambda length: length}
LEAVES = {"close": socket.socket.close, "reset": leave_with_reset, "half-close": leave_half}


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", NAMES)
def test_client_that_leaves_leaves_nothing(start_server, folder, uploads, name, stage, leave):
    server = start_server(folder, "--workers", 1)
    traces, before, size = Traces(server), states(folder), STAGES[stage]
    size = size(len(uploads[name][2]))
    for _ in range(3):
        LEAVES[leave](begin(server, uploads[name], size))
    traces.check(*["new.h5"] if stage == "whole" else [])
    if stage != "whole":
        assert states(folder) == before
    for path in folder.glob("*[wa].h5"):
        with opened(path) as file:
            value = file["x"][()]
            assert np.array_equal(value, NEW) or np.array_equal(value, OLD), "half of an upload was written"
    assert server.put("/v1/values/data.h5/n", 5).status_code == 204


def test_client_that_leaves_the_answer_has_written(start_server, folder, uploads):
    server = start_server(folder, "--workers", 1)
    traces = Traces(server)
    for name in ("octets", "json", "raw"):
        read_a_little(begin(server, uploads[name], None))
        with opened(folder / "data.h5", "r+") as file:
            assert np.array_equal(file["x"][()], NEW)
            file["x"][...] = OLD
    traces.check()


@pytest.mark.parametrize("name", ["octets", "json", "raw"])
def test_client_that_leaves_while_it_waits_for_the_lock_writes_nothing(start_server, folder, uploads, foreign, name):
    server = start_server(folder, "--workers", 1)
    traces = Traces(server)
    assert foreign.open(folder / "data.h5", "r") == "ok"
    connection = begin(server, uploads[name], None)
    eventually(lambda: holds(server, folder / "data.h5"), what="the upload's wait")
    before = states(folder)
    connection.close()
    eventually(lambda: not holds(server, folder / "data.h5"), 5, "the end of the wait")
    assert foreign.close() == "ok"
    traces.check()
    assert states(folder) == before


# Forms of bodies


def pieces(body, size):
    return (body[first : first + size] for first in range(0, len(body), size))


@pytest.mark.parametrize("size", [1 << 16, 999_999])
@pytest.mark.parametrize("name", NAMES)
def test_body_may_come_in_chunks(start_server, folder, uploads, name, size):
    server = start_server(folder, "--workers", 1)
    target, fields, body = uploads[name]
    answer = server.request(
        "PUT", target, data=pieces(body, size), headers=dict(field.split(": ") for field in fields))
    assert answer.status_code in (200, 201, 204), answer.text
    with opened(folder / ("new.h5" if name == "new" else "data.h5")) as file:
        assert np.array_equal(file["x"][()], NEW)


@pytest.mark.parametrize("text", [b"zz\r\n", b"-1\r\n", b"5\r\nhelloworld\r\n", b"5 hello", b"ffffffffffffffffff\r\n"])
def test_broken_chunks_write_nothing(start_server, folder, text):
    server = start_server(folder, "--workers", 1)
    before = states(folder)
    fields = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
    with server.send_raw("/v1/values/data.h5/n", "PUT", fields) as connection:
        connection.sendall(b"1\r\n4\r\n" + text)
        connection.shutdown(socket.SHUT_WR)
        data = connection.recv(4096)
    assert not data or data.split()[1] in (b"400", b"413"), data
    assert states(folder) == before


@pytest.mark.parametrize("name", NAMES)
def test_client_that_asks_whether_to_go_on_is_told(start_server, folder, uploads, name):
    server = start_server(folder, "--workers", 1)
    target, fields, body = uploads[name]
    fields = [*fields, f"Content-Length: {len(body)}", "Expect: 100-continue"]
    with server.send_raw(target, "PUT", fields) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert receive(connection).status_code in (200, 201, 204)


REFUSALS = [
    ("/v1/values/none.h5/x", ["Content-Type: application/octet-stream"], 404),
    ("/v1/values/data.h5/x", ["Content-Type: text/plain"], 415), ("/v1/nonsense", [], 404),
    ("/v1/values/data.h5/x?nonsense=1", ["Content-Type: application/octet-stream"], 400), ("/v1/tree/data.h5", [], 405)]


@pytest.mark.parametrize("target, fields, status", REFUSALS)
def test_client_that_asks_whether_to_go_on_is_refused_first(start_server, folder, target, fields, status):
    server = start_server(folder, "--workers", 1)
    fields = [*fields, "Content-Length: 10000000", "Expect: 100-continue"]
    with server.send_raw(target, "PUT", fields) as connection:
        answer = receive(connection)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("options, target, fields, status", [
    (["--upload-size", 1], "/v1/values/data.h5/x", ["Content-Type: application/octet-stream"], 413),
    (["--upload-size", 1], "/v1/raw/new.h5", [], 413),
    (["--json-size", 1], "/v1/values/data.h5/x", ["Content-Type: application/json"], 413),
    (["--json-size", 1], "/v1/datasets/data.h5/new", [], 413),
    (["--read-only"], "/v1/values/data.h5/x", ["Content-Type: application/octet-stream"], 403),
    *[([], *refusal) for refusal in REFUSALS]])
class TestEarlyRefusal:
    """A refusal that needs no body does not wait for it, and reaches a client that sends it nevertheless."""

    def test_comes_before_the_body(self, start_server, folder, options, target, fields, status):
        server = start_server(folder, "--workers", 1, *options)
        before = states(folder)
        fields = [*fields, "Content-Length: 3000000"]
        with server.send_raw(target, "PUT", fields, connection=server.connect(timeout=5)) as connection:
            answer = receive(connection)
        assert answer.status_code == status, answer.text
        assert answer.json()["request"] == answer.headers["X-Request-Id"]
        assert states(folder) == before

    def test_reaches_a_client_that_sends_everything(self, start_server, folder, options, target, fields, status):
        server = start_server(folder, "--workers", 1, *options)
        before = states(folder)
        for _ in range(10):
            answer = requests.put(
                server.url + target, data=bytes(3_000_000), headers=dict(f.split(": ") for f in fields), timeout=20)
            assert answer.status_code == status, answer.text
        assert states(folder) == before


@pytest.mark.parametrize("options, media", [
    (["--upload-size", 1], "application/octet-stream"), (["--json-size", 1], "application/json")])
def test_chunks_that_are_too_many_are_refused(start_server, folder, options, media):
    server = start_server(folder, "--workers", 1, *options)
    traces, before = Traces(server), states(folder)
    fields = [f"Content-Type: {media}", "Transfer-Encoding: chunked"]
    sent, data = 0, b""
    with server.send_raw("/v1/values/data.h5/x", "PUT", fields) as connection:
        try:
            while sent < 64 << 20:
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        with suppress(OSError):
            data = connection.recv(4096)
    assert not data or data.split()[1] == b"413", data
    assert data or sent < 32 << 20, "neither refused nor cut"
    traces.check()
    assert states(folder) == before


def test_connection_goes_on_after_a_body(start_server, folder):
    server = start_server(folder, "--workers", 1)
    with server.connect() as connection:
        for number in range(50):
            fields = ["Content-Type: application/json"]
            server.send_body("/v1/values/data.h5/n", "PUT", fields, str(number).encode(), connection)
            assert receive(connection, "PUT").status_code == 204
            server.send_body("/v1/values/data.h5/none", "PUT", fields, b"5", connection)
            assert receive(connection, "PUT").status_code == 404
            server.send_raw("/v1/values/data.h5/n", connection=connection)
            assert receive(connection).json() == number


def test_pipelined_writes_are_done_in_order(start_server, folder):
    server = start_server(folder, "--workers", 2)
    request = (
        "PUT /v1/values/data.h5/n HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n%d"
        "GET /v1/values/data.h5/n HTTP/1.1\r\nHost: x\r\n\r\n")
    with server.connect() as connection:
        connection.sendall("".join(request % number for number in range(10, 30)).encode())
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(65536), b""))
    bodies = [part.partition(b"\r\n\r\n")[2] for part in text.split(b"HTTP/1.1 ")[1:-1]]
    assert bodies == [body for number in range(10, 30) for body in (b"", b"%d" % number)]


def test_upload_goes_on_while_the_file_is_replaced(start_server, folder, uploads):
    """The lock is taken on the file that has the name when the body is complete."""
    server = start_server(folder, "--workers", 1)
    target, fields, body = uploads["octets"]
    with begin(server, uploads["octets"], 1000) as connection:
        make(folder / "next.h5", np.full(COUNT, 7, "<i4"))
        os.rename(folder / "next.h5", folder / "data.h5")
        connection.sendall(body[1000:])
        assert receive(connection).status_code == 204
    with opened(folder / "data.h5") as file:
        assert np.array_equal(file["x"][()], NEW)


def test_large_uploads_take_bounded_memory(start_server, tmp_path):
    root, size = tmp_path / "served", 160 << 20
    root.mkdir()
    with h5py.File(root / "large.h5", "w") as file:
        file.create_dataset("x", (size,), "u1")
    server = start_server(root, "--workers", 1)
    server.json("/v1/values/large.h5/x?select=0")
    before = {pid: memory_of(pid) for pid in server.family()}
    answer = in_thread(lambda: server.put("/v1/values/large.h5/x", b"\5" * size))
    most = 0
    while not answer.done():
        with suppress(OSError):
            most = max(most, *(memory_of(pid) - before.get(pid, 0) for pid in server.family()))
        time.sleep(0.01)
    assert answer.result().status_code == 204, answer.result().text
    assert most < 96 << 20
    with opened(root / "large.h5") as file:
        assert (file["x"][:: 1 << 20] == 5).all() and file["x"][-1] == 5
