#!/usr/bin/env python3
"""The long form of the crash tests: thousands of killed workers and servers, thousands of power cuts.

Usage: crashes.py [--kills N] [--power-cuts N] [--steps] [--seed SEED] [--folder DIRECTORY]

It prints what it counts, and ends with 1 at the first file that is neither as before nor as after its last request. The
folder stays, with the file, when something is wrong.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import support  # noqa: E402, beside the quick tests
from aftermath import Aftermath, read_by_tools  # noqa: E402
from crash import Crashes  # noqa: E402
from generations import KINDS, Generations  # noqa: E402
from powercut import Recording  # noqa: E402
from steps import Steps  # noqa: E402

# Kills of workers for one of the server, which is started again each time.
WORKERS_A_SERVER = 9
ROUND = 200
# Elements of 4 bytes: more than is kept in memory of what a file grows by, and more than a log vouches for.
LARGE = 3 << 19, 5 << 19


def report(what, tally, began):
    counts = ", ".join(f"{name} {number}" for name, number in sorted(tally.items()))
    print(f"{what}: {counts} ({time.monotonic() - began:.0f} s)", flush=True)


def kill(folder, count, seed):
    """Kills workers and servers in rounds, each with files of its own."""
    tally, began, rounds = Counter(), time.monotonic(), -(-count // ROUND)
    for number in range(rounds):
        place = folder / f"kills-{number}"
        place.mkdir()
        crashes = Crashes(place, list(KINDS), f"{seed} {number}")
        for trial in range(min(ROUND, count - number * ROUND)):
            if trial % (WORKERS_A_SERVER + 1) == WORKERS_A_SERVER:
                crashes.kill_server()
            else:
                crashes.kill_worker(looks=trial % 2 == 0)
        crashes.stop()
        for file in crashes.files:
            read_by_tools(file.path)
        tally += crashes.tally + Counter({"requests acknowledged": crashes.acknowledged()})
        tally["files read by h5dump and h5stat"] += len(crashes.files)
        shutil.rmtree(place)
        report(f"kills, round {number + 1} of {rounds}", tally, began)
    assert tally["replayed"], "nothing was ever recovered"


def step(folder, seed):
    """Kills a worker at every system call of one request, whichever it is, on each kind of file."""
    tally, began = Counter(), time.monotonic()
    for kind in KINDS:
        for empties in (False, True):
            place = folder / f"steps-{kind}-{empties}"
            (place / "served").mkdir(parents=True)
            server = support.Server(place / "served", place / "state", "--workers", 1)
            steps = Steps(server, place, kind, empties)
            for name, count in steps.calls("all").items():
                for when in range(1, count + 1):
                    tally[steps.kill_at(name, when)] += 1
            for name, count in steps.calls().items():
                for when in range(1, count + 1):
                    tally[f"stopped after a change and killed: {steps.stop_after(name, when)}"] += 1
            for what in ("replayed", "unveiled", "cut"):
                tally[what] += server.log().count(f"an interrupted commit was {what}")
            assert server.stop() == 0, server.log()
            shutil.rmtree(place)
        report(f"every system call, {kind}", tally, began)


def cut_power(folder, count, seed):
    """Recovers what power cuts may leave of requests to each kind of file."""
    tally, began, rnd = Counter(), time.monotonic(), random.Random(f"{seed} power")
    (folder / "power").mkdir()
    server = support.Server(folder / "power", folder / "state", "--workers", 1)
    for number, kind in enumerate(KINDS):
        states = count // len(KINDS) + (number < count % len(KINDS))
        aftermath = Aftermath(server, rnd)
        file = Generations(server.root, f"{kind}.h5", kind, seed, replaces=False)
        recording = Recording(file.first, file.now)
        for part in range(3):
            recording.record(server, file, 15, folder / "trace")
            recording.record(server, file, 1, folder / "trace", file.overwrite)
        aftermath.check(recording.states(rnd, states * 9 // 10))
        aftermath.check(recording.halves(rnd))
        file = Generations(server.root, f"{kind}-large.h5", kind, seed, replaces=False)
        recording = Recording(file.first, file.now)
        recording.record(server, file, 2, folder / "trace")
        for elements in LARGE:
            recording.record(server, file, 1, folder / "trace", lambda: file.make_room(elements))
            recording.record(server, file, 1, folder / "trace", lambda: file.fill_room(elements))
        recording.record(server, file, 2, folder / "trace")
        recording.record(server, file, 1, folder / "trace", file.empty)
        recording.record(server, file, 2, folder / "trace", file.make_group)
        aftermath.check(recording.states(rnd, states - states * 9 // 10))
        tally += aftermath.tally
        report(f"power cuts, {kind}", tally, began)
    assert server.stop() == 0, server.log()


def main():
    parser = argparse.ArgumentParser(description="The long form of the crash tests.")
    parser.add_argument("--kills", type=int, default=10_000, help="of workers, every tenth of the server")
    parser.add_argument("--power-cuts", type=int, default=5_000, help="states of disks")
    parser.add_argument("--steps", action="store_true", help="kill at every system call of a request as well")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the files are; a temporary one is removed in the end")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lockedh5-crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, files under {folder}", flush=True)
    if options.steps:
        step(folder, options.seed)
    if options.power_cuts:
        cut_power(folder, options.power_cuts, options.seed)
    if options.kills:
        kill(folder, options.kills, options.seed)
    if not options.folder:
        shutil.rmtree(folder)
    print("0 wrong")


if __name__ == "__main__":
    main()
