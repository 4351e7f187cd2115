"""What clients have done to files and been told, operation by operation, and whether a file can have been so.

A file is a few cells that each hold one number: a dataset whose elements are all equal, an attribute, a scalar. Every
number that is written is another one, so a number that is read tells who wrote it.
"""

import bisect
import json
import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field

from linearize import COUNT, Step, Undecided, stuck

# A dataset of 32 KiB; one of 96 KiB with chunks and a filter; a scalar; an attribute; a scalar that is added to.
CELLS = ("plain", "packed", "flag", "mark", COUNT)
FIRST = dict.fromkeys(CELLS, 0)
# An operation's outcome. Of one that failed it is certain that nothing was done; a broken one nothing can explain.
OK, FAILED, UNKNOWN, BROKEN = "ok", "failed", "unknown", "broken"
# What runs under `lockedh5 lock`; all ways to get a lease, or a lock as good; what is not done to a file's contents.
COMMANDS = ("lock URL", "lock PATH")
TAKING = ("lease", *COMMANDS)
LOCKING = (*TAKING, "renew", "release")


@dataclass(eq=False)
class Operation:
    """One operation of a client. Times are of the machine's monotonic clock, in seconds."""

    client: int
    kind: str
    file: str
    begin: float = 0.0
    end: float = math.inf
    outcome: str = UNKNOWN
    # The numbers that were found in each cell; several of one cell are a torn read.
    sees: dict = field(default_factory=dict)
    makes: dict = field(default_factory=dict)
    # What it adds, if nobody was told the sum.
    adds: int = 0
    # What it was done on the condition of, and what it was not done because of.
    expects: dict = field(default_factory=dict)
    differs: dict = field(default_factory=dict)
    # The lease it was done under, and that one's mode; how that one was given.
    lease: str | None = None
    mode: str = ""
    ttl: float = 0.0
    fence: int = 0
    told: str = ""

    def line(self):
        return json.dumps(asdict(self)) + "\n"

    def __str__(self):
        hidden = ("told", "client", "kind")
        shown = {name: value for name, value in asdict(self).items() if value and name not in hidden}
        return f"{self.kind} of {self.client}: {shown} {self.told}"


class Notes:
    """The operations that clients note in their logs, read as they grow."""

    def __init__(self, folder):
        self.folder, self.places, self.operations = folder, Counter(), []

    def read(self):
        """All that is there by now; a last line that is not complete yet, or that a kill has cut, is left alone."""
        for path in sorted(self.folder.glob("client-*.log")):
            with open(path, "rb") as log:
                log.seek(self.places[path])
                for line in log:
                    if line.endswith(b"\n"):
                        self.operations.append(Operation(**json.loads(line)))
                        self.places[path] += len(line)
        return self.operations


def violations(operations, kills=()):
    """All that is wrong with a history, in words; `kills` tells when the server was killed, which ends all leases."""
    found, files = [], defaultdict(list)
    for operation in sorted(operations, key=lambda operation: operation.begin):
        files[operation.file].append(operation)
    for name, some in sorted(files.items()):
        wrong = broken(some) + torn(some) + invented(some) + exclusion(some, sorted(kills)) + fences(some)
        # What is wrong already has no order.
        found += [f"{name}: {what}" for what in wrong or disorder(some)]
    return found


def broken(operations):
    return [f"not to be explained: {operation}" for operation in operations if operation.outcome == BROKEN]


def torn(operations):
    return [f"a torn read: {operation}" for operation in operations
            if operation.outcome == OK and any(len(values) != 1 for values in operation.sees.values())]


def invented(operations):
    """Numbers that were found where nobody, or nobody with success, had put them, or that were put there twice."""
    made, failed, found = Counter(), set(), []
    for operation in operations:
        if operation.outcome == FAILED:
            failed.update(operation.makes.items())
        else:
            made.update(operation.makes.items())
    found += [f"made twice: {place}" for place, times in made.items() if times > 1]
    # A sum need not be told to who has added.
    is_open = any(operation.adds and operation.outcome != FAILED for operation in operations)
    for operation in operations:
        for cell, values in operation.sees.items():
            for value in values if operation.outcome == OK else ():
                if (cell, value) in made or value == FIRST[cell] or cell == COUNT and is_open:
                    continue
                what = "a write that failed took effect" if (cell, value) in failed else "a number from nowhere"
                found.append(f"{what}: {operation}")
    return found


# One after the other


def disorder(operations):
    """Why the operations cannot have been done one after the other."""
    steps, found = [], []
    try:
        steps = list(steps_of(operations))
        if place := stuck(steps, FIRST):
            found.append(f"no order explains it: {place}")
    except (Unseen, Undecided) as error:
        found.append(str(error))
    return found


class Unseen(Exception):
    """Somebody has not seen what it had written itself."""


def steps_of(operations):
    """The atomic steps: an operation each, and all those under one lease together."""
    leases = defaultdict(list)
    for operation in operations:
        if operation.kind in LOCKING:
            continue
        if operation.lease:
            leases[operation.lease].append(operation)
        elif step := step_of(operation):
            yield step
    for parts in leases.values():
        yield from steps_under_lease(parts)


