"""How leases end, who comes next, and what a lease on a name that is not there yet is good for."""

import os
import select
import signal

import pytest

from cases import create
from leasing import (  # noqa: F401, a fixture
    LOCKS, X, check_free, check_kept_out, folder, listing, place, release, take)
from support import check_error, eventually, receive
from test_faults import is_waiting, stop_workers
from test_locks import in_thread
from written import opened, state_of

JSON = "Content-Type: application/json"


# Expiry


def test_expired_lease_is_lost_and_the_next_comes_at_once(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server, {"ttl": 1})
    assert server.put(X, 5, prefer="wait=20").status_code == 204
    for answer in (server.get(X, lock_token=lease["token"]), server.put(X, 6, lock_token=lease["token"]),
                   server.get(place(lease)), server.put(place(lease), {"ttl": 9}), server.delete(place(lease))):
        check_error(server, answer, "lease_lost")
    assert server.json(X) == 5
    check_free(server, foreign)


def test_expired_lease_leaves_the_file_to_h5py(start_server, folder, foreign):
    server = start_server(folder)
    take(server, {"ttl": 1})
    assert foreign.open(folder / "data.h5", "r") == "refused"
    eventually(lambda: foreign.open(folder / "data.h5", "r+") == "ok", 5, "the end of the lease")
    assert foreign.close() == "ok" and listing(server)["holders"] == []


