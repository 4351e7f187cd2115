"""What `lockedh5 lock` runs for the history test: it uses the locked file, and tells each operation twice.

As a program: errand.py PLAN. Where there is a token it sends requests under that lease, else it opens the file with
h5py. On its output it writes when it has begun, each operation before it is done and after, and when it has ended.
"""

import json
import os
import signal
import sys
import time
from urllib.parse import urlsplit

import exchange
from history import COUNT, FAILED, OK, Operation

# The exit status after an operation that was not done, or of which it is not known.
GAVE_UP = 3


class Errand:
    """A list of works with the locked file; a work is its name and what it needs to know."""

    def __init__(self, client, file, mode, wait):
        self.client, self.file, self.mode, self.wait = client, file, mode, wait
        self.lease = os.environ.get("LOCKEDH5_TOKEN")
        url = urlsplit(os.environ.get("LOCKEDH5_URL", ""))
        self.line = exchange.Line(lambda: (url.hostname, url.port))

    def run(self, works):
        say({"token": self.lease, "time": time.monotonic()})
        is_done = all(getattr(self, name)(*arguments) for name, *arguments in works)
        say({"time": time.monotonic()})
        return 0 if is_done else GAVE_UP

    def operation(self, kind, **fields):
        return Operation(self.client, f"command {kind}", self.file, time.monotonic(), lease=self.lease, mode=self.mode,
                         **fields)

    def rest(self, seconds):
        time.sleep(seconds)
        return True

    # By requests under a lease

    def ask(self, operation, method, cell, body=b"", media="application/json"):
        say(vars(operation))
        fields = {"Lock-Token": self.lease, "Prefer": f"wait={self.wait}", "Accept": media, "Content-Type": media}
        return exchange.carry_out(
            operation, self.line.ask, method, exchange.target(self.file, cell), body, fields)

    def get(self, cell):
        """The number in a cell; None if it could not be read."""
        operation = self.operation("get")
        answer = self.ask(operation, "GET", cell, media=exchange.media(cell))
        if operation.outcome == OK:
            operation.sees = {cell: exchange.decoded(cell, answer.body)}
        say(vars(operation))
        return operation.sees.get(cell)

    def put(self, cell, value, kind="put"):
        operation = self.operation(kind, makes={cell: value})
        self.ask(operation, "PUT", cell, *exchange.encoded(cell, value))
        say(vars(operation))
        return operation.outcome == OK

    def sum(self, value):
        """Adds to the count, by a read and a write."""
        found = self.get(COUNT)
        return bool(found) and self.put(COUNT, found[0] + value, "sum")

    # By h5py

    def read(self):
        return bool(self.use("r", lambda file, operation: None))

    def change(self, makes, value):
        """Reads the file, closes it, and writes what has come of that; nobody has changed it meanwhile."""
        if not (found := self.use("r", lambda file, operation: None)):
            return False
        if value:
            makes[COUNT] = found[COUNT][0] + value
        return bool(self.use("r+", self.write, makes=makes))

    def use(self, mode, work, **fields):
        """Opens the file and closes it; what was in it, None if it was not recovered yet."""
        import h5py

        import cells
        operation = self.operation(f"h5py {mode}", **fields)
        say(vars(operation))
        try:
            file = h5py.File(os.environ["LOCKEDH5_FILE"], mode)
        except OSError as error:
            if isinstance(error, BlockingIOError) or "superblock version" not in str(error):
                raise
            operation.outcome, operation.told = FAILED, type(error).__name__
        else:
            with file:
                operation.sees = cells.read(file)
                work(file, operation)
            operation.outcome = OK
        operation.end = time.monotonic()
        say(vars(operation))
        return operation.sees

    def write(self, file, operation):
        import cells
        cells.write(file, operation.makes)


def say(what):
    """Whole lines, so that a process that is killed has told all that it has begun."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main():
    plan = json.loads(sys.argv[1])
    if plan["life"]:
        # Kills this process, as nobody takes care of the signal.
        signal.setitimer(signal.ITIMER_REAL, plan["life"])
    errand = Errand(plan["client"], plan["file"], plan["mode"], plan["wait"])
    sys.exit(errand.run(plan["works"]))


if __name__ == "__main__":
    main()
