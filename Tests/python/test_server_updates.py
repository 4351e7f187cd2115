"""Additions and comparisons that the server does itself, each in one request under one lock."""

import threading
from collections import Counter

import numpy as np
import pytest
import requests

from cases import create
from support import check_error
from test_validators import X, folder, strong  # noqa: F401, a fixture
from written import opened, state_of, stored

ROWS = "/v1/values/data.h5/rows"


@pytest.mark.parametrize("select, added", [
    ("", 5), ("", [[1, 2, 3, 4]] * 3), ("1", 7), ("1", [1, 2, 3, 4]), ("1,2", -3), ("::2,1:3", [[1, 2], [3, 4]]),
    ("0:0", 1)])
def test_numbers_are_added_to_a_selection(start_server, folder, select, added):
    server = start_server(folder)
    expected = np.arange(12, dtype="<i4").reshape(3, 4)
    place = eval(f"np.s_[{select}]") if select else ...
    expected[place] += np.array(added, "<i4")
    answer = server.patch(ROWS, {"add": added}, {"select": select} if select else None)
    assert answer.status_code == 200, answer.text
    assert answer.json() == expected[place].tolist()
    assert stored(folder / "data.h5", "rows")[0].tolist() == expected.tolist()


@pytest.mark.parametrize("kind, before, added, after", [
    ("<f8", 0.1, 0.2, 0.1 + 0.2), ("<f4", 1.5, 1, 2.5), (">i2", -5, 3, -2), ("<u8", 1 << 63, 5, (1 << 63) + 5),
    ("<i8", 1 << 60, 3, (1 << 60) + 3), ("<u1", 250, 5, 255)])
def test_sums_are_exact_in_their_own_type(start_server, folder, kind, before, added, after):
    with create(folder / "data.h5", "v110") as file:
        file["x"] = np.array(before, kind)
    server = start_server(folder)
    assert server.patch(X, {"add": added}).json() == after
    value, _ = stored(folder / "data.h5", "x")
    assert value == np.array(after, kind)


@pytest.mark.parametrize("target, body", [
    (X, {"add": "1"}), (X, {"add": None}), (X, {}), (X, {"add": 1, "set": 2}), (X, {"add": 1, "compare": 0, "set": 1}),
    (X, {"set": 1}), (X, {"compare": 1}), (X, [1]), (X, 5), (X, {"add": [1, 2]}), (X, {"add": 0.5}),
    (X, {"add": 1 << 70}), (ROWS, {"add": [1, 2, 3]}), (ROWS, {"add": [[1, 2], [3, 4]]}),
    (ROWS, {"compare": [1, 2], "set": 2}), (ROWS + "?select=1", {"compare": [4, 5, 6, 7], "set": [1, 2]}),
    ("/v1/values/data.h5/text", {"add": 1}),
    (X, {"subtract": 1})])
def test_update_that_cannot_be_is_refused(start_server, folder, target, body):
    server, before = start_server(folder), state_of(folder / "data.h5")
    answer = server.patch(target, body)
    assert answer.json()["code"] in ("invalid", "wrong_kind", "unsupported"), answer.text
    assert state_of(folder / "data.h5") == before


def test_sum_that_does_not_fit_is_refused(start_server, folder):
    with create(folder / "data.h5", "v110") as file:
        file["x"] = np.uint8(250)
        file["y"] = np.array([1, 250, 1], "u1")
    server, before = start_server(folder), state_of(folder / "data.h5")
    for target, added in ((X, 6), (X, -251), ("/v1/values/data.h5/y", 10)):
        answer = server.patch(target, {"add": added})
        assert answer.status_code == 400, answer.text
    assert state_of(folder / "data.h5") == before


def test_update_of_what_is_not_there_is_not_found(start_server, folder):
    server = start_server(folder)
    check_error(server, server.patch("/v1/values/data.h5/none", {"add": 1}), "not_found", "none")
    check_error(server, server.patch(ROWS, {"add": 1}, {"select": "7"}), "out_of_bounds")