def test_request_that_runs_at_the_end_of_its_lease_is_rolled_back(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    before, lease = state_of(folder / "data.h5"), take(server, {"ttl": 2})
    [worker] = eventually(lambda: stop_workers(server))
    fields = [JSON, f"Lock-Token: {lease['token']}"]
    running = server.send_body(X, "PUT", fields, b"5")
    eventually(lambda: is_waiting(server))
    waiting = [server.send_body(X, "PUT", fields, b"6"), server.send_raw(X, fields=fields)]
    others = in_thread(lambda: server.session.put(server.url + X, json=7, headers={"Prefer": "wait=30"}, timeout=60))
    for connection in [running, *waiting]:
        check_error(server, receive(connection), "lease_lost")
    assert others.result(20).status_code == 204 and server.json(X) == 7
    assert before != state_of(folder / "data.h5")
    check_free(server, foreign)
    assert worker not in eventually(server.workers)


def test_wait_behind_a_lease_is_bounded(start_server, folder):
    server = start_server(folder)
    take(server)
    answer = server.put(X, 1, prefer="wait=1")
    check_error(server, answer, "locked", "data.h5")
    assert int(answer.headers["Retry-After"]) >= 1


# Who comes next


def test_lease_has_its_turn_in_the_queue(start_server, folder):
    server = start_server(folder)
    lease, fields = take(server), [JSON, "Prefer: wait=30"]
    first = server.send_body(X, "PUT", fields, b"1")
    eventually(lambda: len(listing(server)["waiters"]) == 1)
    second = server.send_body(LOCKS, "POST", fields, b"{}")
    eventually(lambda: len(listing(server)["waiters"]) == 2)
    third = server.send_raw(X, fields=fields)
    eventually(lambda: len(listing(server)["waiters"]) == 3)
    release(server, lease)
    assert receive(first).status_code == 204
    lease = receive(second).json()
    assert server.put(X, 2, lock_token=lease["token"]).status_code == 204
    assert len(listing(server)["waiters"]) == 1
    release(server, lease)
    assert receive(third).json() == 2


def test_waiting_readers_share_after_an_exclusive_lease(start_server, folder):
    server = start_server(folder)
    lease, fields = take(server), [JSON, "Prefer: wait=30"]
    waiting = [server.send_body(LOCKS, "POST", fields, b'{"mode": "shared"}') for _ in range(3)]
    eventually(lambda: len(listing(server)["waiters"]) == 3)
    release(server, lease)
    assert len({receive(connection).json()["token"] for connection in waiting}) == 3
    assert [holder["mode"] for holder in listing(server)["holders"]] == ["shared"] * 3


@pytest.mark.parametrize("body", [b'{"mode": "exclusive"}', b'{"mode": "shared"}'])
def test_client_that_leaves_while_it_waits_leaves_the_queue(start_server, folder, foreign, body):
    server = start_server(folder)
    lease = take(server)
    for _ in range(3):
        server.send_body(LOCKS, "POST", [JSON, "Prefer: wait=60"], body)
    connections = [server.send_body(LOCKS, "POST", [JSON, "Prefer: wait=60"], body) for _ in range(3)]
    eventually(lambda: len(listing(server)["waiters"]) >= 3)
    for connection in connections:
        connection.close()
    eventually(lambda: listing(server)["waiters"] == [], what="the end of those who wait")
    release(server, lease)
    check_free(server, foreign)


def test_holders_and_waiters_are_told(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server, {"ttl": 30, "mode": "shared"})
    waiting = [server.send_body(X, "PUT", [JSON, "Prefer: wait=30"], b"1")]
    eventually(lambda: listing(server)["waiters"])
    waiting.append(server.send_body(LOCKS, "POST", [JSON, "Prefer: wait=30"], b"{}"))
    told = eventually(lambda: len((found := listing(server))["waiters"]) == 2 and found)
    assert told["file"] == "data.h5"
    [holder] = told["holders"]
    assert set(holder) == {"kind", "mode", "since", "expires", "fence"}
    assert (holder["kind"], holder["mode"]) == ("lease", "shared")
    assert (holder["expires"], holder["fence"]) == (lease["expires"], lease["fence"])
    assert [set(waiter) for waiter in told["waiters"]] == [{"kind", "mode", "since"}] * 2
    assert [(waiter["kind"], waiter["mode"]) for waiter in told["waiters"]] == [
        ("request", "exclusive"), ("lease", "exclusive")]
    release(server, lease)
    assert receive(waiting[0]).status_code == 204 and receive(waiting[1]).status_code == 201


@pytest.mark.parametrize("mode, word", [("r", "shared"), ("r+", "exclusive")])
def test_programs_that_hold_a_file_are_told(start_server, folder, foreign, mode, word):
    server = start_server(folder)
    assert listing(server) == {"file": "data.h5", "holders": [], "waiters": []}
    assert foreign.open(folder / "data.h5", mode) == "ok"
    assert listing(server)["holders"] == [{"kind": "program", "mode": word, "process": foreign.process.pid}]
    assert foreign.close() == "ok" and listing(server)["holders"] == []
    check_error(server, server.get("/v1/locks/none.h5"), "not_found", "none.h5")


# The server's end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_lease_ends_with_the_server(start_server, folder, foreign, number):
    server = start_server(folder)
    lease = take(server)
    assert server.put(X, 5, lock_token=lease["token"]).status_code == 204
    server.stop(number)
    assert foreign.open(folder / "data.h5", "r+") == foreign.close() == "ok"
    server = start_server(folder)
    check_error(server, server.put(X, 6, lock_token=lease["token"]), "lease_lost")
    check_error(server, server.put(place(lease)), "lease_lost")
    assert server.json(X) == 5 and take(server)["fence"] > lease["fence"]


def test_tokens_are_told_to_nobody_else(start_server, folder):
    server = start_server(folder)
    lease = take(server)
    token = lease["token"]
    answers = [server.get(X, prefer="wait=0"), server.put(X, 1, prefer="wait=0"), server.get(LOCKS),
               server.get("/v1/files/"), server.get("/v1/files/data.h5", prefer="wait=0"),
               server.put("/v1/values/other.h5/x", 1, lock_token=token), server.get("/metrics"),
               server.get(f"/v1/locks/other.h5/{token}"), server.get(f"/v1/nothing/{token}", lock_token=token)]
    assert not [answer.url for answer in answers if token in answer.text or token in str(answer.headers)]
    release(server, lease)
    check_error(server, server.get(place(lease)), "lease_lost")
    server.stop()
    assert token not in server.log()


@pytest.mark.parametrize("mode", ["shared", "exclusive"])
def test_leases_of_one_client_are_limited(start_server, folder, mode):
    server, leases = start_server(folder), []
    for number in range(600):
        name = "data.h5"
        if mode == "exclusive":
            name = f"many{number}.h5"
            create(folder / name, "earliest").close()
        answer = server.send("POST", f"/v1/locks/{name}", {"mode": mode}, prefer="wait=0")
        if answer.status_code != 201:
            break
        leases.append(answer.json())
    check_error(server, answer, "unavailable")
    assert len(leases) >= 50
    release(server, leases[0])
    take(server, {"mode": mode}, leases[0]["file"])


def test_waiters_of_one_file_are_limited(start_server, folder):
    server, connections, poll = start_server(folder), [], select.poll()
    take(server)
    try:
        for _ in range(8000):
            connections.append(server.send_body(LOCKS, "POST", [JSON, "Prefer: wait=60"], b"{}"))
            poll.register(connections[-1], select.POLLIN)
            if answered := poll.poll(0):
                break
        [refused] = [connection for connection in connections if connection.fileno() == answered[0][0]]
        check_error(server, receive(refused), "unavailable")
        assert len(listing(server)["waiters"]) >= 1000
    finally:
        for connection in connections:
            connection.close()
    eventually(lambda: listing(server)["waiters"] == [])


# Files that come and go under a lease


def test_lease_on_a_name_reserves_it(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server, {"create": True}, "new.h5")
    for answer in (server.put("/v1/files/new.h5", prefer="wait=0"),
                   server.send("POST", "/v1/locks/new.h5", {"create": True}, prefer="wait=0"),
                   server.put("/v1/raw/new.h5", (folder / "data.h5").read_bytes(), prefer="wait=0"),
                   server.send("PATCH", "/v1/files/data.h5", {"path": "new.h5"}, prefer="wait=0")):
        check_error(server, answer, "locked", "new.h5")
    check_error(server, server.get("/v1/values/new.h5/x"), "not_found")
    assert sorted(os.listdir(folder)) == ["data.h5", "other.h5"]
    assert server.put("/v1/files/new.h5", lock_token=lease["token"]).status_code == 201
    assert server.put("/v1/datasets/new.h5/x", {"value": 3}, lock_token=lease["token"]).status_code == 201
    check_kept_out(server, foreign, "new.h5")
    release(server, lease)
    assert server.json("/v1/values/new.h5/x") == 3
    check_free(server, foreign, "new.h5")


def test_file_is_uploaded_under_a_lease_on_its_name(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server, {"create": True}, "new.h5")
    answer = server.put("/v1/raw/new.h5", (folder / "data.h5").read_bytes(), lock_token=lease["token"])
    assert answer.status_code == 201
    check_kept_out(server, foreign, "new.h5")
    assert server.put("/v1/values/new.h5/x", 4, lock_token=lease["token"]).status_code == 204
    release(server, lease)
    check_free(server, foreign, "new.h5")


def test_name_is_free_again_when_its_lease_is_over(start_server, folder):
    server = start_server(folder)
    release(server, take(server, {"create": True}, "new.h5"))
    take(server, {"create": True, "ttl": 1}, "new.h5")
    assert eventually(lambda: server.put("/v1/files/new.h5", prefer="wait=0").status_code == 201)


def test_maker_of_a_reserved_file_waits_for_its_name(start_server, folder):
    server = start_server(folder)
    take(server, {"create": True, "ttl": 1}, "new.h5")
    assert server.put("/v1/files/new.h5", prefer="wait=20").status_code == 201


@pytest.mark.parametrize("method, target, body", [
    ("PUT", "/v1/files/new.h5", {}), ("PUT", "/v1/raw/new.h5", "an image"), ("GET", "/v1/values/new.h5/x", None),
    ("PUT", "/v1/values/new.h5/x", 5), ("DELETE", "/v1/files/new.h5", None)])
def test_lease_on_a_name_is_lost_to_a_program_that_makes_the_file(start_server, folder, foreign, method, target, body):
    server = start_server(folder)
    lease = take(server, {"create": True}, "new.h5")
    with create(folder / "new.h5", "earliest") as file:
        file["x"] = 7
    assert foreign.open(folder / "new.h5", "r+") == "ok"
    body = (folder / "data.h5").read_bytes() if body == "an image" else body
    answer = server.send(method, target, *[body] * (body is not None), lock_token=lease["token"])
    assert foreign.write("x", 8) == foreign.close() == "ok"
    with opened(folder / "new.h5") as file:
        assert file["x"][()] == 8, "what the program has written is lost"
    check_error(server, answer, "lease_lost")
    check_free(server, foreign, "new.h5")


def test_lease_that_may_create_is_an_ordinary_one_where_the_file_is_there(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server, {"create": True})
    check_kept_out(server, foreign)
    assert server.put(X, 3, lock_token=lease["token"]).status_code == 204


def test_rename_takes_the_lease_along(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server)
    token = {"lock_token": lease["token"]}
    assert server.patch("/v1/files/data.h5", {"path": "moved.h5"}, **token).status_code < 300
    check_kept_out(server, foreign, "moved.h5")
    assert server.put("/v1/values/moved.h5/x", 6, **token).status_code == 204
    moved = server.json(f"/v1/locks/moved.h5/{lease['token']}")
    assert (moved["file"], moved["fence"]) == ("moved.h5", lease["fence"])
    assert server.put(place(moved), {"ttl": 9}).status_code == 200
    release(server, moved)
    check_free(server, foreign, "moved.h5")


def test_upload_takes_the_lease_along(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server)
    token = {"lock_token": lease["token"]}
    with create(folder.parent / "image.h5", "v110") as file:
        file["x"] = 44
    assert server.put("/v1/raw/data.h5", (folder.parent / "image.h5").read_bytes(), **token).status_code == 200
    check_kept_out(server, foreign)
    assert server.get(X, **token).json() == 44
    assert server.put(X, 45, **token).status_code == 204
    release(server, lease)
    with opened(folder / "data.h5") as file:
        assert file["x"][()] == 45
    check_free(server, foreign)


def test_removal_of_the_file_ends_its_lease(start_server, folder):
    server = start_server(folder)
    lease = take(server)
    assert server.delete("/v1/files/data.h5", lock_token=lease["token"]).status_code == 204
    check_error(server, server.get(place(lease)), "lease_lost")
    assert not (folder / "data.h5").exists()
    assert server.put("/v1/files/data.h5").status_code == 201


def test_emptied_file_stays_leased(start_server, folder, foreign):
    server = start_server(folder)
    lease = take(server)
    assert server.put("/v1/files/data.h5", lock_token=lease["token"]).status_code == 200
    assert foreign.open(folder / "data.h5", "r") == "refused"
    assert server.put("/v1/datasets/data.h5/x", {"value": 1}, lock_token=lease["token"]).status_code == 201
    release(server, lease)
    check_free(server, foreign)
