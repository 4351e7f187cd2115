"""Batches: requests on one file under one lock, all of them or none."""

import base64
import json

import numpy as np
import pytest

from cases import create
from leasing import folder, release, running, server, take  # noqa: F401, fixtures
from support import CODES, check_error, check_no_path, eventually, status_of
from test_locks import holds, in_thread
from tracing import Traced, has_ended, injection
from written import opened, state_of

BATCH, X = "/v1/batch/data.h5", "/v1/values/data.h5/x"
NDJSON = "application/x-ndjson"
OCTETS = {"Content-Type": "application/octet-stream"}


def get(target=X, **headers):
    return {"method": "GET", "target": target, **({"headers": headers} if headers else {})}


def put(target=X, body=None, **headers):
    job = {"method": "PUT", "target": target}
    return job | ({"body": body} if body is not None else {}) | ({"headers": headers} if headers else {})


def attribute(name, value, owner="x"):
    return put(f"/v1/attributes/data.h5/{owner}?name={name}", value)


def batch(server, jobs, **headers):
    return server.send("POST", BATCH, jobs, **{"prefer": "wait=0", **headers})


def lines(server, jobs, **headers):
    """The same a job a line."""
    body = b"".join(json.dumps(job).encode() + b"\n" for job in jobs)
    return server.send("POST", BATCH, body, content_type=NDJSON, **headers)


def done(answer):
    """The answers in a batch's answer."""
    assert answer.status_code == 200, answer.text[:500]
    kind = answer.headers["Content-Type"].split(";")[0]
    found = [json.loads(line) for line in answer.text.splitlines()] if kind == NDJSON else answer.json()
    assert all(set(part) == {"status", "headers", "body"} for part in found), found[:3]
    return found


def check_refused(server, answer, index, code, *words):
    """All of a batch is refused because of one request."""
    assert answer.status_code == CODES[code], f"{answer.status_code} {answer.text[:500]}"
    body = answer.json()
    assert set(body) == {"code", "message", "request", "index"}, body
    assert (body["code"], body["index"]) == (code, index), body
    assert all(word.lower() in body["message"].lower() for word in words), body
    check_no_path(answer, server)


@pytest.fixture(params=[batch, lines])
def send(request):
    """Both forms."""
    return request.param


# In order, all or nothing


def test_later_requests_see_earlier_writes(server, send):
    found = done(send(server, [
        get(), put(body=1), get(), put(body=2), get(), put("/v1/groups/data.h5/g"),
        put("/v1/datasets/data.h5/g/d", {"value": [7]}), get("/v1/values/data.h5/g/d"), attribute("a", "text"),
        get("/v1/attributes/data.h5/x?name=a")]))
    assert [part["status"] for part in found] == [200, 204, 200, 204, 200, 201, 201, 200, 201, 200]
    assert [part["body"] for part in found][::2][:3] == [0, 1, 2]
    assert found[1]["body"] is None and (found[7]["body"], found[9]["body"]) == ([7], "text")
    with opened(server.root / "data.h5") as file:
        assert file["x"][()] == 2 and file["g/d"][0] == 7 and file["x"].attrs["a"] == "text"


def test_batch_of_nothing_does_nothing(server):
    before = state_of(server.root / "data.h5")
    assert done(batch(server, [])) == []
    assert state_of(server.root / "data.h5") == before


@pytest.mark.parametrize("bad, code", [
    (get("/v1/values/data.h5/none"), "not_found"), (put("/v1/groups/data.h5/x"), "exists"),
    (put(X, [1, 2]), "invalid"), (put(X, 5, **{"If-None-Match": "*"}), "precondition_failed"),
    ({"method": "DELETE", "target": "/v1/links/data.h5/none"}, "not_found"),
    (get("/v1/values/data.h5/x?select=5"), "invalid"), (get("/v1/groups/data.h5/x"), "wrong_kind")])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_batch_is_all_or_nothing(server, send, bad, code, place):
    before = state_of(server.root / "data.h5")
    jobs = [put(body=5), put("/v1/groups/data.h5/g"), attribute("a", 1), get()]
    jobs.insert(place, bad)
    check_refused(server, send(server, jobs), place, code)
    assert state_of(server.root / "data.h5") == before
    assert server.json(X) == 0


def test_batch_of_reads_that_fails_tells_which(server, send):
    check_refused(server, send(server, [get(), get("/v1/values/data.h5/none"), get()]), 1, "not_found", "none")


@pytest.mark.parametrize("call, when", [
    ("pread64", 1), ("pread64", 5), ("pwrite64", 1), ("pwrite64", 3), ("fdatasync", 2)])
def test_batch_whose_worker_dies_is_whole_or_nothing(start_server, folder, tmp_path, call, when):
    server = start_server(folder, "--workers", 1)
    [worker] = eventually(server.workers)
    with Traced(worker, tmp_path / "trace", *injection(call, "signal=SIGKILL", when)):
        answer = batch(server, [put(body=9), *many(50)], prefer="wait=20")
        assert has_ended(worker)
    assert answer.status_code == 500 and answer.json()["code"] == "worker_failed"
    with opened(folder / "data.h5") as file:
        found = file["x"][()], len(file["x"].attrs)
    assert found in ((0, 0), (9, 50)) and (found == (9, 50)) == ("all the same" in answer.text)


