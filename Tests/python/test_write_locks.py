"""Writers, ours and h5py's, and readers on one file: one writer and nobody else, and everybody's turn comes."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import requests

from cases import create
from foreign import Foreign
from support import check_error, eventually, receive
from test_faults import is_waiting, stop_workers
from test_locks import holds, in_thread, lock_is_free
from written import contents, opened, state_of

X = "/v1/values/data.h5/x"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "data.h5", "earliest") as file:
        file["x"] = 0
    return root


# h5py first


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_write_waits_until_h5py_has_closed(start_server, folder, foreign, mode):
    server = start_server(folder, "--workers", 1)
    assert foreign.open(folder / "data.h5", mode) == "ok"
    answer = in_thread(lambda: server.put(X, 5, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "data.h5"), what="the write's wait")
    if mode == "r+":
        assert foreign.write("x", 3) == "ok"
    assert not answer.done() and foreign.close() == "ok"
    answer = answer.result(5)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (204, "wait=20")
    assert server.json(X) == 5


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_write_is_refused_when_its_wait_is_over(start_server, folder, foreign, mode):
    server = start_server(folder, "--lock-wait", 1)
    assert foreign.open(folder / "data.h5", mode) == "ok"
    before, began = state_of(folder / "data.h5"), time.monotonic()
    answer = server.put(X, 5)
    check_error(server, answer, "locked", "data.h5")
    assert int(answer.headers["Retry-After"]) >= 1 and 0.8 < time.monotonic() - began < 3
    assert state_of(folder / "data.h5") == before
    assert str(foreign.process.pid) in answer.json()["message"]


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_file_that_h5py_has_open_is_never_emptied(start_server, folder, foreign, mode):
    server = start_server(folder)
    assert foreign.open(folder / "data.h5", mode) == "ok"
    before = state_of(folder / "data.h5")
    for _ in range(20):
        check_error(server, server.put("/v1/files/data.h5", prefer="wait=0"), "locked", "data.h5")
    assert state_of(folder / "data.h5") == before
    if mode == "r+":
        assert foreign.write("x", 8) == "ok"
    assert foreign.close() == "ok"
    assert server.json(X) == (8 if mode == "r+" else 0)
    assert server.put("/v1/files/data.h5", prefer="wait=5").status_code == 200
    assert contents(folder / "data.h5") == {"/": ("group", [], None)}


def test_file_is_written_by_whatever_name_it_has_under_one_lock(start_server, folder, foreign):
    server = start_server(folder)
    os.link(folder / "data.h5", folder / "hard.h5")
    os.symlink("data.h5", folder / "soft.h5")
    assert foreign.open(folder / "data.h5", "r") == "ok"
    for name in ("hard.h5", "soft.h5"):
        check_error(server, server.put(f"/v1/values/{name}/x", 1, prefer="wait=0"), "locked", name)
    assert foreign.close() == "ok"
    targets = [f"{server.url}/v1/groups/{('data', 'hard', 'soft')[n % 3]}.h5/g{n}" for n in range(60)]
    with ThreadPoolExecutor(12) as pool:
        assert {answer.status_code for answer in pool.map(lambda url: requests.put(url, timeout=60), targets)} == {201}
    with opened(folder / "data.h5") as file:
        assert len(file) == 61


# The service first


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_h5py_is_refused_while_we_write(start_server, folder, foreign, mode):
    server = start_server(folder, "--workers", 1)
    [worker] = stop_workers(server)
    answer = in_thread(lambda: server.put(X, 5))
    eventually(lambda: holds(server, folder / "data.h5"), what="the request's way to its worker")
    eventually(lambda: is_waiting(server), what="the request's way to its worker")
    assert foreign.open(folder / "data.h5", mode) == "refused"
    assert requests_get(server, X).json()["code"] in ("locked", "unavailable")
    os.kill(worker, signal.SIGCONT)
    assert answer.result(10).status_code == 204
    assert eventually(lambda: foreign.open(folder / "data.h5", mode) == "ok")
    assert foreign.close() == "ok"


def requests_get(server, target):
    return requests.get(server.url + target, headers={"Prefer": "wait=0"}, timeout=30)


def test_h5py_is_never_refused_between_requests(start_server, folder, foreign):
    server = start_server(folder)
    for number in range(100):
        assert server.put(X, number).status_code == 204
        assert foreign.open(folder / "data.h5", "r+") == "ok"
        assert foreign.write("x", -number) == foreign.close() == "ok"
        assert server.json(X) == -number


# Everybody at once

SIZE = 20_000


def test_readers_and_writers_share_one_file(start_server, folder):
    """16 readers and 2 writers over HTTP, 1 with h5py; every dataset holds one number throughout."""
    with create(folder / "busy.h5", "earliest") as file:
        file.create_dataset("plain", (SIZE,), "<i4")
        file.create_dataset("zipped", (SIZE,), "<i4", chunks=(SIZE // 7,), compression=1)
    server = start_server(folder, "--workers", 2)
    is_over, reads, writes, refused, failures = threading.Event(), [], [], [], []

    def client(work):
        session = requests.Session()
        while not is_over.is_set():
            try:
                work(session)
            except Exception as error:  # noqa: BLE001, told below
                failures.append(repr(error))
                return

    def read(session, name):
        answer = session.get(
            f"{server.url}/v1/values/busy.h5/{name}", headers={"Accept": "application/octet-stream"}, timeout=60)
        if answer.status_code == 423:
            refused.append("read")
            return
        values = np.frombuffer(answer.content, "<i4")
        assert answer.status_code == 200 and len(values) == SIZE, answer.text
        assert (values == values[0]).all(), f"a torn read: {np.unique(values)}"
        reads.append(int(values[0]))

    def write(session, writer):
        for name in ("plain", "zipped"):
            number = (len(writes) + 1) * 10 + writer
            answer = session.put(
                f"{server.url}/v1/values/busy.h5/{name}", data=np.full(SIZE, number, "<i4").tobytes(),
                headers={"Content-Type": "application/octet-stream"}, timeout=60)
            if answer.status_code == 423:
                refused.append(f"write {writer}")
                return
            assert answer.status_code == 204, answer.text
            writes.append(writer)

    works = [lambda s, n=n: read(s, ("plain", "zipped")[n % 2]) for n in range(16)]
    works += [lambda s, n=n: write(s, n) for n in (1, 2)]
    threads = [threading.Thread(target=client, args=(work,)) for work in works]
    foreign = Foreign()
    for thread in threads:
        thread.start()
    try:
        rounds = int(foreign.ask("contend", folder / "busy.h5", 5))
    finally:
        is_over.set()
        for thread in threads:
            thread.join(60)
        foreign.end()
    assert not failures, failures[:3]
    told = f"{len(reads)} reads, {len(writes)} writes, {rounds} by h5py, {len(refused)} refused"
    assert len(reads) > 50 and len(set(reads)) > 5 and rounds > 0, told
    assert writes.count(1) > 3 and writes.count(2) > 3, told
    with opened(folder / "busy.h5") as file:
        assert len(set(file["plain"][()])) == len(set(file["zipped"][()])) == 1


def test_writer_among_constant_readers_gets_in(start_server, folder):
    server, is_over, count = start_server(folder, "--workers", 2), threading.Event(), []

    def read():
        session = requests.Session()
        while not is_over.is_set():
            assert session.get(server.url + X, timeout=60).status_code == 200
            count.append(1)

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: len(count) > 50, what="the readers' start")
        waits = []
        for number in range(1, 21):
            began = time.monotonic()
            assert server.put(X, number).status_code == 204
            waits.append(time.monotonic() - began)
    finally:
        is_over.set()
        for thread in threads:
            thread.join(60)
    assert max(waits) < 3 and server.json(X) == 20


def test_waiting_writers_come_in_turn(start_server, folder, foreign):
    """Those who wait are served in the order in which they came, readers behind a writer too."""
    server = start_server(folder, "--workers", 1)
    with create(folder / "other.h5", "earliest") as file:
        file["x"] = 0
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    answers = []
    for number in range(1, 8):
        fields = ["Prefer: wait=30", "Content-Type: application/json"]
        answers.append(server.send_body(X, "PUT", fields, str(number).encode()))
        eventually(lambda: holds(server, folder / "data.h5"))
        # One event loop has taken up the write before it answers what comes after.
        server.json("/v1/values/other.h5/x")
        answers.append(server.send_raw(X, fields=["Prefer: wait=30"]))
        server.json("/v1/values/other.h5/x")
    assert foreign.close() == "ok"
    got = []
    for number, connection in enumerate(answers):
        with connection:
            answer = receive(connection)
            assert answer.status_code == (200 if number % 2 else 204)
            got += [answer.json()] if number % 2 else []
    assert got == list(range(1, 8))


def test_parallel_writers_lose_nothing(start_server, folder):
    server = start_server(folder, "--workers", 2)
    jobs = [("groups", f"g{n % 5}/{n}", None) for n in range(40)]
    jobs += [("datasets", f"g{n % 5}/d{n}", {"value": n}) for n in range(40)]
    jobs += [("attributes", f"x?name=a{n}", n) for n in range(40)]

    def do(job):
        resource, path, body = job
        return requests.put(f"{server.url}/v1/{resource}/data.h5/{path}", json=body, timeout=60).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(do, jobs)) == {201}
    with opened(folder / "data.h5") as file:
        assert dict(file["x"].attrs) == {f"a{n}": n for n in range(40)}
        assert all(f"g{n % 5}/{n}" in file and file[f"g{n % 5}/d{n}"][()] == n for n in range(40))


# Conditions


def strong_tag(server, target, **headers):
    return eventually(lambda: (t := server.get(target, **headers).headers["ETag"]).startswith('"') and t)


def test_tag_of_a_write_is_the_next_condition(start_server, folder):
    server = start_server(folder)
    tag = strong_tag(server, X)
    for number in range(1, 21):
        answer = server.put(X, number, if_match=tag)
        assert answer.status_code == 204, answer.text
        check_error(server, server.put(X, -1, if_match=tag), "precondition_failed", "data.h5")
        tag = answer.headers["ETag"]
        assert not tag.startswith("W/"), "no condition could be met by a weak tag"
    assert strong_tag(server, X) == tag and server.json(X) == 20


def change_file(server, folder, change):
    """Changes x, or something else of the file."""
    if change == "h5py":
        with opened(folder / "data.h5", "r+") as file:
            file["x"][()] = 7
    elif change == "raw":
        assert server.put("/v1/raw/data.h5", (folder / "data.h5").read_bytes()).status_code == 200
    elif change == "values":
        assert server.put(X, 7).status_code == 204
    else:
        target = {"attributes": "/v1/attributes/data.h5/x?name=a", "groups": "/v1/groups/data.h5/g"}[change]
        assert server.put(target, 7 if change == "attributes" else {}).status_code == 201


@pytest.mark.parametrize("change", ["attributes", "groups", "raw"])
def test_condition_holds_while_its_own_target_is_unchanged(start_server, folder, change):
    server = start_server(folder)
    tag = strong_tag(server, X)
    change_file(server, folder, change)
    assert server.put(X, 9, if_match=tag).status_code == 204
    check_error(server, server.put(X, 10, if_match=tag), "precondition_failed", "data.h5")
    assert server.json(X) == 9


@pytest.mark.parametrize("change", ["h5py", "values"])
def test_condition_fails_once_its_target_has_changed(start_server, folder, change):
    server = start_server(folder)
    tag = strong_tag(server, X)
    change_file(server, folder, change)
    before = state_of(folder / "data.h5")
    check_error(server, server.put(X, 9, if_match=tag), "precondition_failed")
    assert state_of(folder / "data.h5") == before
    assert server.put(X, 9, if_match=f'"other", {strong_tag(server, X)}').status_code == 204
    assert server.put(X, 9, if_match="*").status_code == 204


def test_condition_is_checked_under_the_lock(start_server, folder, foreign):
    """What held when the request came, but no longer when its turn came, is not met."""
    server = start_server(folder, "--workers", 1)
    tag = strong_tag(server, X)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    answer = in_thread(lambda: server.put(X, 5, if_match=tag, prefer="wait=20"))
    eventually(lambda: holds(server, folder / "data.h5"), what="the write's wait")
    assert foreign.write("x", 3) == foreign.close() == "ok"
    check_error(server, answer.result(5), "precondition_failed")
    assert server.json(X) == 3


@pytest.mark.parametrize("target, body", [
    (X, 5), ("/v1/attributes/data.h5/x?name=a", 5), ("/v1/groups/data.h5/g", {}),
    ("/v1/datasets/data.h5/x", {"shape": [1]}),
    ("/v1/links/data.h5/x", {"link": "soft", "target": "/"}), ("/v1/files/data.h5", {})])
def test_write_that_must_create_does_so_once(start_server, folder, target, body):
    server = start_server(folder)
    if target.startswith(("/v1/attributes", "/v1/groups")):
        assert server.put(target, body, if_none_match="*").status_code == 201
    before = state_of(folder / "data.h5")
    check_error(server, server.put(target, body, if_none_match="*"), "precondition_failed")
    assert state_of(folder / "data.h5") == before


def test_conditional_updates_lose_none(start_server, folder):
    """Two clients read, add one and write, each on the condition that nothing has changed."""
    server, each = start_server(folder, "--workers", 2), 15
    outcomes = []

    def count():
        session = requests.Session()
        for _ in range(each):
            while True:
                got = session.get(server.url + X, timeout=60)
                answer = session.put(
                    server.url + X, json=got.json() + 1, headers={"If-Match": got.headers["ETag"]}, timeout=60)
                outcomes.append(answer.status_code)
                if answer.status_code == 204:
                    break

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert set(outcomes) <= {204, 412} and outcomes.count(204) == 2 * each
    assert server.json(X) == 2 * each


def test_tag_does_not_outlive_its_value(start_server, folder):
    server, seen = start_server(folder), {}
    for number in range(60):
        tag = server.put(X, number).headers["ETag"]
        assert seen.setdefault(tag, number) == number
        answer = server.get(X)
        assert answer.json() == number
        if not answer.headers["ETag"].startswith("W/"):
            assert seen.setdefault(answer.headers["ETag"], number) == number
    eventually(lambda: lock_is_free(folder / "data.h5"))
