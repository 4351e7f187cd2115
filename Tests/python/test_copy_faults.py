"""Copies of objects and repacking that are interrupted: the file is as before or complete, free, and nothing is left."""

import json
import os
import shutil
import signal

import h5py
import numpy as np
import pytest

from cases import create
from generations import noise
from support import check_error, eventually
from test_crash_space import fill, small_disk  # noqa: F401, a fixture
from test_locks import in_thread, lock_is_free
from tracing import CHANGES, Traced, has_ended, injection
from written import contents, opened, state_of

FILES = ("a.h5", "b.h5")
# What is asked: (target, body, the file that is written).
WORKS = {
    "within": ("/v1/copies/a.h5", {"source": "/g", "path": "/made/copy"}, "a.h5"),
    "between": ("/v1/copies/a.h5", {"source": "/g", "file": "b.h5", "path": "/made/copy"}, "b.h5"),
    "repack": ("/v1/repack/a.h5", None, "a.h5"),
}
# Of a call that is made more often the worker dies at some.
MOST_STEPS = 6


def make(root):
    """The files, of which the first has space that nothing needs."""
    root.mkdir(exist_ok=True)
    with create(root / "a.h5", "v110") as file:
        file["waste"] = noise(1, 20_000)
        file.create_dataset("g/packed", data=noise(2, 20_000), chunks=(1000,), compression=1)
        file["g/text"], file["g/deep/plain"] = ["one", "two"] * 50, noise(3, 5000)
        for number in range(12):
            file["g"].attrs[f"n{number}"] = f"text {number}"
        del file["waste"]
    with create(root / "b.h5", "earliest") as file:
        file["here"] = np.arange(10)


class Interrupted:
    """One server, and the same files anew for each work."""

    def __init__(self, server, folder):
        self.server, self.root = server, server.root
        self.originals = folder / "originals"
        make(self.originals)
        self.renew()
        self.before = {name: contents(self.originals / name) for name in FILES}

    def renew(self):
        """The files as they were, under new inodes: one at which workers have died is not refused for that."""
        for name in FILES:
            (self.root / name).unlink(missing_ok=True)
            shutil.copy(self.originals / name, self.root / name)

    def send(self, work):
        target, body, _ = WORKS[work]
        return self.server.send("POST", target, *([body] if body else []))

    def worker(self):
        [worker] = eventually(lambda: len(found := self.server.workers()) == 1 and found, what="a worker")
        return worker

    def check(self, work, after):
        """The files are as before or `after`, which is told; they are free, and alone."""
        written = WORKS[work][2]
        for name in FILES:
            assert self.server.get(f"/v1/groups/{name}/", prefer="wait=20").status_code == 200
            eventually(lambda name=name: lock_is_free(self.root / name), what=f"the end of the lock of {name}")
            opened(self.root / name, "r+").close()
        found = {name: contents(self.root / name) for name in FILES}
        assert all(found[name] == self.before[name] for name in FILES if name != written)
        assert found[written] in (self.before[written], after)
        eventually(lambda: sorted(os.listdir(self.root)) == list(FILES), what="the end of temporary files")
        return "after" if found[written] == after and self.is_new(work) else "before"

    def is_new(self, work):
        """Whether a file was repacked, which has the same contents then."""
        if work != "repack":
            return True
        return (self.root / "a.h5").stat().st_size != (self.originals / "a.h5").stat().st_size

    def after(self, work):
        """The written file's contents when all goes well."""
        answer = self.send(work)
        assert answer.ok, answer.text
        found = contents(self.root / WORKS[work][2])
        assert work == "repack" or "/made/copy/packed" in found
        self.renew()
        return found


@pytest.fixture
def interrupted(start_server, tmp_path):
    (tmp_path / "served").mkdir()
    return Interrupted(start_server(tmp_path / "served", "--workers", 1), tmp_path)


