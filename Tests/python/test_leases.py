"""Leases: locks that a remote client holds over several requests."""

import os
import signal
import time

import numpy as np
import pytest

from cases import create
from leasing import (  # noqa: F401, fixtures
    LOCKS, X, check_free, check_kept_out, folder, listing, place, release, running, seconds_left, server, take)
from support import check_error, eventually, receive
from test_faults import is_waiting, stop_workers
from test_locks import holds, in_thread
from written import opened, state_of

NO_TOKEN = "0123456789abcdefghijklmnopqrstuvwxyz"


# Taken, renewed, released


def test_lease_tells_its_holder_everything(server):
    answer = server.send("POST", LOCKS, {})
    assert answer.status_code == 201
    lease = answer.json()
    assert set(lease) == {"token", "file", "mode", "ttl", "expires", "fence"}
    assert (lease["file"], lease["mode"], lease["ttl"]) == ("data.h5", "exclusive", 60)
    assert 55 < seconds_left(lease) <= 60.1 and isinstance(lease["fence"], int)
    assert answer.headers["Location"] == f"{LOCKS}/{lease['token']}"
    assert len(lease["token"]) >= 22 and lease["token"].replace("-", "").replace("_", "").isalnum()
    assert server.json(place(lease)) == lease


def test_nothing_need_be_said_of_a_lease(server):
    for fields in ([], ["Content-Length: 0"], ["Content-Length: 0", "Content-Type: application/json"]):
        answer = server.raw(LOCKS, "POST", fields)
        assert answer.status_code == 201, answer.text
        lease = answer.json()
        assert (lease["mode"], lease["ttl"]) == ("exclusive", 60)
        assert server.raw(place(lease), "PUT", fields).status_code == 200
        release(server, lease)


@pytest.mark.parametrize("body, mode, ttl", [
    ({}, "exclusive", 60), ({"mode": "shared"}, "shared", 60), ({"ttl": 1}, "exclusive", 1),
    ({"mode": "exclusive", "ttl": 3600, "create": False}, "exclusive", 3600), ({"ttl": 2.5}, "exclusive", 2.5)])
def test_members_of_a_lease_have_defaults(server, body, mode, ttl):
    lease = take(server, body)
    assert (lease["mode"], lease["ttl"]) == (mode, ttl)
    assert ttl - 5 < seconds_left(lease) <= ttl + 0.1


@pytest.mark.parametrize("body", [
    {"mode": "write"}, {"mode": 1}, {"ttl": 0}, {"ttl": 0.5}, {"ttl": -1}, {"ttl": 3601}, {"ttl": "60"}, {"ttl": None},
    {"create": "yes"}, [], "exclusive", b"{"])
def test_lease_that_cannot_be_is_refused(server, foreign, body):
    headers = {"content-type": "application/json"} if isinstance(body, bytes) else {}
    check_error(server, server.send("POST", LOCKS, body, prefer="wait=0", **headers), "invalid")
    check_free(server, foreign)


def test_longest_time_is_the_servers(start_server, folder):
    server = start_server(folder, "--max-ttl", 5)
    check_error(server, server.send("POST", LOCKS, {"ttl": 6}), "invalid")
    lease = take(server, {"ttl": 5})
    check_error(server, server.put(place(lease), {"ttl": 6}), "invalid")
    assert server.put(place(lease), {"ttl": 5}).status_code == 200


def test_lease_of_nothing_is_not_found(server):
    (server.root / "text.h5").write_text("no HDF5")
    check_error(server, server.send("POST", "/v1/locks/none.h5", {}), "not_found", "none.h5")
    assert server.send("POST", "/v1/locks/text.h5", {}).status_code in (201, 422)


def test_lease_is_renewed(server):
    lease = take(server, {"ttl": 20})
    for body, ttl in [({"ttl": 300}, 300), ({"ttl": 5}, 5)]:
        renewed = server.put(place(lease), body)
        assert renewed.status_code == 200
        assert ttl - 5 < seconds_left(renewed.json()) <= ttl + 0.1
        same = {"token", "file", "mode", "fence"}
        assert {name: renewed.json()[name] for name in same} == {name: lease[name] for name in same}
        assert server.json(place(lease))["expires"] == renewed.json()["expires"]


def test_renewal_without_a_time_is_for_the_leases_own(server):
    lease = take(server, {"ttl": 20})
    for body in ([], [{}]):
        assert 15 < seconds_left(server.put(place(lease), *body).json()) <= 20.1


def test_renewed_lease_outlives_its_first_end(server, foreign):
    lease, began = take(server, {"ttl": 1}), time.monotonic()

    def is_past():
        assert server.put(place(lease), {"ttl": 1}).status_code == 200
        assert foreign.open(server.root / "data.h5", "r+") == "refused"
        return time.monotonic() > began + 2.5
    eventually(is_past)
    check_kept_out(server, foreign)


