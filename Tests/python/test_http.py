"""HTTP itself: methods, CORS, compression, connections, ranges and validators, malformed requests."""

import gzip
import hashlib
import os
import resource
import socket
import time

import h5py
import numpy as np
import pytest

from cases import create
from support import eventually, receive

TARGETS = [
    "/v1/files/", "/v1/files/small.h5", "/v1/raw/small.h5", "/v1/groups/links.h5", "/v1/tree/links.h5",
    "/v1/datasets/links.h5/data", "/v1/values/links.h5/data", "/v1/values/values-v110.h5/filters/gzip/f8le",
    "/v1/attributes/links.h5/data", "/v1/attributes/links.h5/data?name=units", "/v1/links/links.h5/soft", "/healthz",
    "/openapi.json"]
VARYING = {"date", "x-request-id"}


def fixed_fields(answer):
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in VARYING}


def is_made_while_read(target, answer):
    """Whether the length of a body is known only when it has been made: values as JSON, and trees."""
    return target.startswith("/v1/tree/") or (
        target.startswith("/v1/values/") and answer.headers["Content-Type"] == "application/json")


# Methods


@pytest.mark.parametrize("accept", ["*/*", "application/octet-stream, */*;q=0.1"])
@pytest.mark.parametrize("target", TARGETS)
def test_head_has_the_fields_of_get(server, target, accept):
    got = server.get(target, accept=accept, accept_encoding="identity")
    head = server.request("HEAD", target, headers={"Accept": accept, "Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"") and got.status_code == 200
    fields, given = fixed_fields(got), fixed_fields(head)
    for some in (fields, given):
        assert not {"content-length", "transfer-encoding"} <= set(some)
        some.pop("transfer-encoding", None)
    # What is not known before the body is made may be left out (RFC 9110, 9.3.2).
    if is_made_while_read(target, got) and "content-length" not in given:
        fields.pop("content-length", None)
        given.pop("connection", None)
    assert given == fields


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("target", TARGETS)
def test_answer_without_a_body_leaves_nothing_on_the_connection(server, target, method):
    tag = server.raw(target).headers.get("ETag")
    if method == "GET" and not tag:
        pytest.skip("it has no entity tag, and so always a body")
    fields = [f"If-None-Match: {tag}"] if method == "GET" else []
    with server.send_raw(target, method, fields) as connection:
        server.send_raw("/healthz", fields=["Connection: close"], connection=connection)
        text = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, rest = text.partition(b"\r\n\r\n")
    assert head.split()[1] == (b"304" if method == "GET" else b"200")
    assert not rest or rest.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("target", [
    "/v1/values/small.h5/nothing", "/v1/groups/small.h5/counts", "/v1/values/small.h5/counts?nan=x",
    "/v1/values/small.h5/counts?select=99"])
def test_any_tag_hides_no_failure(server, target):
    assert server.get(target, if_none_match="*").status_code == server.get(target).status_code >= 400


# The methods that change a resource, or read it with a body.
WRITING = {
    "files": "PUT PATCH DELETE", "raw": "PUT", "groups": "PUT DELETE", "datasets": "PUT PATCH DELETE",
    "values": "PUT PATCH POST", "attributes": "PUT PATCH DELETE", "links": "PUT PATCH DELETE"}


@pytest.mark.parametrize("target", [*TARGETS, "/v1/values/missing.h5/x"])
def test_options_tells_the_methods(server, target):
    answer = server.request("OPTIONS", target)
    assert (answer.status_code, answer.content) == (204, b"")
    allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
    resource = target.split("?")[0].split("/")[2] if target.startswith("/v1/") else None
    assert allowed == {"GET", "HEAD", "OPTIONS", *WRITING.get(resource, "").split()}


def test_health_is_told_without_a_file(server):
    assert server.json("/healthz")["status"] == "ok"


# CORS

PAGE = "https://viewer.example"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-thing, prefer"}


@pytest.mark.parametrize("options, origin, allowed", [
    ([], PAGE, None),
    (["--cors-origin", PAGE], PAGE, PAGE),
    (["--cors-origin", PAGE], "https://other.example", None),
    (["--cors-origin", PAGE, "--cors-origin", "http://page:3000"], "http://page:3000", "http://page:3000"),
    (["--cors-origin", "*"], PAGE, "*"),
])
def test_cors_allows_the_configured_origins_only(start_server, root, options, origin, allowed):
    server = start_server(root, "--workers", 1, *options)
    answer = server.get("/v1/values/small.h5/counts", origin=origin)
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    if allowed:
        assert "X-HDF5-Shape" in answer.headers["Access-Control-Expose-Headers"]
    failure = server.get("/v1/values/missing.h5", origin=origin)
    assert (failure.status_code, failure.headers.get("Access-Control-Allow-Origin")) == (404, allowed)
    preflight = server.request("OPTIONS", "/v1/values/small.h5/counts", headers={"Origin": origin, **PREFLIGHT})
    assert (preflight.status_code, preflight.headers.get("Access-Control-Allow-Origin")) == (204, allowed)
    if allowed:
        assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
        assert "prefer" in preflight.headers["Access-Control-Allow-Headers"].lower()
    if allowed != "*" and options:
        assert "Origin" in answer.headers["Vary"]


# Compression


@pytest.mark.parametrize("coding, expected", [
    (None, None), ("identity", None), ("br", None), ("gzip", "gzip"), ("gzip;q=0", None), ("br, gzip;q=0.5", "gzip")])
def test_json_is_compressed_only_when_asked(server, coding, expected):
    fields = [f"Accept-Encoding: {coding}"] if coding else []
    plain = server.raw("/v1/values/values-v110.h5/shapes/wide").content
    answer = server.raw("/v1/values/values-v110.h5/shapes/wide", fields=fields)
    assert answer.headers.get("Content-Encoding") == expected
    assert (gzip.decompress(answer.content) if expected else answer.content) == plain
    assert "Accept-Encoding" in answer.headers.get("Vary", "")


@pytest.mark.parametrize("target, fields", [
    ("/v1/raw/small.h5", []), ("/v1/values/values-v110.h5/shapes/wide", ["Accept: application/octet-stream"])])
def test_bytes_are_never_compressed(server, target, fields):
    answer = server.raw(target, fields=[*fields, "Accept-Encoding: gzip"])
    assert answer.status_code == 200 and "Content-Encoding" not in answer.headers


# Connections


def test_connection_takes_one_request_after_the_other(server):
    with server.connect() as connection:
        for _ in range(200):
            server.send_raw("/v1/values/small.h5/counts", connection=connection)
            assert receive(connection).json() == list(range(10))


def test_connection_answers_pipelined_requests_in_order(server):
    request = "GET /v1/values/small.h5/counts?select=%d HTTP/1.1\r\nHost: x\r\n\r\n"
    with server.connect() as connection:
        connection.sendall("".join(request % number for number in range(10)).encode())
        stream = connection.makefile("rb")
        for number in range(10):
            assert stream.readline().startswith(b"HTTP/1.1 200")
            length = None
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert stream.read(length) == str(number).encode()


def test_connection_is_closed_when_asked(server):
    with server.send_raw("/healthz", fields=["Connection: close"]) as connection:
        assert receive(connection).status_code == 200
        assert connection.recv(1) == b""


def test_http_1_0_gets_an_answer_and_the_end(server):
    with server.connect() as connection:
        connection.sendall(b"GET /v1/values/small.h5/counts HTTP/1.0\r\n\r\n")
        data = b"".join(iter(lambda: connection.recv(4096), b""))
    assert data.split(b" ", 2)[1] == b"200" and data.endswith(b"[0,1,2,3,4,5,6,7,8,9]")


def test_body_of_a_get_is_ignored(server):
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert receive(connection).status_code == 200
        server.send_raw("/v1/values/small.h5/counts", connection=connection)
        assert receive(connection).status_code == 200


def test_body_that_is_too_large_is_refused(server):
    answer = server.raw("/v1/files/small.h5", "PUT", ["Content-Length: 99999999999"])
    assert answer.status_code in (405, 413)


@pytest.mark.parametrize("request_text", [
    b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"GET /healthz HTTP/9.9\r\n\r\n", b"GET /healthz\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
    b"GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/files/a\0b HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v1/files/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"\0" * 100, b"\x16\x03\x01\x02\x00\x01",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=lambda text: repr(text[:40]))
def test_malformed_request_harms_nobody_else(server, request_text):
    data = b""
    with server.connect(timeout=1) as connection:
        try:
            connection.sendall(request_text)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                data += part
        except OSError:
            pass
    if data:
        assert data.startswith(b"HTTP/1.") and int(data.split()[1]) < 600
    assert str(server.root).encode() not in data
    assert server.json("/v1/values/small.h5/counts") == list(range(10))


def test_raw_nul_does_not_cut_a_target_short(server):
    with server.connect(timeout=5) as connection:
        connection.sendall(b"GET /v1/values/small.h5/counts\0tail HTTP/1.1\r\nHost: x\r\n\r\n")
        data = connection.recv(65536)
    assert not data or data.split()[1] == b"400"


def test_target_may_be_in_absolute_form(server):
    assert server.raw(f"{server.url}/v1/values/small.h5/counts").json() == list(range(10))


def test_slow_heads_block_nobody(server):
    connections = [server.connect() for _ in range(50)]
    try:
        for connection in connections:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost")
        began = time.monotonic()
        for _ in range(20):
            assert server.json("/v1/values/small.h5/counts") == list(range(10))
        assert time.monotonic() - began < 5
        for connection in connections:
            connection.sendall(b": x\r\n\r\n")
            assert receive(connection).status_code == 200
    finally:
        for connection in connections:
            connection.close()


def memory_of(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def test_two_thousand_idle_connections_are_cheap(start_server, root):
    wanted = 2000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted + 200:
        pytest.skip("too few descriptors are allowed")
    server = start_server(root)
    server.json("/v1/values/small.h5/counts")
    before = memory_of(server.pid)
    connections = [server.connect() for _ in range(wanted)]
    try:
        for connection in connections[::100]:
            server.send_raw("/healthz", connection=connection)
            assert receive(connection).status_code == 200
        began = time.monotonic()
        assert server.json("/v1/values/small.h5/counts") == list(range(10))
        assert time.monotonic() - began < 1
        assert memory_of(server.pid) - before < wanted * 64 << 10
    finally:
        for connection in connections:
            connection.close()
    descriptors = f"/proc/{server.pid}/fd"
    eventually(lambda: len(os.listdir(descriptors)) < 200, what="the end of the connections")


# Raw files


@pytest.fixture(scope="module")
def raw(root):
    path = root / "raw-range.h5"
    with create(path, "earliest") as file:
        file["x"] = np.random.default_rng(1).integers(0, 255, 300_000, dtype="u1")
    return "/v1/raw/raw-range.h5", path.read_bytes()


def test_raw_is_the_file(server, raw):
    target, data = raw
    answer = server.get(target)
    assert answer.content == data and answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] in ("application/octet-stream", "application/x-hdf5", "application/x-hdf")
    assert answer.headers["ETag"]


@pytest.mark.parametrize("field, first, end", [
    ("0-0", 0, 1), ("0-99", 0, 100), ("100-", 100, None), ("-100", -100, None), ("5-999999999", 5, None),
    ("-999999999", 0, None), ("299999-300000", 299999, 300001)])
def test_raw_gives_a_range(server, raw, field, first, end):
    target, data = raw
    answer = server.get(target, range=f"bytes={field}")
    part = data[first:end]
    start = first if first >= 0 else len(data) + first
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(data)}"


@pytest.mark.parametrize("field", ["bytes=0-1,3-4", "lines=1-2", "bytes=5-2", "bytes=x-y", "bytes=", "nonsense"])
def test_raw_is_whole_for_a_range_that_is_none(server, raw, field):
    answer = server.get(raw[0], range=field)
    assert (answer.status_code, len(answer.content)) == (200, len(raw[1]))


@pytest.mark.parametrize("field", ["bytes=99999999-", "bytes=-0"])
def test_raw_range_outside_is_not_satisfiable(server, raw, field):
    answer = server.get(raw[0], range=field)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(raw[1])}")
    assert answer.json()["code"] == "out_of_bounds"


def test_raw_range_is_conditional(server, raw):
    target, data = raw
    tag = eventually(lambda: (t := server.get(target).headers["ETag"]).startswith('"') and t, what="a strong tag")
    assert server.get(target, range="bytes=0-9", if_range=tag).status_code == 206
    answer = server.get(target, range="bytes=0-9", if_range='"other"')
    assert (answer.status_code, answer.content) == (200, data)


# Validators


@pytest.mark.parametrize("target", TARGETS[1:-2])
def test_unchanged_answers_are_not_sent_again(server, target):
    tag = server.get(target).headers["ETag"]
    for field in (tag, "*", f'"other", {tag}'):
        answer = server.get(target, if_none_match=field)
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert server.get(target, if_none_match='"other"').status_code == 200


def test_tags_differ_where_answers_do(server):
    base = "/v1/values/links.h5/data"
    tags = [
        server.get(base).headers["ETag"],
        server.get(base, {"select": "0"}).headers["ETag"],
        server.get(base, accept="application/octet-stream").headers["ETag"],
        server.raw(base, fields=["Accept-Encoding: gzip"]).headers["ETag"],
        server.get("/v1/datasets/links.h5/data").headers["ETag"]]
    assert len(set(tags)) == len(tags)


def test_tag_changes_with_the_file(server, root):
    path = root / "changing.h5"
    with create(path, "earliest") as file:
        file["x"] = 0
    seen = set()
    for number in range(1, 40):
        answer = server.get("/v1/values/changing.h5/x")
        seen.add((answer.headers["ETag"], answer.json()))
        with h5py.File(path, "r+") as file:
            file["x"][()] = number
        answer = server.get("/v1/values/changing.h5/x", if_none_match=answer.headers["ETag"])
        assert answer.status_code == 200 or answer.headers["ETag"].startswith("W/"), "a strong tag outlived its value"
    strong = [tag for tag, _ in seen if not tag.startswith("W/")]
    assert len(strong) == len(set(strong)), "one strong tag stood for two values"


def test_large_raw_file_arrives_whole(server, root):
    path = root / "large-raw.h5"
    with create(path, "earliest") as file:
        file["x"] = np.random.default_rng(2).integers(0, 255, 40 << 20, dtype="u1")
    answer = server.get("/v1/raw/large-raw.h5")
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(path.read_bytes()).digest()


@pytest.mark.parametrize("target", ["/v1/raw/small.h5", "/v1/values/small.h5/counts"])
def test_if_match_keeps_to_one_state_of_the_file(server, target):
    tag = server.get(target).headers["ETag"]
    assert server.request("GET", target, headers={"If-Match": tag}).status_code == 200
    assert server.request("GET", target, headers={"If-Match": "*"}).status_code == 200
    refused = server.request("GET", target, headers={"If-Match": '"other"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