def test_condition_of_a_batch_is_one_for_all(server, send):
    before = state_of(server.root / "data.h5")
    check_error(server, send(server, [put(X, 2)], if_match='"none"'), "precondition_failed")
    check_refused(server, send(server, [get(), put(X, 2, **{"If-Match": "*"})]), 1, "invalid", "If-Match")
    assert state_of(server.root / "data.h5") == before
    assert done(send(server, [put(X, 2)], if_match="*"))[0]["status"] == 204
    found = done(send(server, [put("/v1/groups/data.h5/g", **{"If-None-Match": "*"}), get()]))
    assert [part["status"] for part in found] == [201, 200]


# Bodies


def test_octets_are_base64_both_ways(start_server, folder, send):
    values = np.arange(1000, dtype="<f4")
    with create(folder / "data.h5", "v110") as file:
        file["x"] = np.zeros(1000, "<f4")
    server = start_server(folder)
    text = base64.b64encode(values.tobytes()).decode()
    write, read, slab = done(send(server, [
        put(X, text, **OCTETS), get(X, Accept="application/octet-stream"),
        get(X + "?select=5:7", Accept="application/octet-stream")]))
    assert (write["status"], write["body"]) == (204, None)
    assert base64.b64decode(read["body"]) == values.tobytes()
    assert np.frombuffer(base64.b64decode(slab["body"]), "<f4").tolist() == [5, 6]
    headers = {name.lower(): value for name, value in read["headers"].items()}
    assert headers["content-type"] == "application/octet-stream" and headers["x-hdf5-shape"] == "1000"
    assert headers["x-hdf5-datatype"] == "<f4"


@pytest.mark.parametrize("text", ["***", "AAAA", "AA", "AAAAAAAAAAAAAAAA", 5, [1], {"a": 1}])
def test_body_that_is_not_so_many_octets_in_base64_is_refused(server, send, text):
    before = state_of(server.root / "data.h5")
    check_refused(server, send(server, [get(), put(X, text, **OCTETS)]), 1, "invalid")
    assert state_of(server.root / "data.h5") == before


def test_answers_of_a_batch_are_those_of_single_requests(server, send):
    targets = [X, "/v1/groups/data.h5", "/v1/datasets/data.h5/x", "/v1/attributes/data.h5/x", "/v1/links/data.h5/x"]
    for target, part in zip(targets, done(send(server, list(map(get, targets)))), strict=True):
        single = server.get(target)
        assert (part["status"], part["body"]) == (single.status_code, single.json())


@pytest.mark.parametrize("body", [
    b"", b"{", b"[", b"{}", b"5", b'"text"', b"null", b"[5]", b'["GET"]', b"[[]]", b"[null]", b'[{"method": "GET"}]',
    b'[{"target": "/v1/values/data.h5/x"}]', b'[{"method": 5, "target": "/v1/values/data.h5/x"}]',
    b'[{"method": "GET", "target": 5}]', b'[{"method": "GET", "target": "/v1/values/data.h5/x", "headers": []}]',
    b'[{"method": "GET", "target": "/v1/values/data.h5/x", "headers": {"Accept": 5}}]',
    b'[{"method": "GET", "target": "/v1/values/data.h5/x"}', b'[{"method": "GET", "target": "/v1/values/data.h5/x"},]'])
