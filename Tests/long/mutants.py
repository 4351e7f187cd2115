#!/usr/bin/env python3
"""The long form of the test of damaged files: mutants of HDF5's own test files, and of the tests' own, read completely.

Usage: mutants.py [--mutants N] [--seed SEED] [--folder DIRECTORY]

It ends with 1 at the first answer that is none of the documented ones, at a dropped connection, and where another file is
not served as ever. What ends a worker is printed, with the file that is left in the folder.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import mutants  # noqa: E402, beside the quick test
import support  # noqa: E402
from cases import create  # noqa: E402
from curious import Curious  # noqa: E402
from test_tool_mutants import sources  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="The long form of the test of damaged files.")
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where the files are; a temporary one by default")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lockedh5-mutants-"))
    root = folder / "served"
    root.mkdir(parents=True)
    print(f"files under {folder}", flush=True)
    with create(root / "good.h5", "earliest") as file:
        file["x"] = 1
    names = mutants.write_mutants_of(sources(), root, options.mutants, options.seed)
    server = support.Server(root, folder / "state", "--workers", 2, "--request-timeout", 2)
    curious, began = Curious(server), time.monotonic()
    for name in names:
        curious.read(name)
        assert server.json("/v1/values/good.h5/x") == 1, name
    assert server.get("/healthz").status_code == 200 and server.stop() == 0, server.log()
    print(f"{len(names)} mutants, {sum(curious.counts.values())} requests, {time.monotonic() - began:.0f} s")
    print(", ".join(f"{count} {what}" for what, count in curious.counts.most_common()))
    for name, target in sorted(curious.failed.items()):
        print(f"{name} of {names[name].name} ends a worker: GET {target}")


if __name__ == "__main__":
    main()