def test_released_lease_is_over_at_once(server, foreign):
    lease = take(server)
    assert server.put(X, 5, lock_token=lease["token"]).status_code == 204
    release(server, lease)
    assert foreign.open(server.root / "data.h5", "r+") == foreign.close() == "ok"
    check_error(server, server.put(X, 6, lock_token=lease["token"]), "lease_lost")
    assert server.json(X) == 5


def test_fences_grow_with_every_lease_and_every_life(start_server, folder):
    fences = []
    for _ in range(2):
        server = start_server(folder)
        for name in ("data.h5", "other.h5", "data.h5"):
            lease = take(server, name=name)
            fences.append(lease["fence"])
            release(server, lease)
        server.stop()
    assert fences == sorted(set(fences)) and len(fences) == 6


def test_names_may_be_in_the_query(server):
    lease = server.send("POST", "/v1/locks", {}, {"file": "data.h5"}).json()
    query = {"file": "data.h5", "token": lease["token"]}
    assert server.json("/v1/locks", query) == lease
    assert server.put("/v1/locks", {"ttl": 9}, query).json()["token"] == lease["token"]
    assert server.json("/v1/locks", {"file": "data.h5"})["holders"][0]["kind"] == "lease"
    assert server.delete("/v1/locks", query).status_code == 204
    check_error(server, server.get("/v1/locks", query), "lease_lost")


# Who is kept out


@pytest.mark.parametrize("mode", ["exclusive", "shared"])
def test_lease_keeps_others_out(server, foreign, mode):
    lease = take(server, {"mode": mode})
    check_kept_out(server, foreign, is_shared=mode == "shared")
    answer = server.send("POST", LOCKS, {"mode": "exclusive"}, prefer="wait=0")
    check_error(server, answer, "locked", "data.h5")
    assert int(answer.headers["Retry-After"]) >= 1
    # Another file is not concerned.
    assert server.put("/v1/values/other.h5/x", 1, prefer="wait=0").status_code == 204
    release(server, lease)
    check_free(server, foreign)


def test_shared_leases_share(server, foreign):
    leases = [take(server, {"mode": "shared"}) for _ in range(3)]
    assert len({lease["token"] for lease in leases}) == 3
    for lease in leases:
        assert server.get(X, lock_token=lease["token"]).json() == 0
        check_kept_out(server, foreign, is_shared=True)
        release(server, lease)
    check_free(server, foreign)


def test_lease_keeps_out_by_every_name(server):
    os.link(server.root / "data.h5", server.root / "hard.h5")
    take(server)
    check_error(server, server.put("/v1/values/hard.h5/x", 1, prefer="wait=0"), "locked", "hard.h5")


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_lease_waits_for_h5py(server, foreign, mode):
    assert foreign.open(server.root / "data.h5", mode) == "ok"
    check_error(server, server.send("POST", LOCKS, {}, prefer="wait=0"), "locked", "data.h5")
    answer = in_thread(lambda: server.send("POST", LOCKS, {}, prefer="wait=20"))
    eventually(lambda: listing(server)["waiters"])
    assert not answer.done() and foreign.close() == "ok"
    answer = answer.result(5)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (201, "wait=20")
    assert foreign.open(server.root / "data.h5", "r") == "refused"


# Requests under a lease


def test_requests_under_a_lease_see_what_it_wrote(server):
    lease = take(server)
    token = {"lock_token": lease["token"]}
    assert server.put("/v1/groups/data.h5/g", **token).status_code == 201
    assert server.put("/v1/datasets/data.h5/g/d", {"value": [1, 2]}, **token).status_code == 201
    assert server.put("/v1/attributes/data.h5/g/d?name=a", "text", **token).status_code == 201
    for number in range(10):
        assert server.put(X, number, **token).status_code == 204
        assert server.get(X, **token).json() == number
    assert server.get("/v1/attributes/data.h5/g/d?name=a", **token).json() == "text"
    check_error(server, server.get("/v1/values/data.h5/none", **token), "not_found", "none")
    release(server, lease)
    with opened(server.root / "data.h5") as file:
        assert file["x"][()] == 9 and file["g/d"][:].tolist() == [1, 2] and file["g/d"].attrs["a"] == "text"


@pytest.mark.parametrize("method, target, body", [
    ("PUT", X, 5), ("PUT", "/v1/attributes/data.h5/x?name=a", 5), ("PUT", "/v1/groups/data.h5/g", {}),
    ("DELETE", "/v1/links/data.h5/x", None), ("PUT", "/v1/files/data.h5", {}), ("DELETE", "/v1/files/data.h5", None),
    ("PATCH", "/v1/files/data.h5", {"path": "moved.h5"}), ("PUT", "/v1/raw/data.h5", "an image")])
