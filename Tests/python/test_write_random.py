"""A file that random valid requests have made equals the one that h5py makes of the same operations."""

import os
import random
import subprocess

import pytest

from support import eventually
from test_locks import lock_is_free
from twins import Twins
from written import contents

# The full form: LOCKEDH5_RANDOM_OPERATIONS=10000.
OPERATIONS = int(os.environ.get("LOCKEDH5_RANDOM_OPERATIONS", "1500"))
SEEDS = [int(seed) for seed in os.environ.get("LOCKEDH5_RANDOM_SEEDS", "1,2,3").split(",")]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(60 + OPERATIONS // 5)
def test_random_requests_make_the_file_that_h5py_makes(start_server, tmp_path, seed):
    root = tmp_path / "served"
    root.mkdir()
    server = start_server(root, "--workers", 1)
    twins = Twins(server, "a.h5", tmp_path / "twin.h5", random.Random(seed))
    twins.run(OPERATIONS // len(SEEDS))
    twins.twin.close()
    eventually(lambda: lock_is_free(root / "a.h5"))
    assert len(twins.counts) == 11, twins.counts
    made, expected = contents(root / "a.h5"), contents(tmp_path / "twin.h5")
    assert made.keys() == expected.keys()
    for path, found in expected.items():
        assert made[path] == found, path
    outcome = subprocess.run(
        ["h5diff", "-v", root / "a.h5", tmp_path / "twin.h5"], capture_output=True, text=True, timeout=120)
    assert outcome.returncode == 0, "\n".join(
        line for line in outcome.stdout.splitlines() if " 0 differences" not in line)[-3000:] + outcome.stderr
