"""Disks that are full and disks that fail: a write that cannot be made leaves the file as it was, and the server goes on."""

import os
import resource
import subprocess
from collections import Counter

import numpy as np
import pytest

from failing import CALLS, FailingCalls
from generations import PLAIN, Change, Generations, array, contents, make, noise, recovered
from steps import Steps
from support import check_error, eventually
from written import state_of

KINDS = ("earliest", "v110-user-block")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MiB, which a test may fill."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "lockedh5-test", place]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk, left):
    """Leaves so many bytes of a disk free."""
    (disk / "filler").unlink(missing_ok=True)
    status = os.statvfs(disk)
    free = status.f_bavail * status.f_frsize
    if left < free:
        with open(disk / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free - left)


def grown(file, seed):
    """A dataset that needs space, and small changes where there is some."""
    value = noise(seed, 8000)
    change = Change(file.now, "PUT", "datasets", f"/made/d{seed}", {"datatype": "<i4", "value": value.tolist()})
    change.contents[f"/made/d{seed}"] = ("dataset", *array(value))
    return change


def other_values(file, seed):
    """Values that the file does not have, in their place."""
    return file.write("/plain", noise(seed, PLAIN))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sort", ["grown", "overwrite"])
def test_full_disk_leaves_the_file_as_it_was(start_server, small_disk, tmp_path, kind, sort):
    (small_disk / "served").mkdir()
    server = start_server(small_disk / "served", "--workers", 1)
    file = Generations(server.root, "data.h5", kind, 1)
    seen = Counter()
    for left in range(0, 260 << 10, 12 << 10):
        fill(small_disk, left)
        before = state_of(file.path)
        change = grown(file, left) if sort == "grown" else other_values(file, left)
        answer = change.send(server, file.name)
        seen[answer.status_code] += 1
        if answer.status_code >= 300:
            check_error(server, answer, "out_of_space")
            assert state_of(file.path)[:2] == before[:2], left
        else:
            file.history[0] = change.contents
        file.settle(contents(file.path))
        assert server.json("/v1/values/data.h5/plain", {"select": "0:2"})
    assert seen[507] and seen[201] + seen[204] and set(seen) <= {507, 201, 204}, seen
    fill(small_disk, 4 << 20)
    assert file.step(server) and contents(file.path) == file.now
    assert "an interrupted commit" not in server.log()


@pytest.mark.parametrize("kind", KINDS)
def test_full_disk_has_no_room_for_new_files(start_server, small_disk, kind, tmp_path):
    (small_disk / "served").mkdir()
    server = start_server(small_disk / "served", "--workers", 1)
    make(server.root / "old.h5", kind)
    old, upload = contents(server.root / "old.h5"), (server.root / "old.h5").read_bytes()
    fill(small_disk, 8 << 10)
    for method, target, *body in [
            ("PUT", "/v1/raw/new.h5", upload), ("PUT", "/v1/raw/old.h5", upload),
            ("POST", "/v1/copies/old.h5", {"file": "new.h5"})]:
        check_error(server, server.send(method, target, *body), "out_of_space")
        assert os.listdir(server.root) == ["old.h5"] and contents(server.root / "old.h5") == old

    def refusal():
        # What the last request has had is given back a little later.
        fill(small_disk, 0)
        answer = server.put("/v1/files/new.h5")
        if not answer.ok:
            return [answer]
        assert server.delete("/v1/files/new.h5").ok

    check_error(server, *eventually(refusal), "out_of_space")
    assert os.listdir(server.root) == ["old.h5"]
    fill(small_disk, 4 << 20)
    assert server.put("/v1/raw/new.h5", upload).status_code == 201
    assert contents(server.root / "new.h5") == old


@pytest.mark.parametrize("kind", KINDS)
def test_limit_of_file_size_leaves_the_file_as_it_was(start_server, tmp_path, kind):
    (tmp_path / "served").mkdir()
    server = start_server(tmp_path / "served", "--workers", 1)
    file = Generations(server.root, "data.h5", kind, 1)
    [worker] = eventually(server.workers)
    unlimited = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    size = file.path.stat().st_size
    for most in (0, 512, size // 2, size - 1, size, size + 100, size + 4096, size + 20_000):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, unlimited[1]))
        before = state_of(file.path)
        for change in (grown(file, most), other_values(file, most + 1)):
            check_error(server, change.send(server, file.name), "out_of_space")
            assert state_of(file.path)[:2] == before[:2], most
        assert server.workers() == [worker]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)
    assert file.step(server, grown(file, 1)) and contents(file.path) == file.now


# Errors at each step


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("error, code", [("EIO", "internal"), ("ENOSPC", "out_of_space"), ("EDQUOT", "out_of_space")])
@pytest.mark.parametrize("kind", KINDS)
def test_error_at_each_step_of_a_commit_leaves_the_before_or_the_after(
        start_server, tmp_path, kind, error, code, goes_on):
    (tmp_path / "served").mkdir()
    calls = FailingCalls(tmp_path)
    server = start_server(tmp_path / "served", "--workers", 1, environment=calls.environment)
    steps, seen = Steps(server, tmp_path, kind), Counter()
    for name in CALLS:
        for after in range(20):
            outcome = fail(steps, server, calls, name, after, error, code, goes_on)
            if outcome is None:
                break
            seen[name, outcome] += 1
    assert seen["pwrite", "before"] and seen["fdatasync", "before"], seen
    assert seen["pwrite", "after"] and seen["ftruncate", "after"], seen


def fail(steps, server, calls, name, after, error, code, goes_on):
    """What is in the file when a call of the commit has failed; nil where there are fewer calls."""
    file = steps.file()
    bytes_before, change = file.path.read_bytes(), steps.change(file)
    calls.let_fail(file.path, name, after, error, goes_on)
    answer = change.send(server, file.name)
    if not calls.end():
        assert answer.status_code == 201, answer.text
        return None
    file.history[1], file.flying = change.contents, True
    # Where recovery failed as well, the next request does it.
    assert server.get(f"/v1/groups/{file.name}/").status_code == 200
    file.settle(recovered(file.path))
    outcome = "after" if file.number else "before"
    told = (name, after, answer.status_code, answer.text)
    if outcome == "before":
        assert file.path.read_bytes() == bytes_before, told
        check_error(server, answer, code)
    elif answer.status_code >= 300:
        assert answer.json()["code"] in ("internal", "out_of_space"), told
    assert file.step(server, file.overwrite()) and contents(file.path) == file.now
    return outcome
