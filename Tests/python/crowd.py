"""Clients that use a few files all at once, each a process of its own that can be stopped and killed.

As a program: crowd.py FOLDER SEED NUMBERS FILE..., where NUMBERS tells how many there are of each sort; it tells the
clients' pids, and ends with them. FOLDER/served has the files, FOLDER/address says where the server is, and
FOLDER/over, once it is there, that all is over.
"""

import itertools
import json
import os
import random
import sys
import time
import traceback
from pathlib import Path

import h5py

import cells
import exchange
from history import BROKEN, COUNT, FAILED, OK, Operation
from lockers import Borrower, Locker
from tenants import Tenant

# How long, in seconds, a program leaves the files alone at most, and a caller a server that is not there.
PAUSE = 0.2


class Client:
    """Does one operation after the other until all is over."""

    def __init__(self, number, folder, seed, files):
        self.number, self.folder, self.files = number, folder, files
        self.random = random.Random(f"{seed} {number}")
        self.log = open(folder / f"client-{number}.log", "w", buffering=1 << 14)
        self.numbers = itertools.count(1)
        # What was noted since the last thing that was begun.
        self.recent = []

    def address(self):
        """The server's host and port, wherever it is by now."""
        return (self.folder / "address").read_text().split()

    def number_of_its_own(self):
        return (self.number + 1) * 1_000_000_000 + next(self.numbers)

    def note(self, operation):
        self.log.write(operation.line())
        self.recent.append(operation)

    def pause(self):
        time.sleep(self.random.random() * PAUSE)

    def run(self, kinds):
        works, weights = list(kinds), list(kinds.values())
        while not (self.folder / "over").exists():
            [work] = self.random.choices(works, weights)
            name = self.random.choice(self.files)
            self.recent.clear()
            try:
                work(name)
            except Exception:  # noqa: BLE001, it is the checker's
                now = time.monotonic()
                self.note(Operation(self.number, work.__name__, name, now, now, BROKEN, told=traceback.format_exc()))
        self.log.close()


class Outsider:
    """A program beside the server that uses plain h5py."""

    def __init__(self, client):
        self.client, self.random = client, client.random

    def kinds(self):
        return {self.read: 3, self.change: 2}

    def read(self, name):
        self.use(name, "r", lambda file, operation: None)

    def change(self, name):
        self.use(name, "r+", self.write)

    def use(self, name, mode, work):
        operation = Operation(self.client.number, f"h5py {mode}", name, time.monotonic())
        try:
            file = h5py.File(self.client.folder / "served" / name, mode, locking=True)
        except OSError as error:
            # Locked, or not recovered yet.
            if not isinstance(error, BlockingIOError) and "superblock version" not in str(error):
                raise
            operation.outcome, operation.told = FAILED, type(error).__name__
        else:
            with file:
                operation.sees = cells.read(file)
                work(file, operation)
            operation.outcome = OK
        operation.end = time.monotonic()
        self.client.note(operation)
        self.client.pause()

    def write(self, file, operation):
        some = self.random.sample(exchange.ALONE, self.random.randrange(len(exchange.ALONE) + 1))
        operation.makes = dict.fromkeys(some, self.client.number_of_its_own())
        if not some or self.random.random() < 0.5:
            operation.makes[COUNT] = operation.sees[COUNT][0] + self.random.randrange(1, 1 << 36)
        cells.write(file, operation.makes)


# The sorts of clients: those that speak HTTP, those that run commands under `lockedh5 lock` with a URL and with a path,
# and plain programs. Each has numbers of its own.
SORTS = {"callers": (0, Tenant), "borrowers": (100, Borrower), "lockers": (200, Locker), "outsiders": (300, Outsider)}


def begin(number, sort, folder, seed, files):
    """Makes a client; its pid."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        client = Client(number, folder, seed, files)
        client.run(sort(client).kinds())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def main(folder, seed, numbers, *files):
    pids = {}
    for name, count in json.loads(numbers).items():
        first, sort = SORTS[name]
        for number in range(first, first + count):
            pids[number] = begin(number, sort, Path(folder), seed, files)
    print(json.dumps(pids), flush=True)
    failures = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids.values())
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