def step_of(operation):
    """None where an operation tells nothing of the file."""
    if operation.outcome == FAILED and not operation.differs:
        return None
    if operation.outcome == FAILED:
        return Step(operation.begin, operation.end, differs=operation.differs, told=operation)
    if operation.outcome == UNKNOWN:
        if not operation.makes and not operation.adds:
            return None
        return Step(operation.begin, needs=operation.expects, makes=operation.makes, adds=operation.adds,
                    is_certain=False, told=operation)
    return Step(operation.begin, operation.end, needs=found_by(operation), makes=operation.makes, adds=operation.adds,
                told=operation)


def found_by(operation):
    return operation.expects | {cell: values[0] for cell, values in operation.sees.items()}


def steps_under_lease(parts):
    """What was done under a lease: nobody could change anything between.

    Under an exclusive one nobody could even read, so all of it is one step, and its order with everybody else that of
    each of its parts; and one more where the last has no certain outcome: if it was done, it found the file as the
    others had left it. Under a shared one others read as well.
    """
    parts = sorted(parts, key=lambda part: part.begin)
    block, told = Block(), []
    for part in parts:
        if part.outcome == UNKNOWN and (part.makes or part.adds):
            assert part is parts[-1], f"a client has gone on without knowing what became of {part}"
            yield Step(part.begin, needs=part.expects | block.now, makes=part.makes, adds=part.adds, is_certain=False,
                       told=part)
        elif part.outcome == OK or part.differs:
            block.add(part)
            told.append(part)
    if told and told[0].mode == "exclusive":
        yield Step(told[-1].begin, told[0].end, block.needs, block.makes, block.adds, block.differs,
                   told=list(map(str, told)))
    elif told:
        yield Step(told[0].begin, told[-1].end, block.needs, told=list(map(str, told)))
        yield from (Step(part.begin, part.end, found_by(part), told=part) for part in told)


class Block:
    """What operations in a row, with nobody between them, have found and made."""

    def __init__(self):
        self.needs, self.makes, self.differs, self.now = {}, {}, {}, {}
        # To a count that has not been seen yet.
        self.adds = 0

    def add(self, part):
        if part.outcome == FAILED:
            return self.add_difference(part)
        for cell, value in found_by(part).items():
            if cell == COUNT and self.adds:
                self.needs[COUNT], self.makes[COUNT], self.adds = value - self.adds, value, 0
            if self.now.setdefault(cell, value) != value:
                raise Unseen(f"under a lease {cell} was {self.now[cell]}, but this found {value}: {part}")
            if cell not in self.makes:
                self.needs.setdefault(cell, value)
        self.makes |= part.makes
        self.now |= part.makes
        if COUNT in self.now and part.adds:
            self.now[COUNT] = self.makes[COUNT] = self.now[COUNT] + part.adds
        else:
            self.adds += part.adds

    def add_difference(self, part):
        for cell, value in part.differs.items():
            if self.now.get(cell) == value:
                raise Unseen(f"under a lease {cell} was {value}, and this found that it was not: {part}")
            if cell not in self.now:
                self.differs[cell] = value


# Leases


@dataclass(eq=False)
class Hold:
    """For how long a lease was held for certain: the server counts from a moment after it was asked.

    One that was released with success had lasted until then.
    """

    lease: Operation
    begin: float
    end: float


def holds_of(operations, kills):
    leases = {operation.lease: operation for operation in operations if operation.kind in TAKING and operation.lease}
    ends, kept = {token: lease.begin + lease.ttl for token, lease in leases.items()}, {}
    for operation in operations:
        if operation.lease not in leases or operation.outcome == FAILED:
            continue
        if operation.kind == "renew":
            end = operation.begin + operation.ttl
            ends[operation.lease] = end if operation.outcome == OK else min(end, ends[operation.lease])
        if operation.kind == "release":
            ends[operation.lease] = min(ends[operation.lease], operation.begin)
            if operation.outcome == OK:
                kept[operation.lease] = operation.begin
    for token, lease in leases.items():
        killed = kills[bisect.bisect(kills, lease.begin):][:1]
        yield Hold(lease, lease.end, kept.get(token) or min([ends[token], *killed]))


def exclusion(operations, kills):
    """What others have done to a file while a lease on it was held."""
    begins, found = [operation.begin for operation in operations], []
    for hold in holds_of(operations, kills):
        for other in operations[bisect.bisect_left(begins, hold.begin):bisect.bisect(begins, hold.end)]:
            if other.lease != hold.lease.lease and other.end <= hold.end and is_kept_out(other, hold.lease):
                found.append(f"{other} in the midst of {hold.lease}")
    return found


def is_kept_out(operation, lease):
    if operation.outcome != OK or operation.kind in ("renew", "release"):
        return False
    if lease.mode == "exclusive" or operation.kind in TAKING and operation.mode == "exclusive":
        return True
    return bool(operation.makes or operation.adds)


def fences(operations):
    """A lease that was asked for after another one was given has the greater number."""
    given = sorted((operation for operation in operations if operation.kind == "lease" and operation.outcome == OK),
                   key=lambda operation: operation.end)
    found, greatest, ended = [], None, 0
    for lease in sorted(given, key=lambda operation: operation.begin):
        while given[ended].end < lease.begin:
            greatest = max(greatest or 0, given[ended].fence)
            ended += 1
        if greatest is not None and lease.fence <= greatest:
            found.append(f"a number that was passed already, {greatest}: {lease}")
    return found
