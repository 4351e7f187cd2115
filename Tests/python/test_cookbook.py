"""What the documents show is what the program does: every command of the README's cookbook, every option."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import support

README = (support.REPOSITORY / "README.md").read_text()
LIMITS = (support.REPOSITORY / "docs" / "limits.md").read_text()


def is_whole(lines):
    """Whether a command does not go on: behind a backslash, or in a string."""
    return not lines[-1].endswith("\\") and "\n".join(lines).count("'") % 2 == 0


def commands(block):
    """(command, expected output) for each line of the block that begins with `$ `."""
    found = []
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        lines = part.rstrip("\n").split("\n")
        count = 1 + next(number for number in range(len(lines)) if is_whole(lines[: number + 1]))
        found.append(("\n".join(lines[:count]), "\n".join(lines[count:])))
    return found


def recipes():
    sections = [README.split(f"\n## {title}\n")[1].split("\n## ")[0] for title in ("Cookbook", "Command line")]
    pattern = r"^(?:### (?P<title>[^\n]*)|```(?P<language>sh|python)\n(?P<block>.*?)^```)$"
    title, found = "", []
    for match in re.finditer(pattern, "### Command line\n".join(sections), re.M | re.S):
        title = match["title"] or title
        if match["block"] is not None:
            shell = match["language"] == "sh"
            steps = commands(match["block"]) if shell else [(f"python3 - <<'END'\n{match['block']}END", "")]
            found.append(pytest.param(steps, id=f"{title}-{len(found)}"))
    return found


def agrees(expected, output):
    """Whether the output is what is expected; `...` stands for any text, on a line of its own for any lines."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
    clean = "\n".join(line.rstrip() for line in output.replace("\r", "").strip().split("\n"))
    return re.fullmatch(pattern, clean, re.S) is not None


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sample") / "files"
    subprocess.run([sys.executable, support.REPOSITORY / "deploy/make-sample.py", directory], check=True)
    return directory


@pytest.fixture(scope="module")
def sample_server(sample, tmp_path_factory):
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    running = support.Server(sample, tmp_path_factory.mktemp("state") / "state")
    yield running
    assert running.stop() == 0, running.log()


@pytest.mark.parametrize("steps", recipes())
def test_recipe_PrintsWhatTheReadmeShows(sample, sample_server, tmp_path, steps):
    """In the README's order: what one recipe writes later ones read."""
    assert steps
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/lockedh5").symlink_to(support.BINARY)
    places = [Path(sys.executable).parent, tmp_path / "bin", os.environ["PATH"]]
    environment = {**os.environ, "PATH": ":".join(map(str, places)), "TERM": "dumb"}
    for command, expected in steps:
        line = command.replace("http://127.0.0.1:8080", sample_server.url).replace(".build/sample", str(sample))
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment)
        shown = done.stdout.replace(sample_server.url, "http://127.0.0.1:8080").replace(str(sample), ".build/sample")
        assert agrees(expected, shown), f"$ {command}\n{shown}{done.stderr}\nis not\n{expected}"


def option_defaults():
    """{option: default in words, or None} as `serve --help` tells them."""
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    done = subprocess.run([support.BINARY, "serve", "--help"], check=True, capture_output=True, text=True, timeout=60)
    options = " ".join(done.stdout.split("\nOPTIONS:\n")[1].split())
    parts = re.split(r"(?:^| )(--[a-z-]+)(?= <| [A-Z])", options)[1:]
    found = {}
    for name, text in zip(parts[::2], parts[1::2]):
        default = re.search(r"[(;] ?default: (.*?)\)", text)
        found[name] = default[1] if default else None
    return {name: default for name, default in found.items() if name not in ("--version", "--help")}


def same_default(told, shown):
    """Whether a table's cell says what the help says; numbers in any form, words in any words."""
    shown = shown.strip("`")
    number = re.fullmatch(r"([\d,.]+)( [MG]iB| s)?", shown)
    if told and number and re.fullmatch(r"[\d.]+", told):
        # A unit is in the cell, or in the option's description.
        amount = float(number[1].replace(",", ""))
        return float(told) in (amount, amount * {" MiB": 2**20, " GiB": 2**30}.get(number[2], 1))
    return shown == told if told else shown in ("", "none")


def test_optionTable_IsWhatHelpTells():
    section = README.split("\n## Options of")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(--[a-z-]+)[^`]*` \| *([^|]*?) *\|", section, re.M)
    options = option_defaults()
    assert [name for name, _ in rows] == list(options)
    assert [name for name, shown in rows if not same_default(options[name], shown)] == []


def test_limits_NameOptionsThatThereAre():
    rows = re.findall(r"^\| [^|]* \| ([^|]*?) \| `(--[a-z-]+)` \|", LIMITS, re.M)
    options = option_defaults()
    assert len(rows) > 5
    assert [name for shown, name in rows if name not in options or not same_default(options[name], shown)] == []


@pytest.mark.parametrize("expected, output, result", [
    ("a...c", "abc", True), ("a\n...\nd", "a\nb\nc\nd", True), ("abc", "abcd", False), ("[1]", "[1]\n", True)])
def test_wildcards_StandForAnyText(expected, output, result):
    assert agrees(expected, output) is result
