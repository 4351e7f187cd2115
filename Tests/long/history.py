#!/usr/bin/env python3
"""The long form of the history test: 16 clients at a few files, for minutes, in rounds with fresh files.

Usage: history.py [--operations N] [--seconds N] [--seed SEED] [--folder DIRECTORY]

It goes on until both so many operations have been done and so much time has passed, and prints what it counts. It ends
with 1 at the first history that no order explains; the folder then stays, with the files and all clients' notes.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from chaos import Chaos, report  # noqa: E402, beside the quick test

ROUND = 25_000


def play(folder, seed, most):
    """One round; what it counted, and whether it was right."""
    folder.mkdir()
    chaos, end = Chaos(folder, seed), time.monotonic() + 600
    chaos.run(lambda chaos: len(chaos.noted()) >= most or time.monotonic() > end)
    operations = chaos.history()
    print(report(operations, chaos.tally), flush=True)
    began = time.monotonic()
    wrong = chaos.violations()
    print(f"  {len(wrong)} violations, found in {time.monotonic() - began:.1f} s", flush=True)
    for what in wrong[:5]:
        print(what, flush=True)
    return operations, chaos.tally, wrong


def main():
    parser = argparse.ArgumentParser(description="The long form of the history test.")
    parser.add_argument("--operations", type=int, default=100_000, help="how many at least")
    parser.add_argument("--seconds", type=float, default=0, help="for how long at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the files are; a temporary one is removed in the end")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lockedh5-history-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, files under {folder}", flush=True)
    every, tally, began, number = Counter(), Counter(), time.monotonic(), 0
    while every.total() < options.operations or time.monotonic() - began < options.seconds:
        place = folder / f"round-{number}"
        most = max(min(ROUND, options.operations - every.total()), 5_000)
        operations, befallen, wrong = play(place, f"{options.seed} {number}", most)
        if wrong:
            sys.exit(1)
        every.update((operation.kind, operation.outcome) for operation in operations)
        tally += befallen
        shutil.rmtree(place)
        number += 1
    print(f"{number} rounds, {time.monotonic() - began:.0f} s; 0 violations")
    print(report(every, tally))
    if not options.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
