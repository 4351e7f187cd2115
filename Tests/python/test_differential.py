"""Random sequences of operations leave the same file, whether h5py does them, the server, or the library."""

import os

import pytest

import support
from appliers import DRIVER, Locally
from differential import H5pyFails
from trials import play

# The long form is Tests/long/differential.py.
SEQUENCES, OPERATIONS, PARTS = 60, 25, 6
SEED = int(os.environ.get("LOCKEDH5_SEED", "0"))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server for all sequences."""
    folder = tmp_path_factory.mktemp("differential")
    root = folder / "served"
    root.mkdir()
    server = support.Server(root, folder / "state", "--workers", 1, "--durability", "process")
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="module")
def library():
    """The process that uses the library."""
    if not os.access(DRIVER, os.X_OK):
        pytest.skip(f"{DRIVER} has not been built")
    process = Locally()
    yield process
    assert process.end() == 0


@pytest.mark.parametrize("part", range(PARTS))
def test_random_operations_leave_what_h5py_leaves(running, library, tmp_path, part):
    done = set()
    for number in range(part, SEQUENCES, PARTS):
        try:
            operations = play(SEED + number, OPERATIONS, tmp_path, running, library)
        except H5pyFails:
            continue
        done |= {(operation["op"], bool(operation.get("refused"))) for operation in operations}
    assert len(done) >= 24, done
