"""A crowd of clients, a server that it uses, and what befalls both: then the history of all that was done and told."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import cells
import support
from cases import BOUNDS
from crash import RECOVERIES
from history import COMMANDS, OK, Notes, Operation, violations
from support import eventually
from written import opened

CROWD = Path(__file__).with_name("crowd.py")
FILES = {f"{name}{number}.h5": name for name in BOUNDS for number in range(3)}
# How many clients there are of each sort.
CROWD_OF_16 = {"callers": 10, "borrowers": 2, "lockers": 1, "outsiders": 3}
# How often what happens in one round, and the pause before, in seconds.
FAULTS = {"kill_worker": 6, "stop_worker": 2, "kill_zygote": 1, "pause_clients": 5, "kill_server": 1}
BETWEEN = 0.5
# Of clients: a program must not be stopped between its open and its lock for as long as a replaced file stays locked.
LONGEST_PAUSE = 0.7
# Of workers: longer than some leases.
LONGEST_STOP = 1.5


class Chaos:
    """Runs the crowd; `tally` counts what has befallen it."""

    def __init__(self, folder, seed, numbers=CROWD_OF_16, options=("--workers", 2)):
        self.folder, self.options, self.random = folder, options, random.Random(f"{seed} faults")
        self.root = folder / "served"
        self.root.mkdir()
        for name, bounds in FILES.items():
            cells.make(self.root / name, bounds)
        self.notes = Notes(folder)
        self.tally, self.kills, self.server = Counter(), [], None
        self.start_server()
        command = [sys.executable, "-B", CROWD, folder, seed, json.dumps(numbers), *FILES]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=open(folder / "crowd.log", "wb"), text=True)
        self.clients = json.loads(self.process.stdout.readline())

    def start_server(self):
        self.server = support.Server(self.root, self.folder / "state", *self.options)
        address = self.folder / "address"
        address.with_suffix(".new").write_text(f"{self.server.host} {self.server.port}")
        address.with_suffix(".new").rename(address)

    # What happens

    def run(self, is_over):
        """Lets something happen again and again until it is over."""
        deck = []
        try:
            while not is_over(self):
                if not deck:
                    deck = [name for name, times in FAULTS.items() for _ in range(times)]
                    self.random.shuffle(deck)
                time.sleep(self.random.random() * 2 * BETWEEN)
                getattr(self, deck.pop())()
                assert self.process.poll() is None, (self.folder / "crowd.log").read_text()
        finally:
            self.end()

    def kill_worker(self):
        workers = self.server.workers()
        if not workers:
            return
        with suppress(ProcessLookupError):
            os.kill(self.random.choice(workers), signal.SIGKILL)
            self.tally["workers killed"] += 1

    def stop_worker(self):
        """Long enough, sometimes, for a lease to expire under which it works."""
        if not (workers := self.server.workers()):
            return
        worker = self.random.choice(workers)
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGSTOP)
            time.sleep(self.random.random() * LONGEST_STOP)
            self.tally["workers stopped"] += 1
            os.kill(worker, signal.SIGCONT)

    def kill_zygote(self):
        for pid in self.server.children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.tally["zygotes killed"] += 1

    def pause_clients(self):
        some = self.random.sample(list(self.clients.values()), self.random.randrange(1, 5))
        for pid in some:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(self.random.random() * LONGEST_PAUSE)
        for pid in some:
            os.kill(pid, signal.SIGCONT)
        self.tally["clients paused"] += len(some)

    def kill_server(self):
        self.kills.append(time.monotonic())
        (self.folder / "kills.json").write_text(json.dumps(self.kills))
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.session.close()
        self.server.process.wait(10)
        self.server.process.stdout.close()
        eventually(lambda: not self.server.family(), what="the end of the server's children")
        self.read_log()
        self.start_server()
        self.tally["servers killed"] += 1

    def read_log(self):
        log = self.server.log()
        self.tally["commits recovered"] += log.count(RECOVERIES)
        assert "cannot be recovered" not in log and "fatal" not in log.lower(), log[-4000:]

    # The end

    def end(self):
        """Lets the clients finish, and stops the server."""
        try:
            self.end_clients()
            self.last = [self.look(name) for name in FILES]
            self.read_log()
            self.tally.update(status_told(operation) for operation in self.noted() if operation.kind in COMMANDS)
        finally:
            status = self.server.stop()
        assert status == 0, self.server.log()

    def end_clients(self):
        (self.folder / "over").touch()
        self.signal_clients(signal.SIGCONT)
        try:
            assert self.process.wait(90) == 0, (self.folder / "crowd.log").read_text()
        finally:
            if self.process.poll() is None:
                self.signal_clients(signal.SIGKILL)
            self.process.stdout.close()

    def signal_clients(self, number):
        for pid in self.clients.values():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def look(self, name):
        """What is in a file at last; one that nobody has recovered yet is so by being read."""
        operation = Operation(-1, "last look", name, time.monotonic())
        assert self.server.get(f"/v1/groups/{name}/", prefer="wait=20").status_code == 200
        with opened(self.root / name) as file:
            operation.sees = cells.read(file)
        operation.end, operation.outcome = time.monotonic(), OK
        return operation

    def noted(self):
        """What has been noted so far; the clients' last notes are not on the disk yet."""
        return self.notes.read()

    def history(self):
        return self.noted() + self.last

    def violations(self):
        return violations(self.history(), self.kills)


def status_told(operation):
    """How a `lockedh5 lock` has ended: the first words of what was told of it."""
    return " ".join(operation.told.split()[:3])


def report(operations, tally):
    """What has been done, with which outcome, and what has befallen the crowd, as lines of text."""
    kinds = operations
    if not isinstance(operations, Counter):
        kinds = Counter((operation.kind, operation.outcome) for operation in operations)
    happened = ", ".join(f"{what}: {times}" for what, times in sorted(tally.items()))
    lines = [f"{kinds.total()} operations; {happened}"]
    for kind in sorted({kind for kind, _ in kinds}):
        outcomes = (f"{times} {outcome}" for (one, outcome), times in sorted(kinds.items()) if one == kind)
        lines.append(f"  {kind}: {', '.join(outcomes)}")
    return "\n".join(lines)
