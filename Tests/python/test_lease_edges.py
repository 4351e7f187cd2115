"""Leases where things go wrong or meet: files that are made, replaced and renamed under them, logs, floods, the end."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import h5py
import pytest
import requests

from cases import create
from leasing import (  # noqa: F401, a fixture
    LOCKS, X, folder, listing, place, take)
from support import check_error, eventually, receive
from test_faults import is_waiting
from test_locks import in_thread, lock_is_free
from written import state_of

NEW = "/v1/locks/new.h5"


def make_new(server, name="new.h5"):
    answer = server.send("POST", f"/v1/locks/{name}", {"create": True, "ttl": 30})
    assert answer.status_code == 201, answer.text
    return answer.json()


# A file that is to be made


def test_makers_under_one_lease_give_their_turns_back(start_server, folder):
    """Several at once, by either way: one makes the file, the others find it; afterwards nobody holds anything."""
    server, whole = start_server(folder), (folder / "data.h5").read_bytes()
    for number in range(6):
        lease = make_new(server, f"new{number}.h5")
        fields = {"Lock-Token": lease["token"]}

        def put(kind, path=f"new{number}.h5", fields=fields):
            target = f"{server.url}/v1/{kind}/{path}"
            if kind == "files":
                return requests.put(target, json={}, headers=fields, timeout=60).status_code
            return requests.put(target, data=whole, headers=fields, timeout=60).status_code

        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(put, ["files", "raw", "files", "raw"]))
        assert sorted(codes)[-1] == 201 and set(codes) <= {200, 201}, codes
        assert server.delete(place(lease)).status_code == 204
        assert listing(server, f"new{number}.h5") == {"file": f"new{number}.h5", "holders": [], "waiters": []}
        assert lock_is_free(folder / f"new{number}.h5")


def test_reserved_name_is_nobody_elses(start_server, folder):
    server = start_server(folder)
    (folder / "sub").mkdir()
    (folder / "alias").symlink_to("sub")
    lease, other = make_new(server), make_new(server, "sub/inner.h5")
    check_error(server, server.put("/v1/files/new.h5/", prefer="wait=0"), "locked", "new.h5")
    check_error(server, server.put("/v1/files/alias/inner.h5", {}, prefer="wait=0"), "locked")
    check_error(server, server.delete("/v1/files/sub"), "locked", "sub/inner.h5")
    check_error(server, server.patch("/v1/files/sub", {"path": "moved"}), "locked", "sub/inner.h5")
    check_error(server, server.get(X, lock_token=lease["token"]), "invalid", "another file")
    assert server.put("/v1/files/alias/inner.h5", {}, lock_token=other["token"]).status_code == 201
    assert h5py.is_hdf5(folder / "sub/inner.h5")


# A file that goes another way


def test_lease_of_a_replaced_file_is_void(start_server, folder):
    server = start_server(folder)
    lease = take(server)
    os.rename(folder / "data.h5", folder / "away.h5")
    with create(folder / "data.h5", "earliest") as file:
        file["x"] = 9
    check_error(server, server.put(place(lease), {"ttl": 30}), "lease_lost", "data.h5")
    check_error(server, server.get(place(lease)), "lease_lost")
    assert server.put(X, 10).status_code == 204
    eventually(lambda: lock_is_free(folder / "away.h5"), what="the end of the void lease")


@pytest.mark.parametrize("what", ["file", "directory"])
def test_renamed_file_keeps_its_lease_under_both_names(start_server, folder, what):
    server = start_server(folder)
    (folder / "sub").mkdir()
    os.rename(folder / "data.h5", folder / "sub/data.h5")
    lease = server.send("POST", "/v1/locks/sub/data.h5", {}).json()
    token, old, new = lease["token"], "sub/data.h5", {"file": "sub/moved.h5", "directory": "dir/data.h5"}[what]
    if what == "file":
        answer = server.patch(f"/v1/files/{old}", {"path": new}, lock_token=token)
    else:
        answer = server.patch("/v1/files/sub", {"path": "dir"})
    assert answer.status_code == 200, answer.text
    for name in (old, new):
        assert server.put(f"/v1/locks/{name}/{token}").json()["file"] == new
    assert server.put(f"/v1/values/{new}/x", 3, lock_token=token).status_code == 204
    check_error(server, server.get(f"/v1/values/{new}/x", prefer="wait=0"), "locked")
    assert server.delete(f"/v1/locks/{old}/{token}").status_code == 204
    assert server.json(f"/v1/values/{new}/x") == 3


def test_file_that_says_it_is_open_is_not_leased(start_server, folder):
    server = start_server(folder)
    with h5py.File(folder / "swmr.h5", "w", libver="v110") as file:
        file["x"] = 1
        file.swmr_mode = True
        check_error(server, server.send("POST", "/v1/locks/swmr.h5", {}), "locked", "swmr.h5", "repair")
    assert server.send("POST", "/v1/locks/swmr.h5", {}).status_code == 201


def test_server_that_only_reads_grants_shared_leases(start_server, folder):
    server = start_server(folder, "--read-only")
    check_error(server, server.send("POST", LOCKS, {}), "forbidden", "read-only")
    check_error(server, server.send("POST", NEW, {"create": True}), "forbidden", "read-only")
    lease = take(server, {"mode": "shared"})
    assert server.get(X, lock_token=lease["token"]).status_code == 200
    batch = [{"method": "GET", "target": X}]
    assert server.send("POST", "/v1/batch/data.h5", batch).json()[0]["status"] == 200
    check_error(server, server.send("POST", "/v1/batch/data.h5", [{**batch[0], "method": "DELETE",
                "target": "/v1/links/data.h5/x"}]), "forbidden")


# Floods


def test_thousands_under_one_lease_are_answered(start_server, folder):
    server = start_server(folder, "--workers", 1, "--connections", 8000)
    lease = take(server)
    fields = [f"Lock-Token: {lease['token']}", "Prefer: wait=60"]
    os.kill(eventually(server.workers)[0], signal.SIGSTOP)
    [worker] = server.workers()
    first = server.send_raw(X, fields=fields)
    eventually(lambda: is_waiting(server))
    others = [server.send_raw("/v1/raw/data.h5", "HEAD", fields) for _ in range(3000)]
    os.kill(worker, signal.SIGCONT)
    assert receive(first).status_code == 200
    assert {receive(connection, "HEAD").status_code for connection in others} == {200}
    for connection in [first, *others]:
        connection.close()
    assert server.get("/healthz").status_code == 200


def test_batch_is_all_or_nothing_with_every_parameter(start_server, folder):
    server, before = start_server(folder), state_of(folder / "data.h5")
    batch = [{"method": "PUT", "target": X + "?atomic=metadata", "body": 7},
             {"method": "GET", "target": "/v1/values/data.h5/nothere"}]
    check_error_with_index(server, server.send("POST", "/v1/batch/data.h5", batch), "invalid", 0)
    assert state_of(folder / "data.h5") == before


def check_error_with_index(server, answer, code, index):
    body = answer.json()
    assert (body["code"], body["index"]) == (code, index), answer.text
    assert set(body) == {"code", "message", "request", "index"}


# What is told of tokens


def test_no_log_has_a_token(start_server, folder):
    server = start_server(folder, "--log-level", "info")
    token = take(server)["token"]
    for method, target in [
            ("OPTIONS", f"{LOCKS}/{token}"), ("PATCH", f"{LOCKS}/{token}"), ("POST", f"{LOCKS}/{token}"),
            ("PUT", f"{LOCKS}/{token}"), ("GET", f"/v1/locks?file=data.h5&token={token}"),
            ("DELETE", f"/v1/files/data.h5/{token}"), ("GET", f"{LOCKS}/{token}?x=%00"),
            ("GET", f"{LOCKS}/%{ord(token[0]):02x}{token[1:]}"), ("DELETE", f"{LOCKS}/{token}")]:
        server.raw(target, method)
    assert server.stop() == 0
    assert server.log().count("request") >= 9 and token not in server.log() and token[1:] not in server.log()


# The end of the server


def test_stopping_server_waits_for_no_idle_lease(start_server, folder):
    server = start_server(folder, "--stop-grace", 60)
    take(server)
    waiting = in_thread(lambda: requests.put(server.url + X, json=5, headers={"Prefer": "wait=60"}, timeout=90))
    eventually(lambda: listing(server)["waiters"])
    began = time.monotonic()
    assert server.stop(deadline=30) == 0
    assert waiting.result(10).status_code == 204 and time.monotonic() - began < 30
    assert lock_is_free(folder / "data.h5")


def test_file_with_a_time_before_all_bounds_is_served(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "old.h5", "earliest") as file:
        file["x"] = 1
    os.utime(root / "old.h5", (-1e10, -1e10))
    server = start_server(root)
    assert server.json("/v1/values/old.h5/x") == 1 and server.get("/v1/raw/old.h5").status_code == 200