@pytest.mark.parametrize("work", WORKS)
def test_worker_that_dies_at_a_step_leaves_the_before_or_the_after(interrupted, tmp_path, work):
    after, seen = interrupted.after(work), set()
    output = tmp_path / "trace"
    with Traced(interrupted.worker(), output, "-e", f"trace={','.join(CHANGES)}") as traced:
        assert interrupted.send(work).ok
        calls = [name for name, _, _ in traced.calls()]
    for name in set(calls):
        count = calls.count(name)
        for when in sorted({1 + step * (count - 1) // (MOST_STEPS - 1) for step in range(MOST_STEPS)}):
            interrupted.renew()
            worker = interrupted.worker()
            with Traced(worker, output, *injection(name, "signal=SIGKILL", when)):
                answer = interrupted.send(work)
                is_alive = not has_ended(worker)
            if not answer.ok:
                check_error(interrupted.server, answer, "worker_failed")
            outcome = interrupted.check(work, after)
            assert not answer.ok or outcome == "after"
            seen.add((is_alive, outcome))
    assert (False, "before") in seen, seen


@pytest.mark.parametrize("work", WORKS)
def test_client_that_leaves_in_the_middle(interrupted, tmp_path, work):
    after = interrupted.after(work)
    target, body, _ = WORKS[work]
    with Traced(interrupted.worker(), tmp_path / "trace", *injection("pwrite64", "signal=SIGSTOP", 1)) as traced:
        worker = interrupted.worker()
        fields = ["Content-Type: application/json"] if body else []
        text = json.dumps(body).encode() if body else b""
        connection = interrupted.server.send_body(target, "POST", fields, text)
        eventually(traced.is_stopped, what="the worker's stop")
        connection.close()
    os.kill(worker, signal.SIGCONT)
    interrupted.check(work, after)
    interrupted.renew()
    assert interrupted.send(work).ok


@pytest.mark.parametrize("work", WORKS)
def test_full_disk_leaves_the_files_as_they_were(start_server, small_disk, tmp_path, work):  # noqa: F811
    (small_disk / "served").mkdir()
    interrupted = Interrupted(start_server(small_disk / "served", "--workers", 1), tmp_path)
    after, codes = interrupted.after(work), set()
    for left in range(0, 600 << 10, 40 << 10):
        fill(small_disk, 4 << 20)
        interrupted.renew()
        fill(small_disk, left)
        before = [state_of(interrupted.root / name)[:2] for name in FILES]
        answer = interrupted.send(work)
        codes.add(answer.status_code)
        if not answer.ok:
            check_error(interrupted.server, answer, "out_of_space")
            assert [state_of(interrupted.root / name)[:2] for name in FILES] == before
        fill(small_disk, 4 << 20)
        assert interrupted.check(work, after) == ("after" if answer.ok else "before")
    assert 507 in codes and codes & {200, 201}, codes


# Points behind an external link


@pytest.fixture
def linked(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "far.h5", "earliest") as file:
        file["g/x"] = np.arange(20).reshape(4, 5)
    with create(root / "near.h5", "earliest") as file:
        file["out"] = h5py.ExternalLink("far.h5", "/g")
    return start_server(root, "--workers", 1)


POINTS = {"points": [[3, 4], [0, 0]]}
TARGET = "/v1/values/near.h5/out/x"


def test_points_behind_an_external_link(linked, foreign):
    assert linked.send("POST", TARGET, POINTS).json() == [19, 0]
    assert linked.send("POST", TARGET, {"mask": [[False] * 5] * 3 + [[True] * 5]}).json() == [15, 16, 17, 18, 19]
    assert linked.patch(TARGET, POINTS | {"set": [7, 8]}).json() == [7, 8]
    with opened(linked.root / "far.h5") as file:
        assert (file["g/x"][3, 4], file["g/x"][0, 0]) == (7, 8)
    assert foreign.open(linked.root / "far.h5", "r+") == "ok"
    check_error(linked, linked.send("POST", TARGET, POINTS, prefer="wait=0"), "locked", "far.h5")
    foreign.close()
    assert linked.send("POST", TARGET, POINTS).json() == [7, 8]


def test_worker_that_dies_behind_an_external_link_frees_both_files(linked):
    [worker] = eventually(linked.workers)
    os.kill(worker, signal.SIGSTOP)
    answer = in_thread(lambda: linked.send("POST", TARGET, POINTS))
    eventually(lambda: not lock_is_free(linked.root / "near.h5"), what="the file's lock")
    os.kill(worker, signal.SIGKILL)
    assert answer.result(20).json()["code"] == "worker_failed"
    for name in ("near.h5", "far.h5"):
        eventually(lambda name=name: lock_is_free(linked.root / name), what=f"the end of the lock of {name}")
    assert linked.send("POST", TARGET, POINTS).json() == [19, 0]
