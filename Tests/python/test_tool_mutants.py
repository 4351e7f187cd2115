"""Damaged copies of HDF5's own test files: every answer is a documented one, and other files are served as ever.

The long form is Tests/long/mutants.py.
"""

import fcntl
import os
import signal
import subprocess
import time

import h5py
import pytest

import mutants
import support
from cases import create
from commands import run
from curious import Curious
from tool_files import NotAvailable, fetch

MUTANTS, SEED, SECONDS = 60, 7, 25
# Larger files make no better mutants.
LARGEST = 200_000


def sources():
    """The files of which there are mutants."""
    return [path for path in sorted(fetch().rglob("*.h5")) if 100 < path.stat().st_size < LARGEST]


def test_damaged_tool_files_get_clean_answers_and_harm_nobody_else(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "good.h5", "earliest") as file:
        file["x"] = 1
    try:
        names = mutants.write_mutants_of(sources(), root, MUTANTS, SEED)
    except NotAvailable as error:
        pytest.skip(f"HDF5's sources of Debian 12 are not to be had: {error}")
    server = start_server(root, "--workers", 2, "--request-timeout", 2)
    curious, end = Curious(server), time.monotonic() + SECONDS
    for name in names:
        curious.read(name)
        assert server.json("/v1/values/good.h5/x") == 1
        if time.monotonic() > end:
            break
    failed = sum(curious.counts[outcome] for outcome in ("worker_failed", "unavailable", "timeout", "cut"))
    assert failed <= sum(curious.counts.values()) / 10, (curious.counts, curious.failed)
    assert curious.counts["200"] > 100 and curious.counts["damaged"] > 5, curious.counts
    assert server.get("/healthz").status_code == 200


def test_commands_end_with_one_sentence_where_libhdf5_crashes_too(tmp_path):
    """Here libhdf5 works in the command's own process."""
    try:
        names = mutants.write_mutants_of(sources(), tmp_path, 100, 0)
    except NotAvailable as error:
        pytest.skip(f"HDF5's sources of Debian 12 are not to be had: {error}")
    statuses = set()
    for name in names:
        done = run("tree", "-a", tmp_path / name)
        statuses.add(done.returncode)
        assert done.returncode in (0, 3, 7, 9), (name, done.stderr)
        if done.returncode:
            assert done.stderr.startswith("lockedh5: ") and done.stderr.count("\n") == 1, (name, done.stderr)
    assert {0, 7} <= statuses


@pytest.mark.parametrize("crash", (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS))
def test_command_that_crashes_says_at_which_file(tmp_path, crash):
    path = tmp_path / "a.h5"
    h5py.File(path, "w").close()
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # Swift's runtime, which may write backtraces, handles the signal otherwise too.
        process = subprocess.Popen(
            [support.BINARY, "tree", path, "--wait", "60"], stderr=subprocess.PIPE, text=True,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        deadline = time.monotonic() + 30
        # It is handled from when the command waits for the lock on.
        while not handles(process.pid, crash):
            assert time.monotonic() < deadline
        process.send_signal(crash)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 9
    assert errors == f"lockedh5: {path}: libhdf5 crashed at this file, which may be damaged\n"


def handles(pid, number):
    """Whether a process handles a signal (proc(5))."""
    return int(support.status_of(pid)["SigCgt"], 16) >> number - 1 & 1 == 1