def test_values_are_set_if_they_are_as_expected(start_server, folder):
    server = start_server(folder)
    answer = server.patch(X, {"compare": 0, "set": 5})
    assert (answer.status_code, answer.json()) == (200, 5)
    before = state_of(folder / "data.h5")
    check_error(server, server.patch(X, {"compare": 0, "set": 6}), "precondition_failed")
    assert state_of(folder / "data.h5") == before and server.json(X) == 5
    answer = server.patch(ROWS, {"compare": [4, 5, 6, 7], "set": [0, 0, 0, 1]}, {"select": "1"})
    assert (answer.status_code, answer.json()) == (200, [0, 0, 0, 1])
    check_error(server, server.patch(
        ROWS, {"compare": [0, 0, 0, 2], "set": [9, 9, 9, 9]}, {"select": "1"}), "precondition_failed")
    assert server.json(ROWS) == [[0, 1, 2, 3], [0, 0, 0, 1], [8, 9, 10, 11]]


def test_one_number_stands_for_all(start_server, folder):
    server, target = start_server(folder), ROWS + "?select=1"
    assert server.put(target, 7).status_code == 204
    check_error(server, server.patch(target, {"compare": 8, "set": 9}), "precondition_failed")
    assert server.patch(target, {"compare": 7, "set": 9}).json() == [9] * 4
    assert server.patch(ROWS, {"compare": [[0, 1, 2, 3], [9] * 4, [8, 9, 10, 11]], "set": 1}).json() == [[1] * 4] * 3


def test_texts_are_compared_too(start_server, folder):
    server = start_server(folder)
    target = "/v1/values/data.h5/text"
    assert server.patch(target, {"compare": "word", "set": "other"}).json() == "other"
    check_error(server, server.patch(target, {"compare": "word", "set": "third"}), "precondition_failed")
    with opened(folder / "data.h5") as file:
        assert file["text"].asstr()[()] == "other"


def test_condition_counts_for_an_update_too(start_server, folder):
    server = start_server(folder)
    tag = strong(server, X)
    answer = server.patch(X, {"add": 1}, if_match=tag)
    assert answer.status_code == 200
    check_error(server, server.patch(X, {"add": 1}, if_match=tag), "precondition_failed")
    assert server.patch(X, {"add": 1}, if_match=answer.headers["ETag"]).json() == 2


def crowd(server, work, count=16):
    """Has many clients do something at once, each with a session of its own."""
    failures = []

    def run(number):
        session = requests.Session()
        try:
            work(session, number)
        except Exception as error:  # noqa: BLE001, told below
            failures.append(repr(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures[:3]


def test_parallel_additions_lose_nothing(start_server, folder):
    server, results, each = start_server(folder, "--workers", 2), [], 25

    def add(session, number):
        for _ in range(each):
            answer = session.patch(server.url + X, json={"add": 1}, headers={"Prefer": "wait=60"}, timeout=120)
            assert answer.status_code == 200, answer.text
            results.append(answer.json())

    crowd(server, add)
    assert sorted(results) == list(range(1, 16 * each + 1)) and server.json(X) == 16 * each


def test_parallel_additions_to_selections_lose_nothing(start_server, folder):
    server = start_server(folder, "--workers", 2)

    def add(session, number):
        for _ in range(10):
            answer = session.patch(f"{server.url}{ROWS}?select=:,{number % 4}", json={"add": [1, 10, 100]}, timeout=60)
            assert answer.status_code == 200, answer.text

    crowd(server, add)
    rows = np.arange(12).reshape(3, 4) + np.array([[40], [400], [4000]])
    assert server.json(ROWS) == rows.tolist()


def test_of_parallel_comparisons_one_is_met(start_server, folder):
    server, outcomes = start_server(folder, "--workers", 2), Counter()

    def claim(session, number):
        for turn in range(10):
            body = {"compare": turn, "set": turn + 1}
            while session.get(server.url + X, timeout=60).json() < turn:
                pass
            outcomes[session.patch(server.url + X, json=body, timeout=60).status_code, turn] += 1

    crowd(server, claim, 8)
    assert outcomes == {**{(200, turn): 1 for turn in range(10)}, **{(412, turn): 7 for turn in range(10)}}
    assert server.json(X) == 10
