"""Disks that are full and disks that fail: a write that cannot be made leaves the file as it was, and the server goes on."""

import os
import resource
import shutil
import subprocess
from collections import Counter

import numpy as np
import pytest

import support
from generations import Change, Generations, array, contents, make, noise, recovered
from steps import Steps
from support import check_error, eventually
from tracing import CHANGES, Traced, injection
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
        change = grown(file, left) if sort == "grown" else file.overwrite()
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
    fill(small_disk, 0)
    check_error(server, server.put("/v1/files/new.h5"), "out_of_space")
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
    for most in (0, 512, size // 2, size - 1, size, size + 100, size + 4096, size + 20_000, size + 40_000):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (most, unlimited[1]))
        before = state_of(file.path)
        for change in (grown(file, most), file.overwrite()):
            check_error(server, change.send(server, file.name), "out_of_space")
            assert state_of(file.path)[:2] == before[:2], most
        assert server.workers() == [worker]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, unlimited)
    assert file.step(server, grown(file, 1)) and contents(file.path) == file.now


# Errors at each step


ERRORS = [("EIO", 500), ("ENOSPC", 507)]


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("error, status", ERRORS)
@pytest.mark.parametrize("kind", KINDS)
def test_error_at_each_step_of_a_commit_leaves_the_before_or_the_after(
        start_server, tmp_path, kind, error, status, goes_on):
    (tmp_path / "served").mkdir()
    server = start_server(tmp_path / "served", "--workers", 1)
    steps, seen = Steps(server, tmp_path, kind), {}
    calls = steps.calls()
    for name in calls:
        for when in range(1, calls[name] + 1):
            seen[name, when] = fail(steps, server, name, f"{when}+" if goes_on else when, error, status)
    assert seen["pwrite64", 1] == seen["fdatasync", 1] == (status, "before"), seen
    print(seen)


def fail(steps, server, name, when, error, status):
    """(status, what is in the file) when a call of the commit fails, once or from then on."""
    file, worker = steps.file(), steps.worker()
    bytes_before = file.path.read_bytes()
    with Traced(worker, steps.output, *injection(name, f"error={error}", when)):
        answer = steps.change(file).send(server, file.name)
    file.history[1] = steps.change(file).contents
    file.flying = True
    if answer.status_code >= 300:
        assert answer.status_code in (500, status), answer.text
        check_error(server, answer, answer.json()["code"])
    # Where recovery failed as well, the next request does it.
    assert server.get(f"/v1/groups/{file.name}/").status_code == 200
    file.settle(recovered(file.path))
    if file.number == 0:
        assert answer.status_code >= 300 and file.path.read_bytes() == bytes_before, (name, when, answer.text)
    assert file.step(server, file.overwrite()) and contents(file.path) == file.now
    return answer.status_code, "after" if file.number > 1 else "before"


@pytest.mark.parametrize("error, status", ERRORS)
def test_error_at_each_step_of_what_is_made_leaves_nothing_of_it(start_server, tmp_path, error, status):
    root = tmp_path / "served"
    root.mkdir()
    make(root / "old.h5", "v110")
    old, upload = contents(root / "old.h5"), (root / "old.h5").read_bytes()
    server = start_server(root, "--workers", 1)
    [worker] = eventually(server.workers)
    for method, target, *body in [
            ("PUT", "/v1/files/new.h5"), ("PUT", "/v1/raw/new.h5", upload), ("PUT", "/v1/raw/old.h5", upload),
            ("POST", "/v1/copies/old.h5", {"file": "new.h5"})]:
        for pid, name in [(worker, name) for name in CHANGES] + [
                (server.pid, name) for name in ("linkat", "renameat", "pwrite64", "openat", "fchmod")]:
            with Traced(pid, tmp_path / "trace", *injection(name, f"error={error}", "1")) as traced:
                answer = server.send(method, target, *body)
                is_hit = "(INJECTED)" in traced.text()
            told = (method, target, name, answer.status_code, answer.text)
            print(*told)
            assert answer.status_code in ((500, status) if is_hit else (200, 201)), told
            if is_hit:
                check_error(server, answer, answer.json()["code"])
            found = {path.name: contents(path) for path in root.iterdir()}
            assert found in ({"old.h5": old}, {"old.h5": old, "new.h5": contents(root / "new.h5")}), told
            (root / "new.h5").unlink(missing_ok=True)
