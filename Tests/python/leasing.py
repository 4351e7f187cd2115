"""Leases as the tests take them."""

import os
from datetime import datetime, timezone

import pytest

from cases import create
from support import Server, check_error

X = "/v1/values/data.h5/x"
LOCKS = "/v1/locks/data.h5"


@pytest.fixture
def folder(tmp_path):
    """A root with two small files."""
    root = tmp_path / "served"
    root.mkdir()
    make_files(root)
    return root


def make_files(root):
    """Two files, in the place of those that another test has left."""
    for name in ("data.h5", "other.h5"):
        with create(root / f".{name}", "earliest") as file:
            file["x"] = 0
        os.replace(root / f".{name}", root / name)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server for the tests of one module."""
    server = Server(tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("state") / "state", "--workers", 2)
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture
def server(running):
    """The module's server, with files of this test's own and nothing else."""
    for path in running.root.iterdir():
        path.unlink()
    make_files(running.root)
    return running


def take(server, body=None, name="data.h5", **headers):
    """The JSON of a lease that is given at once."""
    answer = server.send("POST", f"/v1/locks/{name}", body or {}, **{"prefer": "wait=0", **headers})
    assert answer.status_code == 201, answer.text
    return answer.json()


def place(lease):
    return f"/v1/locks/{lease['file']}/{lease['token']}"


def release(server, lease):
    answer = server.delete(place(lease))
    assert (answer.status_code, answer.content) == (204, b"")


def seconds_left(lease):
    """Until a lease ends, by its JSON."""
    return (datetime.fromisoformat(lease["expires"]) - datetime.now(timezone.utc)).total_seconds()


def check_kept_out(server, foreign, name="data.h5", is_shared=False):
    """What others may do beside a lease."""
    path, target = server.root / name, f"/v1/values/{name}/x"
    got = server.get(target, prefer="wait=0")
    if is_shared:
        assert got.status_code == 200
        assert foreign.open(path, "r") == foreign.close() == "ok"
    else:
        check_error(server, got, "locked", name)
        assert foreign.open(path, "r") == "refused"
    check_error(server, server.put(target, 9, prefer="wait=0"), "locked", name)
    assert foreign.open(path, "r+") == "refused"


def check_free(server, foreign, name="data.h5"):
    """Nobody has the file, once those who had it have let go."""
    assert server.put(f"/v1/values/{name}/x", 77, prefer="wait=5").status_code == 204
    assert foreign.open(server.root / name, "r+") == foreign.close() == "ok"


def listing(server, name="data.h5"):
    return server.json(f"/v1/locks/{name}")
