"""`lockedh5 cat --plot`: what a plot shows of the numbers."""

import os
import resource
import subprocess

import h5py
import numpy as np
import pytest

import support
from commands import run


@pytest.fixture(autouse=True)
def built():
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")


@pytest.fixture
def file(tmp_path):
    """Datasets to plot: `plot(name, ...)` gives the lines."""
    with h5py.File(tmp_path / "p.h5", "w") as made:
        made["ramp"] = np.arange(101.0)
        made["constant"] = np.full(10, 3.5)
        gap = np.linspace(-1, 1, 60)
        gap[20:40] = np.nan
        made["gap"] = gap
        made["infinite"] = np.array([0, np.inf, 1, -np.inf])
        made["one"] = np.array([5])
        made["scalar"] = 5
        made["text"] = "x"
        made["nothing"] = np.full(3, np.nan)
        made["huge"] = np.array([-1.7e308, 1.7e308])
        made["image"] = np.add.outer(np.arange(4), np.arange(6)) * 1.0
        hole = np.ones((4, 6))
        hole[1, 2] = np.nan
        hole[0, 0] = 0
        made["hole"] = hole
        made["cube"] = np.zeros((3, 4, 5))
        made["table"] = np.array([(i, i * i) for i in range(10)], dtype=[("n", "i4"), ("square", "f8")])
        made["flags"] = np.array([True, False, True])
        made["complex"] = np.array([1 + 1j])

    def plot(name, *options, width=40, height=6, status=0, **environment):
        done = run("cat", "--plot", "--width", width, "--height", height, f"p.h5/{name}", *options, cwd=tmp_path,
                   **environment)
        assert done.returncode == status, done.stderr
        return done.stdout.splitlines() if status == 0 else done.stderr
    return plot


def dots(lines, height):
    """The Braille dots of a plot as rows of booleans."""
    picture = [line.split("\u2502" if "\u2502" in line else "\u2524", 1)[1] for line in lines[:height]]
    width = max(map(len, picture))
    rows = np.zeros((height * 4, width * 2), bool)
    bits = {0x01: (0, 0), 0x02: (1, 0), 0x04: (2, 0), 0x08: (0, 1), 0x10: (1, 1), 0x20: (2, 1), 0x40: (3, 0), 0x80: (3, 1)}
    for y, line in enumerate(picture):
        for x, character in enumerate(line):
            for bit, (row, column) in bits.items():
                if 0x2800 <= ord(character) and ord(character) - 0x2800 & bit:
                    rows[4 * y + row, 2 * x + column] = True
    return rows


def test_line_GoesFromCornerToCorner(file):
    lines = file("ramp")
    picture = dots(lines, 6)
    assert picture[-1, 0] and picture[0, -1] and picture.any(axis=0).all()
    heights = [np.flatnonzero(column).mean() for column in picture.T]
    assert all(a >= b for a, b in zip(heights, heights[1:]))
    assert lines[0].startswith("100 \u2524") and lines[5].startswith("  0 \u2524")
    assert lines[7].split() == ["0", "100"] and max(map(len, lines)) == 40


def test_constant_IsALineInTheMiddle(file):
    picture = dots(file("constant"), 6)
    rows, = np.nonzero(picture.any(axis=1))
    assert len(rows) == 1 and 8 <= rows[0] <= 15


def test_missingNumbers_AreGaps(file):
    lines = file("gap")
    columns = dots(lines, 6).any(axis=0)
    assert columns[0] and columns[-1]
    assert not columns[len(columns) * 21 // 60 : len(columns) * 38 // 60].any()
    assert lines[-1] == "20 missing"
    assert file("infinite")[-1] == "2 missing"
    assert file("nothing") == ["there is nothing but missing numbers"]


def test_extremes_HaveAPlot(file):
    assert dots(file("huge"), 6).any() and dots(file("one"), 6).sum() == 1 and dots(file("flags"), 6).any()


def test_bounds_AreTheEndsOfTheAxis(file):
    lines = file("ramp", "--min", "0", "--max", "200")
    assert lines[0].startswith("200 \u2524") and not dots(lines, 6)[:11].any()
    assert file("image", "--min", "0", "--max", "100", height=4)[3].strip("3 \u2524") == "\u2591" * 12


def test_selection_IsOnTheAxis(file):
    lines = file("ramp", "-s", "20:80:2")
    assert lines[7].split() == ["20", "78"] and lines[0].startswith("78 ")
    assert dots(file("table", "-f", "square"), 6)[0, -1]


def test_longLine_IsReadEverySoOften(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as made:
        made.create_dataset("long", (400_000_000,), "f4", chunks=(1_000_000,), fillvalue=1)
        made["long"][200_000_000:] = 2

    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))
    done = subprocess.run(
        [support.BINARY, "cat", "--plot", "--width", "30", "--height", "4", "p.h5/long"], cwd=tmp_path, text=True,
        capture_output=True, timeout=120, preexec_fn=limit)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "every 3052nd element"
    picture = dots(lines, 4)
    assert picture[-1, 0] and picture[0, -1] and not picture[0, 0] and not picture[-1, -1]


def test_image_HasShades_DarkerForMore(file):
    lines = file("image", height=4)
    assert lines[0].startswith("0 \u2524\u2591") and lines[3].startswith("3 \u2524") and lines[3].endswith("\u2588")
    assert lines[-1].strip() == "0 \u2591\u2592\u2593\u2588 8" and lines[5].split() == ["0", "5"]


def test_image_HasHoles_WhereNumbersAreMissing(file):
    lines = file("hole", height=4)
    row = lines[1].split("\u2502", 1)[1]
    cell = len(row) // 6
    assert row[2 * cell : 3 * cell].strip() == "" and row[: 2 * cell] == "\u2588" * 2 * cell
    assert lines[-1] == "1 missing"


def test_image_HasColours_WhenAsked(file):
    grey = file("image", "--color", "always", COLORTERM="")
    assert "\x1b[38;5;232;48;5;2" in grey[0] and "\u2580" in grey[0] and grey[0].endswith("\x1b[0m")
    assert "\x1b[38;2;68;1;84;48;2;" in file("image", "--color", "always", COLORTERM="truecolor")[0]
    assert "\x1b" not in "".join(file("image"))


def test_largeImage_FitsAndSaysSo(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as made:
        made.create_dataset("big", (4000, 3000), "u1", chunks=(500, 500), fillvalue=3)
    done = run("cat", "--plot", "--width", 50, "--height", 10, "p.h5/big", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and max(map(len, lines)) <= 50 and len(lines) <= 14 and lines[-1] == "every 400th element"


@pytest.mark.parametrize("name, words", [
    ("cube", "-s 0,:,:"), ("scalar", "single"), ("text", "number"), ("table", "--field"), ("complex", "number"), ("nix", "nix")])
def test_whatHasNoPlot_IsRefused(file, name, words):
    assert words in file(name, status=4 if name == "nix" else 2)


def test_cube_IsPlottedASliceAtATime(file):
    assert file("cube", "-s", "0")[0].startswith("0 \u2524")
