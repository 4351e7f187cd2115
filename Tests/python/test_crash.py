"""Workers and servers that are killed while they write: the file is as before or as after, and nothing else ever."""

import io
import os
import shutil
import signal
from collections import Counter
from contextlib import suppress

import pytest
import requests

import support
from crash import Crashes
from generations import KINDS, Sender, contents, make, recovered
from steps import Steps
from support import eventually
from tracing import CHANGES, Traced, has_ended, injection

WORKER_KILLS, SERVER_KILLS = 100, 20


@pytest.mark.parametrize("part", range(4))
def test_killed_worker_leaves_the_before_or_the_after(tmp_path, part):
    crashes = Crashes(tmp_path, list(KINDS), f"workers {part}")
    for number in range(WORKER_KILLS // 4):
        crashes.kill_worker(looks=number % 2 == 0)
    crashes.stop()
    print(dict(crashes.tally))


@pytest.mark.parametrize("part", range(2))
def test_killed_server_leaves_the_before_or_the_after(tmp_path, part):
    crashes = Crashes(tmp_path, list(KINDS), f"servers {part}")
    for _ in range(SERVER_KILLS // 2):
        crashes.kill_server()
    crashes.stop()
    print(dict(crashes.tally))


# At each step


@pytest.mark.parametrize("kind, empties", [
    ("earliest", False), ("v110-user-block", False), ("v110-page", False), ("earliest-user-block", True), ("v110", True)])
def test_worker_that_dies_at_each_step_of_a_commit(start_server, tmp_path, kind, empties):
    root = tmp_path / "served"
    root.mkdir()
    steps = Steps(start_server(root, "--workers", 1), tmp_path, kind, empties)
    calls = steps.calls()
    print(calls)
    assert calls["pwrite64"] >= 4 and calls["fdatasync"] >= 2 and calls["ftruncate"] == 1, calls
    found = {(name, when): steps.stop_after(name, when) for name in calls for when in range(1, calls[name] + 1)}
    # The log and the veil are the commit point, whatever comes after them.
    assert found["pwrite64", 1] == "before"
    assert {found["fdatasync", 1], found["fdatasync", 2], found["ftruncate", 1]} == {"after"}
    log = steps.server.log()
    assert log.count("was replayed") >= 3 and log.count("was cut") + log.count("was unveiled") >= 2, log


def veiled(server, tmp_path, kind):
    """The bytes of a file whose commit was interrupted after its commit point, and what recovery makes of it."""
    steps = Steps(server, tmp_path, kind)
    assert steps.stop_after("fdatasync", 1) == "after"
    name = f"{kind}-1.h5"
    return (tmp_path / f"look-{name}").read_bytes(), contents(server.root / name)


def test_recovery_that_dies_at_each_of_its_steps(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    server = start_server(root, "--workers", 1)
    left, after = veiled(server, tmp_path, "v110-user-block")

    def recover(name, *options):
        """The worker's calls while the file is recovered for somebody who only reads."""
        path = root / name
        path.write_bytes(left)
        assert contents(path) is None
        [worker] = eventually(server.workers)
        with Traced(worker, tmp_path / "trace", *options) as traced:
            answer = server.get(f"/v1/groups/{name}/")
            assert answer.status_code == 200, answer.text
            assert recovered(path) == after
            return has_ended(worker), Counter(call for call, _, _ in traced.calls(path))

    died, calls = recover("whole.h5", "-e", "trace=" + ",".join(CHANGES))
    assert not died and calls["pwrite64"] >= 3 and calls["fdatasync"] >= 2
    for name in calls:
        for when in range(1, calls[name] + 1):
            assert recover(f"{name}-{when}.h5", *injection(name, "signal=SIGKILL", when))[0], (name, when)
    assert server.log().count("was replayed") > sum(calls.values()) / 2


@pytest.mark.parametrize("kind", ["earliest", "v110-fsm"])
def test_server_that_dies_in_a_commit_finishes_it_when_it_starts(tmp_path, kind):
    root = tmp_path / "served"
    root.mkdir()
    server = start(root, tmp_path)
    steps = Steps(server, tmp_path, kind)
    calls = steps.calls()
    for name in sorted(calls):
        # The first writes of all are the same for every commit.
        for when in range(1, min(calls[name], 4) + 1):
            file, worker = steps.file(), steps.worker()
            with Traced(worker, steps.output, *injection(name, "signal=SIGSTOP", when)) as traced:
                sender = Sender(server, file, most=1, change=steps.change(file))
                eventually(traced.is_stopped, what=f"the worker's stop at {name} {when}")
                kill(server)
                sender.join()
            left = contents(file.path)
            if left is not None:
                file.settle(left, since=0)
            server = steps.server = start(root, tmp_path)
            # Without a request.
            file.settle(recovered(file.path))
            assert left is not None or "was " in server.log()
    assert server.stop() == 0


def start(root, tmp_path):
    return support.Server(root, tmp_path / "state", "--workers", 1)


def kill(server):
    """Kills a server; nothing of it is left."""
    os.kill(server.pid, signal.SIGKILL)
    server.session.close()
    server.process.wait(10)
    server.process.stdout.close()
    eventually(lambda: not server.family(), what="the end of the server's children")


# Files that come and go


def make_bytes(kind):
    """A whole file for an upload."""
    with io.BytesIO() as memory:
        make(memory, kind)
        return memory.getvalue()


def files_of(root):
    """What plain h5py reads of everything in a directory, by name."""
    return {path.name: contents(path) for path in root.iterdir()}


ENTRIES = {
    "new": ("PUT", "/v1/files/new.h5"), "upload": ("PUT", "/v1/raw/new.h5", make_bytes("earliest-user-block")),
    "replace": ("PUT", "/v1/raw/old.h5", make_bytes("earliest-user-block")),
    "copy": ("POST", "/v1/copies/old.h5", {"file": "new.h5"}),
    "rename": ("PATCH", "/v1/files/old.h5", {"path": "new.h5"}), "delete": ("DELETE", "/v1/files/old.h5")}
ENTRY_CALLS = (
    "openat", "openat2", "linkat", "renameat", "renameat2", "unlinkat", "write", "pwrite64", "ftruncate", "fchmod")


@pytest.mark.parametrize("what", ENTRIES)
def test_server_that_dies_leaves_whole_files_or_none(tmp_path, what):
    root = tmp_path / "served"

    def prepare():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        make(root / "old.h5", "v110")
        return start(root, tmp_path)

    def send(server):
        with suppress(requests.ConnectionError):
            return server.send(*ENTRIES[what])

    server = prepare()
    before = files_of(root)
    with Traced(server.pid, tmp_path / "trace", "-e", "trace=" + ",".join(ENTRY_CALLS)) as traced:
        assert send(server).status_code < 300
    calls, after = Counter(name for name, _, _ in traced.calls()), files_of(root)
    kill(server)
    for name in calls:
        for when in range(1, calls[name] + 1):
            server = prepare()
            with Traced(server.pid, tmp_path / "trace", *injection(name, "signal=SIGKILL", when)):
                assert send(server) is None
            kill(server)
            # What is about to take another file's name has a hidden one for a moment, by which nobody finds it.
            found = {name: there for name, there in files_of(root).items() if not name.startswith(".lockedh5-")}
            assert found in (before, after), (name, when, sorted(found))
            server = start(root, tmp_path)
            assert files_of(root) == found, (name, when)
            assert {entry["name"] for entry in server.json("/v1/files/")["members"]} <= found.keys()
            kill(server)


@pytest.mark.parametrize("what", ["new", "upload", "replace", "copy"])
def test_new_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_answer(start_server, tmp_path, what):
    root = tmp_path / "served"
    root.mkdir()
    make(root / "old.h5", "v110")
    server = start_server(root, "--workers", 1)
    [worker] = eventually(server.workers)
    options = ["-e", "trace=linkat,renameat,renameat2,fsync,fdatasync"]
    with Traced([server.pid, worker], tmp_path / "trace", *options) as traced:
        assert server.send(*ENTRIES[what]).status_code < 300
    steps = []
    for name, arguments, _ in traced.calls():
        is_directory = arguments.endswith(f"<{root}>")
        steps.append(name if not name.startswith("f") else "directory synced" if is_directory else "file synced")
    renames = ["renameat"] if what == "replace" else []
    assert steps == ["file synced", "linkat", *renames, "directory synced"]
