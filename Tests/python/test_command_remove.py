"""`lockedh5 rm`: all or nothing, and nothing that was not looked at."""

import fcntl
import os
import subprocess
import time
from pathlib import Path

import h5py
import pytest

import support
from commands import FORMS, Before, Place, make_files, run


@pytest.fixture(params=FORMS)
def own(request, tmp_path, start_server):
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    folder = tmp_path / "own"
    folder.mkdir()
    make_files(folder)
    with h5py.File(folder / "all.h5", "r+") as file:
        file["entry"].attrs["b"] = 1
    with h5py.File(folder / "lab/other.h5", "r+") as file:
        file["g"].attrs["a"] = 1
    return Place(request.param, folder, start_server(folder))


def attributes(own):
    with h5py.File(own.folder / "all.h5") as file:
        return sorted(file["entry"].attrs)


def test_attributes_AreRemovedAllOrNone(own):
    before = (own.folder / "all.h5").read_bytes()
    own.refused("rm", "-a", "b", "-a", "nothing", "@all.h5/entry", status=4, says="nothing")
    assert (own.folder / "all.h5").read_bytes() == before
    own.output("rm", "-a", "b", "-a", "NX_class", "-a", "b", "@all.h5/entry")
    assert attributes(own) == []


def test_force_LeavesOut_WhatIsNotThere(own):
    own.output("rm", "-f", "-a", "nothing", "-a", "b", "-a", "nothing else", "@all.h5/entry")
    assert attributes(own) == ["NX_class"]
    own.output("rm", "-f", "-a", "nothing", "-a", "b", "@all.h5/entry")
    own.output("rm", "-f", "-a", "nothing", "-a", "b", "@all.h5/nothing")
    assert attributes(own) == ["NX_class"]


def test_rm_WorksBehindExternalLinks(own):
    with h5py.File(own.folder / "all.h5", "r+") as file:
        file["far"] = h5py.ExternalLink("lab/other.h5", "/g")
    own.output("rm", "-a", "a", "@all.h5/far")
    own.output("rm", "@all.h5/far/h")
    with h5py.File(own.folder / "lab/other.h5") as file:
        assert list(file["g"]) == [] and list(file["g"].attrs) == []


def fill(path):
    with h5py.File(path, "r+", locking=False) as file:
        file["new/member"] = 1


def test_group_ThatGetsAMemberMeanwhile_StaysThere_AtAServer(own):
    path = own.folder / "all.h5"
    with h5py.File(path, "r+") as file:
        file.create_group("new")
    with Before(own.server.port, b"DELETE ", lambda: fill(path)) as line:
        done = run("rm", f"{line.url}/all.h5/new")
    assert done.returncode == 5 and "the group has a member" in done.stderr, done.stderr
    with h5py.File(path) as file:
        assert "new/member" in file


def test_group_ThatGetsAMemberMeanwhile_StaysThere_Here(own):
    path = own.folder / "all.h5"
    with h5py.File(path, "r+") as file:
        file.create_group("new")
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        process = subprocess.Popen([support.BINARY, "rm", f"{path}/new"], stderr=subprocess.PIPE, text=True)
        # It has looked at the group, and waits for the exclusive lock.
        end = time.monotonic() + 20
        while time.monotonic() < end and "sleep" not in Path(f"/proc/{process.pid}/wchan").read_text():
            pass
        fill(path)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 5 and "the group has a member" in error, error
    with h5py.File(path) as file:
        assert "new/member" in file
