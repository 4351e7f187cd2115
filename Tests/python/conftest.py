"""Fixtures: a server for the whole session on the case files, and a factory of servers."""

import os
import shutil

import pytest

import cases
import support
import trees
from foreign import Foreign


SERVERS = {"server", "start_server", "bad_server", "tiny_server", "big_server", "write_server", "running"}


def pytest_collection_modifyitems(items):
    """Without a binary the tests that need one are skipped, so that the rest can run."""
    if not os.access(support.BINARY, os.X_OK):
        for item in items:
            if SERVERS & set(item.fixturenames):
                item.add_marker(pytest.mark.skip(reason=f"{support.BINARY} has not been built"))


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """A directory with all case files; tests that use it only read."""
    directory = tmp_path_factory.mktemp("root")
    cases.make_all(directory)
    trees.make_all(directory)
    return directory


@pytest.fixture(scope="session")
def server(root, tmp_path_factory):
    """The server that most tests share."""
    running = support.Server(root, tmp_path_factory.mktemp("state") / "state", "--workers", 2)
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture(scope="module")
def write_server(root, tmp_path_factory):
    """A server on copies of the case files, which the tests of one module may change."""
    folder = tmp_path_factory.mktemp("writable")
    for path in root.glob("*.h5"):
        if not path.name.startswith("many"):
            shutil.copy(path, folder)
    running = support.Server(folder, tmp_path_factory.mktemp("state") / "state", "--workers", 2)
    yield running
    assert running.stop() == 0, running.log()


@pytest.fixture
def start_server(tmp_path):
    """Starts servers that end with the test: `start_server(root, *options)`."""
    running = []

    def start(root, *options, **keywords):
        running.append(support.Server(root, tmp_path / f".state{len(running)}", *options, **keywords))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def foreign():
    """Another process with h5py."""
    process = Foreign()
    yield process
    process.end()
