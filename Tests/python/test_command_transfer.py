"""`lockedh5 get` and `put`: whole files, over lines that break too."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading

import h5py
import numpy as np
import pytest

import support
from commands import FORMS, Before, Line, Place, make_files, run
from terminals import run_at_terminal
from test_crash_space import small_disk  # noqa: F401


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


@pytest.fixture(params=FORMS)
def own(request, tmp_path, start_server):
    folder = tmp_path / "own"
    folder.mkdir()
    make_files(folder)
    return Place(request.param, folder, start_server(folder))


@pytest.fixture
def here(tmp_path):
    """A directory that is not served."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class BreakingLine(Line):
    """A line that can break: it lets so many bytes of answers through, or of requests."""

    def __init__(self, port, allowed):
        self.allowed, self.passed, self.lock = allowed, 0, threading.Lock()
        super().__init__(port)

    def is_broken(self):
        with self.lock:
            return self.allowed is not None and self.passed >= self.allowed

    def pass_on(self, piece, is_request):
        with self.lock:
            self.passed += len(piece)

    def mend(self):
        with self.lock:
            self.allowed, self.passed = None, 0


@pytest.fixture
def large(tmp_path, start_server):
    """A server with a file of 48 MB that nothing compresses, and a line to it."""
    folder = tmp_path / "large"
    folder.mkdir()
    with h5py.File(folder / "large.h5", "w") as file:
        file["x"] = np.random.default_rng(1).integers(0, 256, 48_000_000, "u1")
    server = start_server(folder)
    line = BreakingLine(server.port, 25_000_000)
    yield folder, server, line
    line.close()


def test_get_BringsTheFile_AndTellsItsChecksum(own, here):
    told = own.json("get", "@all.h5", here / "copy.h5")
    assert (here / "copy.h5").read_bytes() == (own.folder / "all.h5").read_bytes()
    assert told["sha256"] == sha256(own.folder / "all.h5") and told["bytes"] == (here / "copy.h5").stat().st_size
    text = own.output("get", "@lab/other.h5", here)
    assert (here / "other.h5").exists() and f"sha256 {sha256(here / 'other.h5')}" in text
    assert sorted(os.listdir(here)) == ["copy.h5", "other.h5"]


def test_get_ReplacesNothing_UnlessAsked(own, here):
    (here / "all.h5").write_text("mine")
    own.refused("get", "@all.h5", here, status=5, says="--replace")
    assert (here / "all.h5").read_text() == "mine"
    own.output("get", "--replace", "--verify", "@all.h5", here)
    assert sha256(here / "all.h5") == sha256(own.folder / "all.h5")


def test_get_ReplacesNothing_ThatIsMadeMeanwhile(own, here):
    if own.form == "here":
        pytest.skip("this is about a download")
    with Before(own.server.port, b"GET /v1/raw/all.h5", lambda: (here / "x.h5").write_text("mine")) as line:
        done = run("get", f"{line.url}/all.h5", here / "x.h5")
    assert done.returncode == 5 and "x.h5 exists already" in done.stderr, done.stderr
    assert (here / "x.h5").read_text() == "mine"


def test_get_IntoADirectory_NeedsOne(own, here):
    own.refused("get", "@all.h5", f"{here}/none/", status=4, says="none/")
    (here / "file").write_text("")
    own.refused("get", "@all.h5", f"{here}/file/", status=4, says="file/")
    assert os.listdir(here) == ["file"]


def test_get_RemovesWhatIsLeftOfOtherStates(own, here):
    if own.form == "here":
        pytest.skip("this is about a download")
    kept = [".all.h5.xyz.part", ".all.h5.part", ".other.h5.12ab.part", ".all.h5.12ab.parts", ".all.h5.34cd.part"]
    for name in kept + [".all.h5.12ab.part"]:
        (here / name).write_text("left")
    with open(here / ".all.h5.34cd.part", "rb+") as file:
        # It is being written.
        fcntl.flock(file, fcntl.LOCK_EX)
        own.output("get", "@all.h5", here)
    assert sorted(os.listdir(here)) == sorted(kept + ["all.h5"])


def test_put_BringsTheFile(own, here):
    with h5py.File(here / "new.h5", "w") as file:
        file["x"] = 1
    told = own.json("put", here / "new.h5", "@a.h5")
    assert told["sha256"] == sha256(here / "new.h5") == sha256(own.folder / "a.h5")
    own.output("put", here / "new.h5", "@lab/")
    own.output("put", here / "new.h5", "@lab", "--replace", "--verify")
    own.output("put", "-p", here / "new.h5", "@deep/er/b.h5")
    assert sha256(here / "new.h5") == sha256(own.folder / "lab/new.h5") == sha256(own.folder / "deep/er/b.h5")
    own.refused("put", here / "new.h5", "@all.h5", status=5, says="--replace")
    own.refused("put", here / "none.h5", "@c.h5", status=4, says="none.h5")
    own.refused("put", here / "new.h5", "@all.h5/x", status=5, says="all.h5")


