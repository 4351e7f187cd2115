"""Workers, zygote and gate that die, hang or eat memory; clients that leave; files that are out to hurt."""

import os
import signal
import time
import zlib

import h5py
import numpy as np
import pytest
import requests

import mutants
from cases import create
from curious import Curious
from support import check_error, eventually, status_of
from test_locks import Download, holds, in_thread, lock_is_free

X = "/v1/values/data.h5/x"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    for name in ("data.h5", "other.h5"):
        with create(root / name, "earliest") as file:
            file["x"] = 1
    return root


def stop_workers(server):
    """Stops every worker in its tracks; their pids."""
    workers = eventually(server.workers, what="a worker")
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    return workers


def stuck_request(server, folder, **headers):
    """A request that a stopped worker has; the worker's pid and the future answer."""
    [worker] = stop_workers(server)
    answer = in_thread(lambda: requests.get(server.url + X, headers=headers, timeout=30))
    eventually(lambda: holds(server, folder / "data.h5"), what="the request's way to its worker")
    eventually(lambda: is_waiting(server), what="the request's way to its worker")
    return worker, answer


def is_waiting(server):
    """Whether the server waits for events: what it had begun with a request is done, and a worker has its message.

    A worker that is killed after the lock was taken but before the message was sent costs nobody anything.
    """
    return status_of(server.pid)["State"].startswith("S")


def check_service(server, folder):
    """Everything is as it was: the file is free, its values are served."""
    eventually(lambda: lock_is_free(folder / "data.h5"), 5, "the end of the lock")
    with h5py.File(folder / "data.h5", "r+"):
        pass
    assert server.get(X, prefer="wait=5").json() == 1


# Workers


def test_workers_are_confined(start_server, folder):
    server = start_server(folder, "--workers", 2)
    for pid in eventually(lambda: len(w := server.workers()) == 2 and w):
        assert status_of(pid)["NoNewPrivs"] == "1"


def test_killed_worker_takes_only_its_request_with_it(start_server, folder):
    server = start_server(folder, "--workers", 1)
    worker, answer = stuck_request(server, folder)
    os.kill(worker, signal.SIGKILL)
    check_error(server, answer.result(10), "worker_failed", "data.h5")
    check_service(server, folder)
    assert worker not in eventually(server.workers)


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGTERM", "SIGSYS"])
def test_worker_that_dies_of_a_signal_is_replaced(start_server, folder, name):
    server = start_server(folder, "--workers", 1)
    worker, answer = stuck_request(server, folder)
    os.kill(worker, getattr(signal, name))
    os.kill(worker, signal.SIGCONT)
    check_error(server, answer.result(10), "worker_failed", "data.h5")
    check_service(server, folder)


def test_idle_workers_that_are_killed_are_replaced(start_server, folder):
    server = start_server(folder, "--workers", 2)
    old = eventually(lambda: len(w := server.workers()) == 2 and w)
    for worker in old:
        os.kill(worker, signal.SIGKILL)
    new = eventually(lambda: len(w := set(server.workers()) - set(old)) == 2 and w)
    assert new
    check_service(server, folder)


@pytest.mark.parametrize("accept", ["application/octet-stream", "application/json"])
def test_body_is_cut_when_its_worker_is_killed(start_server, folder, accept):
    with create(folder / "large.h5", "earliest") as file:
        file.create_dataset("x", data=np.arange(4 << 20, dtype="<i4"), chunks=(1 << 16,), compression=1)
    server = start_server(folder, "--workers", 1, "--slab-size", 1 << 20)
    connection = server.connect(receive_buffer=16 << 10)
    server.send_raw("/v1/values/large.h5/x", fields=[f"Accept: {accept}"], connection=connection)
    data = connection.recv(4096)
    [worker] = stop_workers(server)
    connection.settimeout(1)
    with pytest.raises(TimeoutError):
        while part := connection.recv(1 << 20):
            data += part
    os.kill(worker, signal.SIGKILL)
    try:
        while part := connection.recv(1 << 20):
            data += part
    except ConnectionError:
        pass
    connection.close()
    assert data.startswith(b"HTTP/1.1 200") and len(data) < 16 << 20
    assert not data.endswith(b"0\r\n\r\n"), "the body was ended as if it were whole"
    check_service(server, folder)
    eventually(lambda: lock_is_free(folder / "large.h5"), 5)


