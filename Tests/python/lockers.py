"""Clients that run commands under `lockedh5 lock`: our own client takes, renews and releases the lock."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import exchange
import support
from exchange import Broken
from history import COUNT, FAILED, OK, UNKNOWN, Operation

ERRAND = Path(__file__).with_name("errand.py")
# What a lease may last, in seconds; and for how long a command may rest, longer than some leases.
TTLS, LONGEST_REST = (1, 1, 2), 1.6
# How often a command rests; is killed; lockedh5 is killed; it is stopped.
RESTING, DYING, KILLING, STOPPING = 0.25, 0.08, 0.06, 0.12
# Exit statuses: of lockedh5 that was not given the lock, that has failed before, that has lost the lease.
REFUSED, NOT_STARTED, LOST = 75, 1, 125
# Of an errand that was done, that was given up, that the alarm has killed.
ENDED = (0, 3, 128 + signal.SIGALRM)


class Outcome:
    """How a command has ended, and what it has told of itself."""

    def __init__(self, status, output, errors):
        self.status, self.errors = status, errors
        lines = [json.loads(line) for line in output.splitlines(True) if line.endswith("\n")]
        self.has_begun = bool(lines)
        self.token = lines[0]["token"] if lines else None
        # Each is told twice, but for one that the command did not survive.
        told = [Operation(**line) for line in lines if "begin" in line]
        self.operations = told[1::2] + told[len(told) // 2 * 2:]
        self.stamps = [line["time"] if "time" in line else line["begin"] for line in lines]

    def is_lost(self):
        return any("lease_lost" in operation.told for operation in self.operations)

    def __str__(self):
        return f"exit status {self.status} {self.errors}".strip()


class Holder:
    """What those with a URL and those with a path have in common."""

    def __init__(self, client):
        self.client, self.random = client, client.random

    def kinds(self):
        return {self.exclusive: 3, self.shared: 1}

    def cell(self):
        return self.random.choice(exchange.ALONE)

    def rests(self):
        """As a rule none."""
        return [("rest", self.random.random() * LONGEST_REST)] if self.random.random() < RESTING else []

    def lock(self, operation, subject, works, *options, life=0, fate=None):
        """Runs an errand; `operation` is the lock that it is run under."""
        plan = {"client": self.client.number, "file": operation.file, "mode": operation.mode, "life": life,
                "wait": self.random.choice((0, 1, 5, 20)), "works": works}
        if operation.mode == "shared":
            options = "--shared", *options
        command = [support.BINARY, "lock", "--wait", self.random.choice((0, 1, 5, 20)), "-E", REFUSED, *options,
                   subject, "--", sys.executable, *self.switches, "-B", ERRAND, json.dumps(plan)]
        operation.begin = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        output, errors = self.befall(process, fate)
        return Outcome(process.returncode, output, errors)

    def befall(self, process, fate):
        """Lets a process end, which is killed or stopped before if that is its fate; its output."""
        if fate:
            try:
                return process.communicate(timeout=self.random.random())
            except subprocess.TimeoutExpired:
                process.send_signal(fate)
        if fate == signal.SIGSTOP:
            time.sleep(self.random.random() * LONGEST_REST)
            process.send_signal(signal.SIGCONT)
        # To the end of the command, which holds the pipe.
        return process.communicate()

    def note(self, operation, outcome, is_kept):
        """Notes the lock, what was done under it, and its end; it was held from the command's beginning on."""
        operation.told, operation.outcome = str(outcome), FAILED
        operation.end = outcome.stamps[0] if outcome.has_begun else time.monotonic()
        if outcome.has_begun:
            operation.outcome = OK if is_kept else UNKNOWN
            operation.lease = outcome.token or f"path {operation.client} {operation.begin}"
        self.client.note(operation)
        for part in outcome.operations:
            part.lease = operation.lease
            self.client.note(part)
        if outcome.has_begun:
            last = outcome.stamps[-1]
            self.client.note(Operation(operation.client, "release", operation.file, last, last, operation.outcome,
                                       lease=operation.lease, mode=operation.mode))
        else:
            self.client.pause()

    def check(self, outcome, allowed):
        """The status is one of those that the manual tells."""
        if outcome.has_begun:
            is_right = outcome.status in allowed
        elif outcome.status in (REFUSED, NOT_STARTED):
            is_right = outcome.errors.startswith("lockedh5: ")
        else:
            is_right = outcome.status in allowed and outcome.status not in ENDED
        if not is_right:
            raise Broken(f"{outcome} after {list(map(str, outcome.operations))}")


class Borrower(Holder):
    """Takes leases, by a URL, and has its commands send requests under them."""

    switches = ("-S",)

    def exclusive(self, name):
        works = []
        for _ in range(self.random.randrange(1, 4)):
            works += [*self.rests(), ("get", self.cell())] if self.random.random() < 0.4 else self.rests()
            if self.random.random() < 0.5:
                works.append(("sum", self.random.randrange(1, 1 << 36)))
            else:
                works.append(("put", self.cell(), self.client.number_of_its_own()))
        self.borrow(name, "exclusive", works)

    def shared(self, name):
        works = [("get", self.random.choice((*exchange.ALONE, COUNT))) for _ in range(self.random.randrange(1, 5))]
        works[1:1] = self.rests()
        if self.random.random() < 0.2:
            # Is refused.
            works.append(("put", self.cell(), self.client.number_of_its_own()))
        self.borrow(name, "shared", works)

    def borrow(self, name, mode, works):
        operation = Operation(self.client.number, "lock URL", name, mode=mode, ttl=self.random.choice(TTLS))
        host, port = self.client.address()
        dice, life, fate = self.random.random(), 0, None
        if dice < DYING:
            life = 0.001 + self.random.random() * 0.03
        elif dice < DYING + KILLING:
            fate = signal.SIGKILL
        elif dice < DYING + KILLING + STOPPING:
            fate = signal.SIGSTOP
        url = f"http://{host}:{port}/v1/files/{name}"
        outcome = self.lock(operation, url, works, "--ttl", operation.ttl, life=life, fate=fate)
        self.note(operation, outcome, is_kept=outcome.status in ENDED)
        self.check(outcome, (*ENDED, LOST, -(fate or 0)))
        if outcome.is_lost() and outcome.status in ENDED:
            raise Broken(f"the lease was lost, and that was not told: {outcome}")


class Locker(Holder):
    """Takes the lock of a file beside the server, by its path, and has its commands use h5py."""

    switches = ()

    def exclusive(self, name):
        some = self.random.sample(exchange.ALONE, self.random.randrange(len(exchange.ALONE) + 1))
        added = self.random.randrange(1, 1 << 36) if not some or self.random.random() < 0.5 else 0
        self.take(name, "exclusive", [("change", dict.fromkeys(some, self.client.number_of_its_own()), added)])

    def shared(self, name):
        self.take(name, "shared", [("read",), *self.rests(), ("read",)])

    def take(self, name, mode, works):
        """The lock outlives a `lockedh5` that is killed, since the command has the descriptor."""
        operation = Operation(self.client.number, "lock PATH", name, mode=mode)
        dice = self.random.random()
        fate = signal.SIGKILL if dice < KILLING else signal.SIGSTOP if dice < KILLING + STOPPING else None
        outcome = self.lock(operation, self.client.folder / "served" / name, works, fate=fate)
        self.note(operation, outcome, is_kept=True)
        self.check(outcome, (0, 3, -(fate or 0)))
