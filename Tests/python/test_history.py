"""16 clients at a few files, while workers and the server are killed and clients stopped: nothing is lost or stale."""

import os
import time

import pytest

from chaos import Chaos, report
from history import OK

SECONDS = 25


@pytest.mark.timeout(240)
def test_history_has_an_order(tmp_path):
    seed = os.environ.get("LOCKEDH5_SEED") or str(time.time_ns())
    print(f"seed {seed}, files under {tmp_path}")
    chaos, end = Chaos(tmp_path, seed), time.monotonic() + SECONDS
    chaos.run(lambda chaos: time.monotonic() > end)
    operations = chaos.history()
    print(report(operations, chaos.tally))
    assert chaos.violations() == []
    done = {operation.kind for operation in operations if operation.outcome == OK}
    assert done >= {
        "get", "put", "update", "add", "compare", "snapshot", "replace", "batch", "lease", "h5py r", "h5py r+"}
    assert chaos.tally["workers killed"] and chaos.tally["servers killed"] and len(operations) > 1000
