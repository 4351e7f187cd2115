"""16 clients at a few files, while workers and the server are killed and clients stopped: nothing is lost or stale."""

import os
import time

import pytest

from chaos import Chaos, report
from history import OK

SECONDS, AT_MOST = 25, 120
KINDS = {"get", "put", "update", "add", "compare", "snapshot", "replace", "batch", "lease", "h5py r", "h5py r+",
         "lock URL", "command get", "command put", "command sum", "lock PATH", "command h5py r+"}
FAULTS = {"workers killed", "workers stopped", "zygotes killed", "clients paused", "servers killed"}


def is_enough(chaos):
    """Whether everything has been done with success, and everything has happened."""
    done = {operation.kind for operation in chaos.noted() if operation.outcome == OK}
    return done >= KINDS and set(chaos.tally) >= FAULTS


@pytest.mark.timeout(300)
def test_history_has_an_order(tmp_path):
    seed = os.environ.get("LOCKEDH5_SEED") or str(time.time_ns())
    print(f"seed {seed}, files under {tmp_path}")
    chaos, began = Chaos(tmp_path, seed), time.monotonic()

    def is_over(chaos):
        passed = time.monotonic() - began
        return passed > AT_MOST or passed > SECONDS and is_enough(chaos)

    chaos.run(is_over)
    operations = chaos.history()
    print(report(operations, chaos.tally))
    assert chaos.violations() == []
    assert is_enough(chaos) and len(operations) > 1000
