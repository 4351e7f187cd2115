"""Damaged copies of HDF5's own test files: every answer is a documented one, and other files are served as ever.

The long form is Tests/long/mutants.py.
"""

import time

import pytest

import mutants
from cases import create
from curious import Curious
from tool_files import NotAvailable, fetch

MUTANTS, SEED, SECONDS = 60, 7, 25
# Larger files make no better mutants.
LARGEST = 200_000


def sources():
    """The files of which there are mutants."""
    return [path for path in sorted(fetch().rglob("*.h5")) if 100 < path.stat().st_size < LARGEST]


def test_damaged_tool_files_get_clean_answers_and_harm_nobody_else(start_server, tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with create(root / "good.h5", "earliest") as file:
        file["x"] = 1
    try:
        names = mutants.write_mutants_of(sources(), root, MUTANTS, SEED)
    except NotAvailable as error:
        pytest.skip(f"HDF5's sources of Debian 12 are not to be had: {error}")
    server = start_server(root, "--workers", 2, "--request-timeout", 2)
    curious, end = Curious(server), time.monotonic() + SECONDS
    for name in names:
        curious.read(name)
        assert server.json("/v1/values/good.h5/x") == 1
        if time.monotonic() > end:
            break
    failed = sum(curious.counts[outcome] for outcome in ("worker_failed", "unavailable", "timeout", "cut"))
    assert failed <= sum(curious.counts.values()) / 10, (curious.counts, curious.failed)
    assert curious.counts["200"] > 100 and curious.counts["damaged"] > 5, curious.counts
    assert server.get("/healthz").status_code == 200