def test_write_under_a_shared_lease_is_refused(server, method, target, body):
    lease, before = take(server, {"mode": "shared"}), state_of(server.root / "data.h5")
    body = (server.root / "other.h5").read_bytes() if body == "an image" else body
    answer = server.send(method, target, *[body] * (body is not None), lock_token=lease["token"])
    check_error(server, answer, "wrong_kind", "shared")
    assert state_of(server.root / "data.h5") == before and os.listdir(server.root) != ["moved.h5"]
    assert server.get(X, lock_token=lease["token"]).json() == 0


def test_token_of_another_file_is_refused(server):
    lease, before = take(server), state_of(server.root / "other.h5")
    for answer in (server.put("/v1/values/other.h5/x", 5, lock_token=lease["token"]),
                   server.get("/v1/values/other.h5/x", lock_token=lease["token"])):
        check_error(server, answer, "invalid")
    assert state_of(server.root / "other.h5") == before


@pytest.mark.parametrize("token", [NO_TOKEN, "x", "a b", "\"quoted\"", "*"])
def test_unknown_token_does_nothing(server, token):
    before = state_of(server.root / "data.h5")
    for method, target, body in [
        ("GET", X, None), ("PUT", X, 5), ("GET", "/v1/raw/data.h5", None), ("GET", "/v1/files/data.h5", None),
        ("DELETE", "/v1/files/data.h5", None), ("PUT", "/v1/files/new.h5", {}), ("POST", "/v1/batch/data.h5", []),
        ("PATCH", "/v1/files/data.h5", {"path": "moved.h5"})]:
        answer = server.send(method, target, *[body] * (body is not None), lock_token=token)
        check_error(server, answer, "lease_lost")
        assert token not in answer.text or len(token) == 1
    assert state_of(server.root / "data.h5") == before and sorted(os.listdir(server.root)) == ["data.h5", "other.h5"]


def test_unknown_lease_is_lost(server):
    for answer in (server.get(f"{LOCKS}/{NO_TOKEN}"), server.put(f"{LOCKS}/{NO_TOKEN}", {"ttl": 5}),
                   server.delete(f"{LOCKS}/{NO_TOKEN}")):
        check_error(server, answer, "lease_lost")


def test_requests_under_an_exclusive_lease_come_in_their_order(start_server, folder):
    server = start_server(folder, "--workers", 2)
    lease = take(server)
    eventually(lambda: len(server.workers()) == 2)
    stopped = stop_workers(server)
    fields = ["Prefer: wait=30", "Content-Type: application/json", f"Lock-Token: {lease['token']}"]
    answers = []
    for number in range(1, 8):
        answers += [server.send_body(X, "PUT", fields, str(number).encode()), server.send_raw(X, fields=fields)]
        # One event loop has taken up what came before.
        listing(server)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    answers = [receive(connection) for connection in answers]
    assert [answer.status_code for answer in answers] == [204, 200] * 7
    assert [answer.json() for answer in answers[1::2]] == list(range(1, 8))


def test_requests_under_a_shared_lease_run_side_by_side(start_server, folder):
    server = start_server(folder, "--workers", 2)
    lease = take(server, {"mode": "shared"})
    workers = eventually(lambda: len(pids := stop_workers(server)) == 2 and pids)
    read = [in_thread(lambda: server.session.get(server.url + X, headers={"Lock-Token": lease["token"]}, timeout=30))
            for _ in range(2)]
    eventually(lambda: is_waiting(server) and len(listing(server)["holders"]) >= 1)
    os.kill(workers[0], signal.SIGCONT)
    first = eventually(lambda: [answer for answer in read if answer.done()])
    assert len(first) == 1, "both were done by one worker, though there was another for the second"
    os.kill(workers[1], signal.SIGCONT)
    assert [answer.result(10).json() for answer in read] == [0, 0]


def test_condition_holds_under_a_lease(server):
    lease = take(server)
    token = {"lock_token": lease["token"]}
    tag = server.put(X, 1, **token).headers["ETag"]
    assert server.put(X, 2, if_match=tag, **token).status_code == 204
    check_error(server, server.put(X, 3, if_match=tag, **token), "precondition_failed")
    assert server.get(X, **token).json() == 2


def test_large_download_under_a_lease_keeps_its_lock(start_server, folder, foreign):
    with create(folder / "large.h5", "earliest") as file:
        file["x"] = np.arange(4 << 20, dtype="<i4")
    server = start_server(folder, "--lock-hold", 0.1)
    lease = take(server, name="large.h5")
    answer = server.get("/v1/values/large.h5/x", accept="application/octet-stream", lock_token=lease["token"])
    assert np.array_equal(np.frombuffer(answer.content, "<i4"), np.arange(4 << 20, dtype="<i4"))
    check_kept_out(server, foreign, "large.h5")
    release(server, lease)
    assert eventually(lambda: foreign.open(folder / "large.h5", "r+") == "ok") and foreign.close() == "ok"
    assert not holds(server, folder / "large.h5")
