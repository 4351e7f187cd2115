#!/usr/bin/env python3
"""The long form of the differential test: random sequences of operations, done by h5py, the server and the library.

Usage: differential.py [--sequences N] [--operations N] [--seed SEED] [--jobs N] [--folder DIRECTORY]

It prints each sequence after which the files differ, whose files and operations stay in the folder, and ends with 1 if
there was one. Each job has a server of its own. Where h5py fails to copy, another sequence takes the place.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import support  # noqa: E402, beside the quick test
from appliers import Disagreement, Locally  # noqa: E402
from differential import H5pyFails  # noqa: E402
from trials import play  # noqa: E402


class Job:
    """A part of the sequences: every n-th."""

    def __init__(self, options, number):
        self.options, self.folder = options, options.folder / f"{number}"
        (self.folder / "served").mkdir(parents=True, exist_ok=True)
        self.seeds = range(options.seed + number, sys.maxsize, options.jobs)
        self.count = len(range(number, options.sequences, options.jobs))
        self.done, self.wrong, self.abandoned = Counter(), 0, 0

    def run(self):
        """Plays the sequences; self."""
        server = support.Server(
            self.folder / "served", self.folder / "state", "--workers", 1, "--durability", "process")
        library, seeds = Locally(), iter(self.seeds)
        while self.count:
            self.play(next(seeds), server, library)
        assert library.end() == 0 and server.stop() == 0, server.log()
        return self

    def play(self, seed, server, library):
        try:
            operations = play(seed, self.options.operations, self.folder, server, library)
        except H5pyFails as error:
            print(f"seed {seed}: h5py fails: {error}"[:300], flush=True)
            self.abandoned += 1
            return
        except Disagreement as error:
            print(error, flush=True)
            self.wrong += 1
        else:
            self.done.update(
                operation["op"] + (" refused" if "refused" in operation else "") for operation in operations)
        self.count -= 1


def told(job):
    """What a job found, as another process gets it."""
    found = job.run()
    return found.done, found.wrong, found.abandoned


def main():
    parser = argparse.ArgumentParser(description="The long form of the differential test.")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--operations", type=int, default=25, help="in each sequence")
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence")
    parser.add_argument("--jobs", type=int, default=1, help="how many sequences are played at once")
    parser.add_argument("--folder", type=Path, help="where the files are; a temporary one by default")
    options = parser.parse_args()
    options.folder = Path(options.folder or tempfile.mkdtemp(prefix="lockedh5-differential-"))
    print(f"files under {options.folder}", flush=True)
    began = time.monotonic()
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("fork")) as pool:
        found = list(pool.map(told, [Job(options, number) for number in range(options.jobs)]))
    done, wrong, abandoned = sum((one[0] for one in found), Counter()), sum(o[1] for o in found), sum(o[2] for o in found)
    print(f"{options.sequences} sequences, {time.monotonic() - began:.0f} s; {wrong} differ; {abandoned} others abandoned")
    print(", ".join(f"{count} {what}" for what, count in done.most_common()))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
