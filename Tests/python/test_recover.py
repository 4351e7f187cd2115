"""deploy/recover.py and `lockedh5 repair` on every state that the death of a worker in the middle of a commit leaves."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

import support
from recorder import Recorder, can_trace, states
from written import contents

SCRIPT = support.REPOSITORY / "deploy/recover.py"

FORMATS = {
    "earliest": {"libver": "earliest"}, "v110": {"libver": ("v110", "v110")},
    "userblock": {"libver": "earliest", "userblock_size": 1024},
    "paged": {"libver": ("v110", "v110"), "fs_strategy": "page", "fs_persist": True},
}


def overwrite(server):
    values = np.arange(300_000, dtype="<i4")[::-1].tobytes()
    return server.put("/v1/values/data.h5/numbers", values)


def append(server):
    return server.put("/v1/datasets/data.h5/new/place", {"value": list(range(20_000))})


def remove(server):
    return server.delete("/v1/groups/data.h5/group")


@pytest.fixture(scope="module")
def script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("recover", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Every state of each kind of change in each format: {(format, change): (before, states, after)}."""
    if not can_trace():
        pytest.skip("processes cannot be traced here")
    found = {}
    for name, options in FORMATS.items():
        for change in (overwrite, append, remove):
            found[name, change] = record(tmp_path_factory.mktemp("recorded"), options, change)
    return found


def record(folder, options, change):
    root = folder / "served"
    root.mkdir()
    path = root / "data.h5"
    with h5py.File(path, "w", **options) as file:
        file["numbers"] = np.arange(300_000, dtype="<i4")
        for number in range(40):
            file[f"group/{number}"] = np.full(number, number)
    before = path.read_bytes()
    server = support.Server(root, folder / "state", "--workers", 1)
    try:
        assert server.json("/v1/groups/data.h5")
        with Recorder(server.workers()[0], folder / "calls") as recorder:
            assert change(server).status_code in (201, 204)
    finally:
        assert server.stop() == 0
    found = list(states(before, recorder.calls))
    after = path.read_bytes()
    assert found[-1][1] == after, "the calls that were recorded are not all"
    assert len(found) >= 5
    return before, found, after


def recovered(script, path):
    """A copy of a file as the script makes it."""
    copy = path.with_name("recovered-" + path.name)
    shutil.copy(path, copy)
    with open(copy, "r+b", buffering=0) as file:
        script.recover(script.File(file.fileno()), False, True)
    return copy.read_bytes()


CASES = [(name, change) for name in FORMATS for change in (overwrite, append, remove)]


def lay_out(folder, recording):
    """A file for each state; whether what was committed is in it, is known after recovery only."""
    folder.mkdir()
    for number, (_, content) in enumerate(recording[1]):
        (folder / f"{number}.h5").write_bytes(content)
    return sorted(folder.glob("*.h5"), key=lambda path: int(path.stem))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1].__name__}")
def test_script_makes_of_every_state_what_the_server_makes(recorded, script, start_server, tmp_path, case):
    before, _, after = recorded[case]
    paths = lay_out(tmp_path / "served", recorded[case])
    ours = [recovered(script, path) for path in paths]
    server = start_server(tmp_path / "served", "--workers", 2)
    for path in paths:
        assert server.put(f"/v1/groups/{path.name}/", {}, {"require": "true"}).status_code == 200
    assert [path.read_bytes() for path in paths] == ours
    (tmp_path / "before.h5").write_bytes(before)
    (tmp_path / "after.h5").write_bytes(after)
    whole = [contents(tmp_path / "before.h5"), contents(tmp_path / "after.h5")]
    outcomes = [whole.index(contents(path)) for path in paths]
    # Once it is committed it stays so; and a death can leave either.
    assert outcomes == sorted(outcomes) and set(outcomes) == {0, 1}


@pytest.mark.parametrize("case", CASES[:6], ids=lambda case: f"{case[0]}-{case[1].__name__}")
def test_repair_leaves_nothing_of_any_state(recorded, script, tmp_path, case):
    before, found, after = recorded[case]
    paths = lay_out(tmp_path / "files", recorded[case])
    ours = [recovered(script, path) for path in paths]
    outcome = subprocess.run([support.BINARY, "repair", *paths], capture_output=True, text=True, timeout=60)
    assert "put there" in outcome.stdout and "cut off" in outcome.stdout and outcome.stderr == ""
    for path, script_made in zip(paths, ours):
        assert script_made.startswith(path.read_bytes())
        with h5py.File(path):
            pass
    again = subprocess.run([support.BINARY, "repair", *paths], capture_output=True, text=True, timeout=60)
    # What a death before the log leaves past the end has nothing that tells whose it is.
    others = [line for line in again.stdout.splitlines() if not line.endswith(": in order")]
    assert all("what wrote them is not known" in line for line in others), others
    assert len(others) < len(paths) / 2 and again.returncode == (1 if others else 0)


def test_script_recovers_again_what_its_own_death_has_left(recorded, script, tmp_path):
    class Dying(script.File):
        def __init__(self, descriptor, steps):
            super().__init__(descriptor)
            self.steps = steps

        def step(self):
            self.steps -= 1
            if self.steps < 0:
                raise KeyboardInterrupt

        def write(self, content, place):
            self.step()
            super().write(content, place)

        def set_size(self, size):
            self.step()
            super().set_size(size)

    paths = lay_out(tmp_path / "files", recorded["v110", overwrite])
    for path in paths:
        wanted = recovered(script, path)
        for steps in range(8):
            copy = tmp_path / "dying.h5"
            shutil.copy(path, copy)
            with open(copy, "r+b", buffering=0) as file:
                try:
                    script.recover(Dying(file.fileno(), steps), False, True)
                except KeyboardInterrupt:
                    pass
                script.recover(script.File(file.fileno()), False, True)
            assert copy.read_bytes() == wanted


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_script_tells_without_doing_when_asked(recorded, tmp_path):
    paths = lay_out(tmp_path / "files", recorded["earliest", append])
    contents_before = [path.read_bytes() for path in paths]
    outcome = run("--dry-run", *paths)
    assert outcome.returncode == 1 and "put in its place (not done)" in outcome.stdout
    assert [path.read_bytes() for path in paths] == contents_before
    assert run("--durability", "process", *paths).returncode == 0
    assert run("--dry-run", *paths).returncode == 0


def test_script_waits_for_the_lock(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = 1
    with open(tmp_path / "a.h5") as holder:
        fcntl.flock(holder, fcntl.LOCK_SH)
        outcome = run("--wait", 0.1, tmp_path / "a.h5")
        assert outcome.returncode == 1 and "another process has locked it" in outcome.stdout
        assert run("--wait", 0.1, "--dry-run", tmp_path / "a.h5").returncode == 0


def test_script_refuses_what_it_cannot_judge(tmp_path):
    newer = bytearray(b"\x89HDF\r\n\x1a\n" + bytes(4096))
    newer[8] = 4
    (tmp_path / "newer.h5").write_bytes(newer)
    (tmp_path / "text.h5").write_text("no HDF5")
    os.mkfifo(tmp_path / "pipe.h5")
    names = ["newer.h5", "text.h5", "pipe.h5", "missing.h5"]
    outcome = run(*(tmp_path / name for name in names))
    lines = outcome.stdout.splitlines()
    assert outcome.returncode == 1 and outcome.stderr == "" and len(lines) == len(names)
    assert "version 4" in lines[0] and "not an HDF5 file" in lines[1] and "not a regular file" in lines[2]
    assert run("--nonsense").returncode == 2
