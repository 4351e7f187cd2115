"""`lockedh5 repair` on files that plain HDF5 programs have left: what it says, what it does, and what it leaves alone."""

import json
import os
import shutil
import signal
import subprocess
import sys

import h5py
import pytest

import support

FLAGGED = """
import os, sys, h5py
file = h5py.File(sys.argv[1], "r+", libver=("v110", "v110"))
if sys.argv[2] == "swmr":
    file.swmr_mode = True
file["x"][...] = 7
file.flush()
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


def repair(*arguments):
    return subprocess.run(
        [support.BINARY, "repair", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def report(*arguments):
    """The exit status, and what is told of each file."""
    outcome = repair("--json", *arguments)
    assert outcome.stderr == ""
    return outcome.returncode, [json.loads(line) for line in outcome.stdout.splitlines()]


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver=("v110", "v110")) as file:
        file["x"] = range(10)
    return tmp_path / "a.h5"


@pytest.fixture(params=["write", "swmr"])
def flagged(path, request):
    """A file whose writer was killed; the flags that it has set."""
    killed = subprocess.run([sys.executable, "-c", FLAGGED, path, request.param], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(OSError):
        h5py.File(path)
    return path, {"write": 1, "swmr": 5}[request.param]


# Status flags


def test_flags_are_told_and_stay(flagged):
    path, flags = flagged
    before = path.read_bytes()
    status, [told] = report(path)
    assert status == 1 and path.read_bytes() == before
    [found] = told["found"]
    assert found["code"] == "status_flags" and found["repaired"] is False and str(flags) in found["message"]
    assert "--clear-flags" in repair(path).stdout


def test_flags_are_cleared_when_a_person_says_so(flagged):
    path, _ = flagged
    reference = path.with_name("reference.h5")
    shutil.copy(path, reference)
    subprocess.run(["h5clear", "-s", reference], check=True, timeout=60)
    status, [told] = report("--clear-flags", path)
    assert status == 0 and told["found"][0]["repaired"] is True
    assert path.read_bytes() == reference.read_bytes()
    with h5py.File(path, "r+") as file:
        assert list(file["x"]) == [7] * 10
    assert report(path) == (0, [{"file": str(path), "found": []}])


def test_clearing_flags_leaves_a_file_that_has_none(path):
    before = path.read_bytes()
    assert report("--clear-flags", path)[0] == 0
    assert path.read_bytes() == before


# What is told, and left alone


def cut(content):
    return content[:-100]


def lengthen(content):
    return content + b"something else" * 500


def spoil(content):
    return content[:20] + b"\x55" + content[21:]


def newer(content):
    return content[:8] + b"\x04" + content[9:]


def other(_):
    return b"no HDF5"


def nothing(_):
    return b""


@pytest.mark.parametrize(("change", "code"), [
    (cut, "truncated"), (lengthen, "bytes_past_end"), (spoil, "damaged_superblock"), (newer, "unreadable_superblock"),
    (other, "not_hdf5"), (nothing, "not_hdf5")])
def test_what_only_a_guess_could_mend_is_left(path, change, code):
    path.write_bytes(change(path.read_bytes()))
    before = path.stat(), path.read_bytes()
    status, [told] = report("--clear-flags", path)
    assert status == 1 and [found["code"] for found in told["found"]] == [code]
    assert told["found"][0]["repaired"] is False
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (before[0].st_mtime_ns, before[1])


def test_files_of_every_kind_are_in_order(root):
    files = sorted(root.glob("*.h5"))
    status, told = report(*files)
    assert status == 0 and told == [{"file": str(file), "found": []} for file in files]


def test_every_file_is_dealt_with(path, tmp_path):
    status, told = report(tmp_path / "missing.h5", tmp_path, path)
    assert status == 1
    assert [one.get("error", {}).get("code") for one in told] == ["not_found", "wrong_kind", None]
    assert repair(path).stdout == f"{path}: in order\n"


# Locks


@pytest.mark.parametrize(("mode", "option", "status"), [("r", None, 1), ("r+", "--dry-run", 1), ("r", "--dry-run", 0)])
def test_repair_waits_for_the_lock_and_tells_who_has_it(path, foreign, mode, option, status):
    with h5py.File(path, "w", libver="earliest") as file:
        file["x"] = 1
    assert foreign.open(path, mode) == "ok"
    got, [told] = report("--wait", 0, *([option] if option else []), path)
    assert got == status
    if status:
        assert told["error"]["code"] == "locked" and f"process {foreign.process.pid}" in told["error"]["message"]


def test_repair_gets_the_lock_when_its_holder_ends(path, foreign):
    assert foreign.open(path, "r") == "ok"
    with subprocess.Popen([support.BINARY, "repair", path], stdout=subprocess.PIPE, text=True) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
        assert foreign.close() == "ok"
        assert waiting.wait(20) == 0 and waiting.stdout.read().endswith(": in order\n")


# Usage


@pytest.mark.parametrize("arguments", [
    [], ["--nonsense", "a.h5"], ["--wait", "-1", "a.h5"], ["--wait", "x", "a.h5"],
    ["--dry-run", "--clear-flags", "a.h5"]])
def test_wrong_usage_ends_with_2(arguments):
    outcome = repair(*arguments)
    assert outcome.returncode == 2 and outcome.stdout == "" and "Usage: lockedh5 repair" in outcome.stderr


def test_help_tells_the_exit_status():
    outcome = repair("--help")
    assert outcome.returncode == 0 and "Exit status" in outcome.stdout and "--clear-flags" in outcome.stdout
