"""Whether operations that overlapped in time can have happened one after the other, as far as anybody could tell.

What is in a file is a few cells, each with one number. A step is one atomic operation: it needs numbers in some cells
and makes others, at one moment between its beginning and its end. The search is that of Wing and Gong with the memory
of Lowe: it puts the steps in an order, one that can come next after the other, and goes back where it is stuck.

No number comes twice in a cell. So a step that overwrites a number cannot come before those that need it, and most of
the order is forced; what is forced is done without a choice, and a choice is left for the few writes that overlap.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass, field

# The cell that steps add to: what they add is positive, so it grows.
COUNT = "count"
MOST_CHOICES = 1_000_000


@dataclass(eq=False)
class Step:
    """One atomic operation. One that is not certain may have happened at any time after its beginning, or never.

    Of two steps one comes first for certain if it ends before the other begins. One that stands for several in a row,
    with nobody between them, begins with its last and ends with its first, so its beginning may be later than its end.
    """

    begin: float
    end: float = math.inf
    needs: dict = field(default_factory=dict)
    makes: dict = field(default_factory=dict)
    # To the count, where nobody knows with which result.
    adds: int = 0
    # What a cell did not have, since that is why this step changed nothing.
    differs: dict = field(default_factory=dict)
    is_certain: bool = True
    told: object = None

    def span(self):
        return sorted((self.begin, self.end))

    def changes(self):
        return bool(self.makes or self.adds)

    def changed(self):
        """The cells that are overwritten."""
        return [*self.makes, COUNT] if self.adds else list(self.makes)

    def growth(self):
        """By how much the count grows, of a step that may be a part of a sum that somebody has seen."""
        return self.adds or self.makes.get(COUNT, 0) - self.needs.get(COUNT, 0)


class Undecided(Exception):
    """The search has taken too many turns."""


def stuck(steps, first):
    """None if the steps can be put in an order that begins with the numbers `first`; else where that fails."""
    wanted = prepared(steps, first)
    return Search(steps, first, wanted).run()


def prepared(steps, first):
    """How often each number is needed. A step whose number somebody has seen has happened, so it becomes certain."""
    makers = {}
    for step in steps:
        for place in step.makes.items():
            assert place not in makers and first[place[0]] != place[1], f"two steps make {place}"
            makers[place] = step
    wanted, fresh = Counter(), [step for step in steps if step.is_certain]
    while fresh:
        step = fresh.pop()
        wanted.update(step.needs.items())
        for place in step.needs.items():
            maker = makers.get(place)
            if maker and not maker.is_certain:
                maker.is_certain = True
                fresh.append(maker)
    return wanted


class Search:
    """The order so far, what is in the cells then, and the steps that are left, in a chain by when they were begun."""

    def __init__(self, steps, first, wanted):
        self.steps = sorted((step for step in steps if step.is_certain or step.growth()), key=Step.span)
        self.hopes = {place for step in self.steps if not step.is_certain for place in step.needs.items()}
        # From when on each cell may have had a number that nobody has seen.
        self.unseen = {}
        for step in steps:
            for cell in () if step.is_certain else step.changed():
                self.unseen[cell] = min(self.unseen.get(cell, math.inf), step.begin)
        self.cells, self.wanted = dict(first), wanted
        self.left = sum(step.is_certain for step in self.steps)
        # The last place of the chain is both its head and its end.
        count = len(self.steps)
        self.next, self.previous = [*range(1, count + 1), 0], [count, *range(count)]
        self.marks = [random.getrandbits(128) for _ in self.steps]
        self.mark, self.trail, self.seen, self.deepest = 0, [], set(), (-1, "")
        self.lows = [step.span()[0] for step in self.steps]
        self.due, self.has_choice = self.deadlines(), self.choices()

    def deadlines(self):
        """By when each step must have happened: its own end, or that of who has seen what it made."""
        ends = {}
        for step in self.steps:
            for place in step.needs.items():
                ends[place] = min(ends.get(place, math.inf), step.end)
        return [min([step.end, *(ends.get(place, math.inf) for place in step.makes.items())]) for step in self.steps]

    def choices(self):
        """Which steps may help, or hinder, one that has found a cell to differ, by coming later than they could."""
        shunned = {place for step in self.steps for place in step.differs.items()}
        makers = [(step, cell) for step in self.steps for cell, value in step.makes.items() if (cell, value) in shunned]
        # From when on what a step writes may have to overwrite what comes with a sum.
        hidden = {}
        for step in self.steps:
            for cell in () if step.is_certain else step.makes.keys() - {COUNT}:
                hidden[cell] = min(hidden.get(cell, math.inf), step.begin)
        found = []
        for step in self.steps:
            low, high = step.span()
            near = [cell for maker, cell in makers if maker.span()[0] <= high and low <= maker.span()[1]]
            found.append(any(cell in step.makes for cell in near) or any(
                hidden.get(cell, math.inf) <= high for cell in step.makes))
        return found

    def run(self):
        choices = []
        while True:
            self.settle()
            if self.left == 0:
                return None
            choices.append((len(self.trail), iter(self.candidates())))
            while choices:
                length, rest = choices[-1]
                self.undo(length)
                if (number := next(rest, None)) is not None:
                    self.apply(number)
                    break
                choices.pop()
            if not choices:
                return self.deepest[1]

    # The chain

    def enabled(self):
        """The steps that can come next: none that is left had ended before they began."""
        head, found, number = len(self.steps), [], self.next[len(self.steps)]
        # The earliest end and whose it is, and the next.
        limit, owner, second = math.inf, None, math.inf
        while number != head and self.lows[number] <= second:
            step = self.steps[number]
            found.append(number)
            if step.is_certain and step.end < second:
                second = max(limit, step.end)
                if step.end < limit:
                    limit, owner = step.end, number
            number = self.next[number]
        return [number for number in found if self.steps[number].begin <= (second if number == owner else limit)]

    def apply(self, number):
        step, old = self.steps[number], {}
        for cell, value in step.makes.items():
            old[cell], self.cells[cell] = self.cells[cell], value
        if step.adds:
            old[COUNT] = self.cells[COUNT]
            self.cells[COUNT] += step.adds
        if step.is_certain:
            self.wanted.subtract(step.needs.items())
            self.left -= 1
        self.next[self.previous[number]], self.previous[self.next[number]] = self.next[number], self.previous[number]
        self.mark ^= self.marks[number]
        self.trail.append((number, old))

    def undo(self, length):
        while len(self.trail) > length:
            number, old = self.trail.pop()
            step = self.steps[number]
            self.cells.update(old)
            if step.is_certain:
                self.wanted.update(step.needs.items())
                self.left += 1
            self.next[self.previous[number]] = self.previous[self.next[number]] = number
            self.mark ^= self.marks[number]

    # What can come next

    def fits(self, step):
        """Whether what a step has found is what is there.

        A cell may have differed because of a write that nobody has seen; such a one is granted, not looked for.
        """
        return all(self.cells[cell] == value for cell, value in step.needs.items()) and not any(
            self.cells[cell] == value and self.unseen.get(cell, math.inf) > step.end
            for cell, value in step.differs.items())

    def frees(self, step):
        """Whether nobody else needs the numbers that a step overwrites."""
        return all(
            self.wanted[cell, self.cells[cell]] == (step.is_certain and cell in step.needs) for cell in step.changed())

    def is_forced(self, number):
        """Whether a step that can come next may as well come at once, whatever the order of the others.

        That is so for one whose numbers nobody needs, and for one that changes only what it has found, which nobody may
        change before.
        """
        step = self.steps[number]
        if step.adds or self.has_choice[number] or not self.frees(step):
            return False
        if any((cell, self.cells[cell]) in self.hopes for cell in step.makes):
            return False
        return step.makes.keys() <= step.needs.keys() or not any(self.wanted[place] for place in step.makes.items())

    def settle(self):
        """Applies all that needs no choice: what changes nothing first."""
        is_over = False
        while not is_over:
            fitting = [number for number in self.enabled()
                       if self.steps[number].is_certain and self.fits(self.steps[number])]
            reads = [number for number in fitting if not self.steps[number].changes()]
            forced = [] if reads else [number for number in fitting if self.is_forced(number)][:1]
            for number in reads + forced:
                self.apply(number)
            is_over = not reads and not forced

    def candidates(self):
        """The steps among which there is a choice, the most urgent first; none where this has been tried before."""
        state = self.mark, tuple(self.cells.values())
        if state in self.seen:
            return []
        self.seen.add(state)
        if len(self.seen) > MOST_CHOICES:
            raise Undecided(f"after {MOST_CHOICES} choices")
        enabled = self.enabled()
        if len(self.trail) > self.deepest[0]:
            self.deepest = len(self.trail), self.described(enabled)
        found = [number for number in enabled if self.is_candidate(self.steps[number], enabled)]
        return sorted(found, key=self.due.__getitem__)

    def is_candidate(self, step, enabled):
        if not step.changes() or not self.fits(step) or not self.frees(step):
            return False
        # Of one that needs or makes other cells too the moment passes before anybody may have seen the sum.
        if step.is_certain or (step.needs.keys() | step.makes.keys()) - {COUNT}:
            return True
        # An addition that may have failed has happened only if a sum that somebody has seen lacks it.
        others = [self.steps[number] for number in enabled]
        return any(
            other.is_certain and other.adds or other.needs.get(COUNT, 0) - self.cells[COUNT] >= step.growth()
            for other in others)

    def described(self, enabled):
        lines = [f"after {len(self.trail)} steps the cells hold {self.cells}, and none of these can be next:"]
        return "\n  ".join(lines + [str(self.steps[number].told or self.steps[number]) for number in enabled[:40]])
