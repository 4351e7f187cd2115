"""Commands on a server over lines that break: what may be sent again is, and what is not known is said."""

import json
import os

import h5py
import pytest

import support
from commands import make_files, run
from dropping import Proxy

READS = (("ls", "-l", "@all.h5"), ("ls", "@"), ("info", "@all.h5/entry/counts"), ("ls", "--json", "@all.h5/entry"))


@pytest.fixture
def served(tmp_path, start_server):
    """A directory with files, and its server."""
    if not os.access(support.BINARY, os.X_OK):
        pytest.skip(f"{support.BINARY} has not been built")
    folder = tmp_path / "served"
    folder.mkdir()
    make_files(folder)
    return folder, start_server(folder)


def at(url, arguments):
    return [f"{url}/{one[1:]}" if one.startswith("@") else one for one in arguments]


def test_reads_AreDoneAgain_WhereALineBreaks(served):
    _, server = served
    whole = [run(*at(server.url, command)).stdout.replace(server.url, "") for command in READS]
    assert all(whole)
    given_up = 0
    with Proxy(server.port, 3, 8_000) as line:
        for _ in range(4):
            for command, text in zip(READS, whole):
                done = run(*at(line.url, command))
                if done.returncode == 0:
                    assert done.stdout.replace(line.url, "") == text
                else:
                    # Four attempts can all be cut off.
                    assert done.returncode == 9 and "no answer" in done.stderr, (command, done.stderr)
                    given_up += 1
        # Some commands were cut off, and have made a connection more.
        assert line.cuts > 3 and given_up <= 1


@pytest.mark.parametrize("command", (("cat", "@all.h5/entry/counts"), ("tree", "--json", "@all.h5")))
def test_streams_ThatBreakOff_AreAnError(served, command):
    """What is written already is not written again."""
    _, server = served
    whole = run(*at(server.url, command)).stdout
    told = {0: 0, 9: 0}
    with Proxy(server.port, 3, 2_000) as line:
        for _ in range(12):
            done = run(*at(line.url, command))
            told[done.returncode] += 1
            text = done.stdout.replace(line.url, server.url)
            assert text == whole or done.returncode == 9 and whole.startswith(text)
            assert done.returncode == 0 or "broke off" in done.stderr or "no answer" in done.stderr, done.stderr
    assert all(told.values())


def test_writes_AreDoneOnce_WhereALineBreaks(served):
    folder, server = served
    unknown = 0
    with Proxy(server.port, 5, 2_500) as line:
        for number in range(15):
            done = run("set", f"{line.url}/all.h5/entry/counts", "--select", "0,0", str(number))
            with h5py.File(folder / "all.h5", locking=False) as file:
                now = file["entry/counts"][0, 0]
            if done.returncode == 0:
                assert now == number
            else:
                assert done.returncode == 9 and done.stderr.count("\n") == 1, done.stderr
                assert "the change may have been made, or not" in done.stderr or "no answer" in done.stderr
                unknown += 1
        assert line.cuts > 3 and unknown < 8


def test_command_WhereNobodyListens_SaysSo(served):
    _, server = served
    server.stop()
    done = run("ls", f"{server.url}/all.h5")
    assert done.returncode == 9 and "no answer" in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_new_IsMadeOnce_OrSaidNotToBeKnown(served):
    """`--create` refuses what is there: an answer that was lost must not make that a mistake of the user."""
    folder, server = served
    told = {0: 0, 9: 0}
    with Proxy(server.port, 7, 1_500) as line:
        for number in range(15):
            done = run("set", "--create", f"{line.url}/all.h5/new{number}", json.dumps([number, 1]))
            assert done.returncode in told, done.stderr
            told[done.returncode] += 1
            with h5py.File(folder / "all.h5", locking=False) as file:
                if done.returncode == 0:
                    assert file[f"new{number}"][0] == number
        assert line.cuts > 3 and told[0] > 7