def test_batch_that_is_none_is_refused(server, body):
    answer = server.send("POST", BATCH, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text


@pytest.mark.parametrize("job", [
    get("/v1/values/other.h5/x"), get("/v1/values/data.h5"), get("values/data.h5/x"),
    get("/v1/values/../data.h5/x"), get("/"), get(""), get("/metrics"), get("/v1/nothing/data.h5"),
    {"method": "POST", "target": BATCH, "body": []}, {"method": "POST", "target": "/v1/locks/data.h5", "body": {}},
    {"method": "BREW", "target": X}, {"method": "get", "target": X}, {"method": "", "target": X},
    {"method": "PUT", "target": "/v1/values/other.h5/x", "body": 1}])
def test_request_that_is_none_of_this_file_is_refused(server, send, job):
    before = [state_of(server.root / name) for name in ("data.h5", "other.h5")]
    answer = send(server, [put(body=5), job])
    body = answer.json()
    assert 400 <= answer.status_code < 500 and body["index"] == 1, answer.text
    check_no_path(answer, server)
    assert [state_of(server.root / name) for name in ("data.h5", "other.h5")] == before


def test_batch_of_another_media_type_is_refused(server):
    answer = server.send("POST", BATCH, b"[]", content_type="text/plain")
    check_error(server, answer, "unsupported_media")
    check_error(server, server.send("POST", "/v1/batch/none.h5", [get("/v1/values/none.h5/x")]), "not_found", "none.h5")


# Locks


def test_reads_are_done_under_a_shared_lock(server, foreign, send):
    assert foreign.open(server.root / "data.h5", "r") == "ok"
    assert [part["body"] for part in done(send(server, [get(), get()], prefer="wait=0"))] == [0, 0]
    check_error(server, send(server, [get(), put(body=1)], prefer="wait=0"), "locked", "data.h5")
    assert foreign.close() == foreign.open(server.root / "data.h5", "r+") == "ok"
    check_error(server, send(server, [get(), get()], prefer="wait=0"), "locked", "data.h5")


def test_batch_waits_for_its_lock(server, foreign, send):
    assert foreign.open(server.root / "data.h5", "r+") == "ok"
    answer = in_thread(lambda: send(server, [get(), put(body=5)], prefer="wait=20"))
    eventually(lambda: holds(server, server.root / "data.h5"))
    assert foreign.write("x", 3) == foreign.close() == "ok"
    assert done(answer.result(10))[0]["body"] == 3 and server.json(X) == 5


def test_batches_among_waiting_writes_are_done_in_turn(server, foreign):
    """Writes that wait for one file are committed together."""
    assert foreign.open(server.root / "data.h5", "r+") == "ok"
    works = [lambda: put_alone(1), lambda: batch(server, [get(), put(body=2)], prefer="wait=20"),
             lambda: batch(server, [get(), put(body=3)], prefer="wait=20"), lambda: put_alone(4),
             lambda: batch(server, [get(), put(body=5), get("/v1/values/data.h5/none")], prefer="wait=20"),
             lambda: lines(server, [get()], prefer="wait=20")]

    def put_alone(value):
        return server.put(X, value, prefer="wait=20")

    answers = []
    for work in works:
        answers.append(in_thread(work))
        eventually(lambda: len(server.json("/v1/locks/data.h5")["waiters"]) == len(answers))
    assert foreign.close() == "ok"
    answers = [answer.result(20) for answer in answers]
    assert [answer.status_code for answer in answers] == [204, 200, 200, 204, 404, 200]
    assert [done(answers[number])[0]["body"] for number in (1, 2, 5)] == [1, 2, 4]


@pytest.mark.parametrize("mode", ["exclusive", "shared"])
def test_batch_runs_under_a_lease(server, send, mode):
    lease = take(server, {"mode": mode})
    assert done(send(server, [get()], lock_token=lease["token"]))[0]["body"] == 0
    answer = send(server, [put(body=1), get()], lock_token=lease["token"])
    if mode == "shared":
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_kind")
    else:
        assert done(answer)[1]["body"] == 1
        check_error(server, send(server, [get()], prefer="wait=0"), "locked")
    release(server, lease)
    assert server.json(X) == (mode == "exclusive")


# Many


def peaks(server):
    """The most memory that each worker has had."""
    return [int(status_of(pid)["VmHWM"].split()[0]) << 10 for pid in server.workers()]


def many(count):
    return (attribute(f"a{number}", number) for number in range(count))


def test_ten_thousand_attributes_in_bounded_memory(start_server, folder):
    with create(folder / "data.h5", "earliest") as file:
        for number in range(100):
            file[f"d{number}"] = 0
    server = start_server(folder, "--workers", 1)
    memory = []
    for count in (1000, 10_000):
        jobs = [attribute(f"a{n}", n * count, f"d{n % 100}") for n in range(count)]
        found = done(lines(server, jobs, prefer="wait=20"))
        assert len(found) == count and {part["status"] for part in found} <= {200, 201}
        memory.append(max(peaks(server)))
    assert memory[1] - memory[0] < 32 << 20, memory
    gate = int(status_of(server.pid)["VmHWM"].split()[0]) << 10
    assert gate < 200 << 20, gate
    with opened(folder / "data.h5") as file:
        assert all(file[f"d{n % 100}"].attrs[f"a{n}"] == n * 10_000 for n in range(10_000))
        assert all(len(file[f"d{n}"].attrs) == 100 for n in range(100))


def test_ten_thousand_attributes_of_one_object(start_server, folder):
    with create(folder / "data.h5", "v110") as file:
        file["x"] = 0
    server = start_server(folder, "--workers", 1)
    found = done(lines(server, many(10_000), prefer="wait=20"))
    assert [part["status"] for part in found] == [201] * 10_000
    with opened(folder / "data.h5") as file:
        assert len(file["x"].attrs) == 10_000 and file["x"].attrs["a9999"] == 9999


def test_last_of_ten_thousand_undoes_all(start_server, folder):
    with create(folder / "data.h5", "v110") as file:
        file["x"] = 0
    server, before = start_server(folder, "--workers", 1), None
    before = state_of(folder / "data.h5")
    check_refused(server, lines(server, [*many(10_000), get("/v1/values/data.h5/none")]), 10_000, "not_found")
    assert state_of(folder / "data.h5")[:3] == before[:3] and server.json("/v1/attributes/data.h5/x") == {}