def test_put_OfWhatIsNotHDF5_IsRefused(own):
    own.refused("put", own.folder / "notes.h5", "@bad.h5", status=7, says="HDF5")
    assert not (own.folder / "bad.h5").exists()


def test_transfer_IsOfWholeFiles(own, here):
    own.refused("get", "@all.h5/entry", here, status=5, says="cat")
    own.refused("get", "@lab", here, status=5, says="directory")
    own.refused("get", "@nothing.h5", here, status=4, says="nothing.h5")
    assert os.listdir(here) == []


def test_transfer_WaitsForLocks(own, here):
    shutil.copy(own.folder / "all.h5", here / "new.h5")
    with open(own.folder / "all.h5", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        own.refused("get", "@all.h5", here / "x.h5", "--wait", "0", status=3)
        own.refused("put", "--replace", here / "new.h5", "@all.h5", "--wait", "0", status=3)
    assert sorted(os.listdir(here)) == ["new.h5"]


def test_get_GoesOn_WhereALineBroke(large, here):
    folder, _, line = large
    done = run("get", f"{line.url}/large.h5", here)
    assert done.returncode == 9 and "no answer" in done.stderr
    part, = os.listdir(here)
    assert part.startswith(".large.h5.") and part.endswith(".part") and (here / part).stat().st_size > 0
    had = (here / part).stat().st_size
    line.mend()
    done = run("get", f"{line.url}/large.h5", here)
    assert done.returncode == 0, done.stderr
    assert "were there" in done.stdout
    assert sha256(here / "large.h5") == sha256(folder / "large.h5") and os.listdir(here) == ["large.h5"]
    assert line.passed < 48_100_000 - had


def test_put_GoesOn_WhereALineBroke(large, here):
    folder, _, line = large
    shutil.copy(folder / "large.h5", here / "new.h5")
    done = run("put", here / "new.h5", f"{line.url}/new.h5")
    assert done.returncode == 9 and not (folder / "new.h5").exists()
    line.mend()
    done = run("put", "--continue", here / "new.h5", f"{line.url}/new.h5")
    assert done.returncode == 0, done.stderr
    assert sha256(here / "new.h5") == sha256(folder / "new.h5")


def test_get_WithoutRoom_SaysSo_AndGoesOn_WhenThereIs(large, small_disk):  # noqa: F811
    folder, server, _ = large
    (small_disk / "large.h5").write_text("mine")
    done = run("get", "--replace", f"{server.url}/large.h5", small_disk)
    assert done.returncode == 8 and "No space left on device" in done.stderr, done.stderr
    assert (small_disk / "large.h5").read_text() == "mine"
    part, = (name for name in os.listdir(small_disk) if name.endswith(".part"))
    subprocess.run(["mount", "-o", "remount,size=100m", small_disk], check=True)
    done = run("get", "--replace", "--verify", f"{server.url}/large.h5", small_disk)
    assert done.returncode == 0 and "were there" in done.stdout, done.stderr
    assert os.listdir(small_disk) == ["large.h5"]
    assert sha256(small_disk / "large.h5") == sha256(folder / "large.h5")


def test_put_WithoutRoomAtTheServer_SaysSo(small_disk, start_server, large):  # noqa: F811
    folder, *_ = large
    server = start_server(small_disk)
    done = run("put", folder / "large.h5", f"{server.url}/large.h5")
    assert done.returncode == 8 and "room" in done.stderr, done.stderr
    assert not (small_disk / "large.h5").exists()


def test_bar_IsForTerminalsOnly(large, here):
    _, server, _ = large
    text, status = run_at_terminal(
        [support.BINARY, "get", f"{server.url}/large.h5", here], errors_only=True, output=here / "out", columns=90)
    assert status == 0
    assert "\r" in text and "\u2595" in text and "large.h5" in text and "% " in text
    assert re.search(r"\d[KM]? of 4[56]M", text) and text.endswith("\r\x1b[K")
    lines = re.split(r"\r", text)
    assert max(len(line.replace("\x1b[K", "")) for line in lines) <= 90
    assert (here / "out").read_text().startswith(f"{here}/large.h5: 46M in ")
    done = run("get", "--replace", f"{server.url}/large.h5", here)
    assert done.returncode == 0 and done.stderr == ""
