"""Commands below `lockedh5 lock`: they use the lock that is held for them."""

import fcntl
import os
import shutil

import h5py
import pytest

import support
from commands import Before, make_files, run


@pytest.fixture
def folder(tmp_path):
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    folder = tmp_path / "files"
    folder.mkdir()
    make_files(folder)
    return folder


def below(folder, path, *command, options=()):
    """A command below the lock of a path, which it does not wait for."""
    return run("lock", *options, path, "--", support.BINARY, *command, "--wait", "0", cwd=folder)


COMMANDS = [
    ("cp", "all.h5", "copy.h5"), ("cp", "all.h5/entry/mean", "lab/other.h5/copy"),
    ("cp", "lab/other.h5/x", "all.h5/copy"), ("repack", "all.h5"), ("put", "all.h5", "lab/"),
    ("put", "--replace", "lab/other.h5", "all.h5"), ("get", "all.h5", "copy.h5"),
    ("get", "--replace", "lab/other.h5", "all.h5"), ("mv", "all.h5", "moved.h5"), ("rm", "all.h5"),
    ("diff", "all.h5", "all.h5"), ("cat", "lab/back.h5/mean"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_UsesTheLockOfAPath_OverIt(folder, command):
    with h5py.File(folder / "lab/back.h5", "w") as file:
        file["mean"] = h5py.ExternalLink("linked.h5", "/entry/mean")
    os.link(folder / "all.h5", folder / "lab/linked.h5")
    done = below(folder, "all.h5", *command)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", COMMANDS[3:4] + COMMANDS[5:6] + COMMANDS[7:8], ids=" ".join)
def test_command_ThatReplaces_IsRefused_BelowASharedLock(folder, command):
    before = (folder / "all.h5").read_bytes()
    assert below(folder, "all.h5", *command, options=["--shared"]).returncode == 3
    assert (folder / "all.h5").read_bytes() == before


def test_sharedLock_IsUsed_ByWhatReads(folder):
    for command in (("cp", "all.h5", "copy.h5"), ("put", "all.h5", "lab/"), ("cat", "all.h5/entry/mean")):
        assert below(folder, "all.h5", *command, options=["--shared"]).returncode == 0


def test_repair_UsesTheLockOfAPath(folder):
    assert below(folder, "all.h5", "repair", "all.h5").stdout == "all.h5: in order\n"
    assert below(folder, "all.h5", "repair", "--dry-run", "all.h5", options=["--shared"]).returncode == 0
    assert below(folder, "all.h5", "repair", "all.h5", options=["--shared"]).returncode == 1


def test_cp_FromALeasedFile_NeedsASharedLease(folder, start_server):
    server = start_server(folder)
    shutil.copy(folder / "lab/other.h5", folder / "b.h5")
    source, target = f"{server.url}/all.h5/entry/mean", f"{server.url}/b.h5/copy"
    assert below(folder, f"{server.url}/all.h5", "cp", source, target).returncode == 3
    done = below(folder, f"{server.url}/all.h5", "cp", source, target, options=["--shared"])
    assert done.returncode == 0, done.stderr
    assert below(folder, f"{server.url}/b.h5", "cp", source, f"{target}2").returncode == 0
    help = " ".join(run("lock", "--help").stdout.split())
    assert "cp out of it into another file needs a shared one" in help


def test_ls_TellsALock_AndAsksNoFurther(folder, start_server):
    server = start_server(folder)
    with open(folder / "all.h5", "rb+") as file:
        with Before(server.port, b"POST /v1/batch", lambda: fcntl.flock(file, fcntl.LOCK_EX)) as line:
            done = run("ls", "-l", f"{line.url}/all.h5/entry", "--wait", "0")
    assert done.returncode == 3 and "locked" in done.stderr, done.stderr
    assert not [one for one in line.later if one.startswith(b"GET")]


def test_get_ReplacesNoFileThatSomebodyElseHasOpen(folder, tmp_path, start_server):
    server = start_server(folder)
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(folder / "lab/other.h5", here / "all.h5")
    before = (here / "all.h5").read_bytes()
    for source in (f"{server.url}/all.h5", folder / "all.h5"):
        with open(here / "all.h5", "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            done = run("get", "--replace", source, "all.h5", "--wait", "0", cwd=here)
            assert done.returncode == 3 and "all.h5 could not be locked" in done.stderr, done.stderr
        assert (here / "all.h5").read_bytes() == before
    done = run("get", "--replace", f"{server.url}/all.h5", "all.h5", cwd=here)
    assert done.returncode == 0 and os.listdir(here) == ["all.h5"], done.stderr
    assert (here / "all.h5").read_bytes() == (folder / "all.h5").read_bytes()