def test_hanging_worker_is_killed_in_time(start_server, folder):
    server = start_server(folder, "--workers", 1, "--request-timeout", 1)
    began = time.monotonic()
    worker, answer = stuck_request(server, folder)
    check_error(server, answer.result(10), "timeout", "data.h5")
    assert 0.9 < time.monotonic() - began < 4
    check_service(server, folder)
    assert worker not in server.workers()


def test_wait_covers_the_wait_for_a_worker(start_server, folder):
    server = start_server(folder, "--workers", 1, "--request-timeout", 6)
    _, stuck = stuck_request(server, folder)
    began = time.monotonic()
    answer = server.get("/v1/values/other.h5/x", prefer="wait=1")
    assert time.monotonic() - began < 4
    check_error(server, answer, "unavailable")
    check_error(server, stuck.result(20), "timeout")
    check_service(server, folder)


def huge_chunk(path, size):
    """A dataset of one chunk of zeros, small in the file and large in memory."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    with create(path, "earliest") as file:
        dataset = file.create_dataset("x", (size,), "u1", chunks=(size,), compression=1)
        dataset.id.write_direct_chunk((0,), packed)


@pytest.mark.parametrize("accept", ["application/json", "application/octet-stream"])
def test_worker_that_needs_too_much_memory_fails_alone(start_server, folder, accept):
    huge_chunk(folder / "huge.h5", 400 << 20)
    server = start_server(folder, "--workers", 1, "--worker-memory", 256)
    answer = server.get("/v1/values/huge.h5/x", {"select": "0:10"}, accept=accept)
    assert answer.status_code in (413, 422, 500, 503), answer.text
    check_error(server, answer, answer.json()["code"])
    check_service(server, folder)
    roomy = start_server(folder, "--workers", 1, "--worker-memory", 4096)
    assert roomy.json("/v1/values/huge.h5/x", {"select": "0:10"}) == [0] * 10


# Zygote and gate


def test_killed_zygote_is_replaced(start_server, folder):
    server = start_server(folder, "--workers", 2)
    eventually(lambda: len(server.workers()) == 2)
    for _ in range(3):
        zygote, workers = server.zygote(), server.workers()
        os.kill(zygote, signal.SIGKILL)
        eventually(lambda: len(new := server.workers()) == 2 and not set(new) & set(workers), what="new workers")
        check_service(server, folder)


def test_request_survives_or_fails_cleanly_when_the_zygote_dies(start_server, folder):
    server = start_server(folder, "--workers", 1)
    _, answer = stuck_request(server, folder)
    os.kill(server.zygote(), signal.SIGKILL)
    check_error(server, answer.result(10), "worker_failed", "data.h5")
    check_service(server, folder)


def test_killed_gate_leaves_no_process_and_no_lock(start_server, folder):
    server = start_server(folder, "--workers", 2)
    stop_workers(server)
    connections = [server.send_raw(X) for _ in range(4)]
    eventually(lambda: holds(server, folder / "data.h5"))
    server.stop(signal.SIGKILL)
    assert lock_is_free(folder / "data.h5")
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("send, number", [
    (os.kill, signal.SIGTERM), (os.kill, signal.SIGINT), (os.killpg, signal.SIGINT), (os.killpg, signal.SIGTERM)])
def test_stopping_server_finishes_what_it_has_begun(start_server, folder, send, number):
    server = start_server(folder, "--workers", 1)
    worker, answer = stuck_request(server, folder)
    idle = server.connect()
    send(server.pid, number)
    eventually(lambda: not can_connect(server), what="the end of listening")
    os.kill(worker, signal.SIGCONT)
    assert answer.result(10).json() == 1
    assert server.process.wait(10) == 0
    idle.close()
    assert server.stop() == 0


def can_connect(server):
    try:
        server.connect(timeout=1).close()
        return True
    except OSError:
        return False


# Clients


def test_client_that_leaves_frees_worker_and_lock(start_server, folder):
    server = start_server(folder, "--workers", 1)
    [worker] = stop_workers(server)
    connection = server.send_raw(X)
    eventually(lambda: holds(server, folder / "data.h5"))
    connection.close()
    eventually(lambda: lock_is_free(folder / "data.h5"), 3, "the end of the lock")
    check_service(server, folder)
    assert worker not in server.workers()


def test_client_that_leaves_while_it_waits_is_forgotten(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    connections = [server.send_raw(X, fields=["Prefer: wait=60"]) for _ in range(20)]
    eventually(lambda: holds(server, folder / "data.h5"))
    for connection in connections:
        connection.close()
    eventually(lambda: not holds(server, folder / "data.h5"), 3, "the end of the waits")
    foreign.close()
    check_service(server, folder)


def test_clients_that_leave_at_once_are_forgotten(start_server, folder, foreign):
    server = start_server(folder, "--workers", 1)
    assert foreign.open(folder / "data.h5", "r+") == "ok"
    for _ in range(200):
        server.send_raw(X, fields=["Prefer: wait=60"]).close()
    assert server.json("/v1/values/other.h5/x") == 1
    eventually(lambda: not holds(server, folder / "data.h5"), 5, "the end of the waits")
    foreign.close()
    check_service(server, folder)


def test_client_that_leaves_costs_no_other_its_answer(start_server, folder):
    """The worker answers at the very moment at which the gate gives it up; the next request must not be its victim."""
    server = start_server(folder, "--workers", 1)
    for _ in range(3):
        [worker] = stop_workers(server)
        leaver = server.send_raw(X)
        eventually(lambda: holds(server, folder / "data.h5"))
        other = in_thread(lambda: requests.get(server.url + "/v1/values/other.h5/x", timeout=30))
        # The gate is halted between noticing that the client left and giving its work up, 100 ms later.
        time.sleep(0.02)
        leaver.close()
        time.sleep(0.04)
        os.kill(server.pid, signal.SIGSTOP)
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.2)
        os.kill(server.pid, signal.SIGCONT)
        answer = other.result(30)
        assert (answer.status_code, answer.text) == (200, "1")


def test_client_that_leaves_a_download_frees_the_lock(start_server, folder):
    with create(folder / "large.h5", "earliest") as file:
        file["x"] = np.arange(8 << 20, dtype="<i4")
    server = start_server(folder, "--workers", 1, "--lock-hold", 30)
    download = Download(server, "/v1/values/large.h5/x")
    assert not lock_is_free(folder / "large.h5")
    download.connection.close()
    eventually(lambda: lock_is_free(folder / "large.h5"), 3, "the end of the lock")


# Files that hurt


def test_file_that_keeps_killing_workers_is_refused_for_a_while(start_server, folder):
    server = start_server(folder, "--workers", 1)
    codes = []
    while "unavailable" not in codes and len(codes) < 10:
        [worker] = stop_workers(server)
        answer = in_thread(lambda: requests.get(server.url + X, timeout=30))
        eventually(lambda: answer.done() or holds(server, folder / "data.h5"))
        os.kill(worker, signal.SIGKILL if not answer.done() else signal.SIGCONT)
        codes.append(answer.result(10).json()["code"])
        eventually(server.workers)
    assert codes[:2] == ["worker_failed"] * 2 and codes[-1] == "unavailable"
    answer = server.get(X)
    check_error(server, answer, "unavailable", "data.h5")
    assert int(answer.headers["Retry-After"]) >= 1
    assert server.json("/v1/values/other.h5/x") == 1
    with h5py.File(folder / "data.h5", "r+") as file:
        file["x"][()] = 3
    assert server.json(X) == 3, "a file that was changed starts anew"


MUTANTS, SEED = 300, 20_240_607


def test_damaged_files_get_clean_answers_and_harm_nobody_else(start_server, folder):
    names = mutants.write_mutants(folder, MUTANTS, SEED)
    server = start_server(folder, "--workers", 2, "--request-timeout", 2)
    curious = Curious(server)
    for name in names:
        curious.read(name)
        assert server.json(X) == 1
    counts = curious.counts
    assert counts["200"] > 1000 and counts["damaged"] > 100, counts
    failed = sum(counts[outcome] for outcome in ("worker_failed", "unavailable", "timeout", "cut"))
    assert failed < sum(counts.values()) / 20, counts
    assert server.get("/v1/values/basis-v110.h5/zipped").status_code == 200
