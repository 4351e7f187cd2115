"""The search for an order, compared with one that tries them all."""

import itertools
import math
import random

import pytest

from linearize import COUNT, Step, stuck

FIRST = {"a": 0, "b": 0, COUNT: 0}


def orders(steps):
    """Every order of the certain steps and of some of the others."""
    certain = [step for step in steps if step.is_certain]
    others = [step for step in steps if not step.is_certain]
    for number in range(len(others) + 1):
        for some in itertools.combinations(others, number):
            yield from itertools.permutations(certain + list(some))


def is_in_time(order):
    return not any(later.end < earlier.begin for earlier, later in itertools.combinations(order, 2))


def is_explained(order):
    cells = dict(FIRST)
    for step in order:
        if any(cells[cell] != value for cell, value in step.needs.items()):
            return False
        if any(cells[cell] == value for cell, value in step.differs.items()):
            return False
        cells.update(step.makes)
        cells[COUNT] += step.adds
    return True


def is_possible(steps):
    return any(is_in_time(order) and is_explained(order) for order in orders(steps))


def an_order(rnd, count):
    """What really happened: steps with the number that each had found."""
    cells, numbers = dict(FIRST), itertools.count(1)
    for number in range(count):
        some = [cell for cell in ("a", "b") if rnd.random() < 0.5] or ["a"]
        sort = rnd.choice(["read", "write", "update", "transfer", "add", "sum", "compare"])
        step = Step(number * 10)
        if sort in ("read", "update"):
            step.needs = {cell: cells[cell] for cell in some}
        if sort == "transfer":
            step.needs = {"a": cells["a"]}
        if sort in ("write", "update"):
            step.makes = {cell: next(numbers) for cell in some}
        if sort == "transfer":
            step.makes = {"b": next(numbers)}
        if sort in ("add", "sum"):
            delta = 1 << rnd.randrange(6)
            if rnd.random() < 0.5:
                step.needs, step.makes = {COUNT: cells[COUNT]}, {COUNT: cells[COUNT] + delta}
            elif sort == "add":
                step.adds = delta
            else:
                step.needs = {COUNT: cells[COUNT]}
        if sort == "compare":
            step.differs = {"a": cells["a"] + 1000}
        cells.update(step.makes)
        cells[COUNT] += step.adds
        yield step


def a_history(rnd):
    """A short history, possible at first, and often with one thing that is not."""
    steps = list(an_order(rnd, rnd.randrange(2, 7)))
    for step in steps:
        middle, before, after = step.begin, rnd.choice((1, 15, 30)), rnd.choice((1, 15, 30))
        step.begin, step.end = middle - before * rnd.random(), middle + after * rnd.random()
        if rnd.random() < 0.1:
            step.begin, step.end = step.end, step.begin
        if step.changes() and rnd.random() < 0.3:
            step.is_certain, step.end = False, math.inf
    made = [step.makes["a"] for step in steps if "a" in step.makes] + [0]
    spoilt = rnd.choice(steps)
    if rnd.random() < 0.6 and "a" in spoilt.needs:
        spoilt.needs["a"] = rnd.choice(made)
    elif rnd.random() < 0.6 and spoilt.differs:
        spoilt.differs["a"] = rnd.choice(made)
    elif rnd.random() < 0.5 and COUNT in spoilt.needs and not spoilt.makes:
        spoilt.needs[COUNT] += rnd.choice((-1, 1, 2))
    return steps


def copied(steps):
    return [Step(s.begin, s.end, dict(s.needs), dict(s.makes), s.adds, dict(s.differs), s.is_certain) for s in steps]


@pytest.mark.parametrize("seed", range(4))
def test_search_decides_as_one_that_tries_every_order(seed):
    rnd, possible = random.Random(seed), 0
    for _ in range(600):
        steps = a_history(rnd)
        made = [place for step in steps for place in step.makes.items()]
        if len(set(made)) < len(made) or any(FIRST[cell] == value for cell, value in made):
            continue
        expected = is_possible(copied(steps))
        answer = stuck(copied(steps), FIRST)
        if expected:
            assert answer is None, "\n".join([answer, *map(str, steps)])
        elif not granted(steps):
            assert answer is not None, "\n".join(map(str, steps))
        possible += expected
    assert 50 < possible < 550


def granted(steps):
    """Whether the search may have granted a write that nobody has seen."""
    return any(step.differs for step in steps) and any(not step.is_certain for step in steps)


def test_search_of_a_long_history_takes_no_long_time():
    rnd, steps, cells = random.Random(1), [], dict(FIRST)
    for number in range(1, 20_001):
        begin, end = number - 12 * rnd.random(), number + 12 * rnd.random()
        if rnd.random() < 0.5:
            steps.append(Step(begin, end, needs=dict(cells)))
        else:
            cell = rnd.choice("ab")
            is_certain = rnd.random() < 0.95
            steps.append(Step(begin, end if is_certain else math.inf, makes={cell: number}, is_certain=is_certain))
            cells[cell] = number
    assert stuck(steps, FIRST) is None
    steps.append(Step(19_000.5, 19_000.6, needs={"a": next(iter(steps[-9_000].makes.values()), 77)}))
    assert stuck(steps, FIRST)
