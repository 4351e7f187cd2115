"""A program beside the server that writes to one of its files with plain h5py: contender.py FILE SECONDS.

Every 20 ms it wants to write a row, and tries until h5py opens the file. Says "ready", and at the end what it has done
as one line of JSON.
"""

import json
import sys
import time

import data
import h5py
import numpy as np


def write(path: str, number: int) -> bool:
    """False where the file is in use."""
    start = number % data.ROWS * data.LENGTH
    try:
        with h5py.File(path, "r+") as file:
            file["values"][start:start + data.LENGTH] = np.full(data.LENGTH, float(number))
        return True
    except BlockingIOError:
        return False


def main(path: str, seconds: float) -> None:
    print("ready", flush=True)
    begin = asked = time.monotonic()
    writes, longest = 0, 0.0
    while time.monotonic() < begin + seconds:
        written = write(path, writes)
        longest = max(longest, time.monotonic() - asked)
        if written:
            writes += 1
        time.sleep(0.02 if written else 0.001)
        if written:
            asked = time.monotonic()
    print(json.dumps({"rate": writes / (time.monotonic() - begin), "longest": longest}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
