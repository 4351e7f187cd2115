"""The commands at a terminal: columns, colours, and the bar of a transfer."""

import os
import re

import h5py
import numpy as np
import pytest

import support
from commands import make_files, run
from terminals import run_at_terminal

ESCAPE = "\x1b["


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


@pytest.fixture
def folder(tmp_path):
    make_files(tmp_path)
    with h5py.File(tmp_path / "many.h5", "w") as file:
        for number in range(40):
            file[f"member{number:02}"] = number
    return tmp_path


def at_terminal(*arguments, **keywords):
    return run_at_terminal([support.BINARY, *arguments], **keywords)


def test_ls_PutsNamesSideBySide_AsManyAsFit(folder):
    for columns in (20, 33, 80, 200):
        text, status = at_terminal("ls", "many.h5", cwd=folder, columns=columns)
        lines = text.splitlines()
        assert status == 0 and max(map(len, lines)) <= columns
        assert sorted(text.split()) == [f"member{number:02}" for number in range(40)]
        assert len(lines) == -(-40 // ((columns + 2) // 10))
    assert text.split()[1] == "member02"  # down, then across


def test_ls_OfManyNames_IsQuick(folder):
    """All of them do not fit side by side, for one is as long as the terminal is wide."""
    with h5py.File(folder / "more.h5", "w", libver="latest") as file:
        for number in range(10_000):
            file.create_group(f"{number:04x}")
        file.create_group("z" * 78)
    text, status = at_terminal("ls", "more.h5", cwd=folder, deadline=20)
    assert status == 0 and len(text.splitlines()) == 10_001


def test_colours_AreForTerminalsOnly(folder):
    text, _ = at_terminal("ls", "-l", "all.h5", cwd=folder)
    assert ESCAPE in text and f"{ESCAPE}34mentry/" in text
    assert ESCAPE not in run("ls", "-l", "all.h5", cwd=folder).stdout
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert ESCAPE not in at_terminal("ls", "-l", "all.h5", cwd=folder, environment=environment)[0]
    assert ESCAPE in at_terminal("ls", "-l", "all.h5", cwd=folder, environment={"NO_COLOR": ""})[0]
    assert ESCAPE not in at_terminal("ls", "-l", "all.h5", "--color", "never", cwd=folder)[0]
    assert ESCAPE in run("tree", "--color", "always", "all.h5", cwd=folder, NO_COLOR="1").stdout


def test_bytes_AreNotForATerminal(folder):
    text, status = at_terminal("cat", "all.h5/entry/counts", "--format", "octet-stream", cwd=folder)
    assert status == 2 and "not for a terminal" in text and len(text) < 200


def test_plot_IsAsLargeAsTheTerminal(folder):
    text, status = at_terminal("cat", "--plot", "all.h5/entry/counts", "-s", "0", cwd=folder, columns=50, rows=15,
                               environment={"NO_COLOR": "1"})
    lines = text.splitlines()
    assert status == 0 and max(map(len, lines)) <= 50 and len(lines) == 12


def test_plot_ShowsAnImageInColour(folder):
    text, status = at_terminal("cat", "--plot", "all.h5/entry/counts", cwd=folder, environment={"COLORTERM": "truecolor"})
    assert status == 0 and f"{ESCAPE}38;2;68;1;84" in text and f"{ESCAPE}0m" in text
