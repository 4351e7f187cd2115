#!/usr/bin/env python3
"""The long form of the differential test: random sequences of operations, done by h5py, the server and the library.

Usage: differential.py [--sequences N] [--operations N] [--seed SEED] [--folder DIRECTORY]

It prints each sequence after which the files differ, whose files and operations stay in the folder, and ends with 1 if
there was one.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import support  # noqa: E402, beside the quick test
from appliers import Disagreement, Locally  # noqa: E402
from trials import play  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="The long form of the differential test.")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--operations", type=int, default=25, help="in each sequence")
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence")
    parser.add_argument("--folder", type=Path, help="where the files are; a temporary one by default")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lockedh5-differential-"))
    (folder / "served").mkdir(parents=True, exist_ok=True)
    print(f"files under {folder}", flush=True)
    server = support.Server(folder / "served", folder / "state", "--workers", 1, "--durability", "process")
    library, done, wrong, began = Locally(), Counter(), 0, time.monotonic()
    for seed in range(options.seed, options.seed + options.sequences):
        try:
            operations = play(seed, options.operations, folder, server, library)
        except Disagreement as error:
            print(error, flush=True)
            wrong += 1
            continue
        done.update(operation["op"] + (" refused" if "refused" in operation else "") for operation in operations)
    assert library.end() == 0 and server.stop() == 0, server.log()
    print(f"{options.sequences} sequences, {time.monotonic() - began:.0f} s; {wrong} differ")
    print(", ".join(f"{count} {what}" for what, count in done.most_common()))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
