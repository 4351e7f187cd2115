"""Small writes that wait for one file are committed together, each for itself all or nothing."""

import fcntl
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest

from cases import create
from support import check_error, eventually
from test_locks import in_thread, open_names
from tracing import Traced, has_ended, injection
from written import opened

SPACE = "/v1/attributes/data.h5/x"


@pytest.fixture
def server(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "data.h5", "v110") as file:
        file["x"] = np.zeros(100)
    return start_server(root, "--workers", 1)


@contextmanager
def locked(server):
    """Within, requests to the file wait; afterwards the first of them is done, and those behind it with it."""
    with open(server.root / "data.h5", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def waiting(server, requests):
    """The answers of requests that wait for the file in their order."""
    answers = []
    for request in requests:
        answers.append(in_thread(request))
        eventually(lambda: open_names(server.pid).count(str(server.root / "data.h5")) >= len(answers), what="its wait")
    return answers


def put(server, name, value, **headers):
    return lambda: server.put(SPACE, value, {"name": name}, prefer="wait=20", **headers)


def test_waiting_writes_are_committed_together(server, tmp_path):
    [worker] = eventually(server.workers)
    refused = [lambda: server.put("/v1/groups/data.h5/x", prefer="wait=20"),
               lambda: server.delete("/v1/datasets/data.h5/none", prefer="wait=20"),
               lambda: server.put("/v1/values/data.h5/x", [1, 2], {"select": "0:3"}, prefer="wait=20")]
    with Traced(worker, tmp_path / "trace", "-e", "trace=fdatasync") as traced:
        with locked(server):
            answers = waiting(server, [put(server, "a", 0), *refused, *(put(server, "a", i) for i in range(1, 20))])
        answers = [answer.result(20) for answer in answers]
        together = len(traced.calls())
    check_error(server, answers[1], "exists")
    check_error(server, answers[2], "not_found")
    check_error(server, answers[3], "invalid")
    assert [answer.status_code for answer in answers[:1] + answers[4:]] == [201] + 19 * [200]
    assert server.json(SPACE, {"name": "a"}) == 19
    with Traced(worker, tmp_path / "trace", "-e", "trace=fdatasync") as traced:
        assert put(server, "a", 20)().status_code == 200
        # A group is closed after some milliseconds, so that on a slow machine there are several.
        assert 0 < together <= 10 * len(traced.calls()), "20 writes waited for the disk one by one"


def test_tag_of_a_write_that_another_one_followed_matches_nothing(server):
    with locked(server):
        answers = waiting(server, [put(server, "a", value) for value in range(5)])
    tags = [answer.result(20).headers["ETag"] for answer in answers]
    assert len(set(tags)) == len(tags) and not any(tag.startswith("W/") for tag in tags)
    assert server.get(SPACE, {"name": "a"}).headers["ETag"] == tags[-1]
    for tag in tags[:-1]:
        check_error(server, put(server, "a", 9, if_match=tag)(), "precondition_failed")
    assert put(server, "a", 10, if_match=tags[-1])().status_code == 200


def test_if_match_is_asked_of_the_state_that_it_meets(server):
    assert put(server, "a", 0)().status_code == 201
    tag = server.get(SPACE, {"name": "a"}).headers["ETag"]
    with locked(server):
        answers = waiting(server, [put(server, "a", value, if_match=tag) for value in range(1, 6)])
    codes = Counter(answer.result(20).status_code for answer in answers)
    assert codes == {200: 1, 412: 4} and server.json(SPACE, {"name": "a"}) == 1


def test_writes_of_a_dead_workers_group_are_done_one_by_one(server, tmp_path):
    [worker] = eventually(server.workers)
    # The worker asks the gate after each of them.
    with Traced(worker, tmp_path / "trace", *injection("sendmsg", "signal=SIGKILL", 3)):
        with locked(server):
            answers = waiting(server, [put(server, f"a{number}", number) for number in range(6)])
        answers = [answer.result(20) for answer in answers]
        assert has_ended(worker)
    check_error(server, answers[0], "worker_failed")
    assert [answer.status_code for answer in answers[1:]] == 5 * [201]
    with opened(server.root / "data.h5") as file:
        assert dict(file["x"].attrs) == {f"a{number}": number for number in range(1, 6)}
