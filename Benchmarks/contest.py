"""Two ways to do the same thing, measured alternately."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from report import Row

Sample = TypeVar("Sample")


@dataclass
class Contest:
    """Two ways to measure the same thing, given the seconds that each may take."""

    name: str
    ours: Callable[[float], float]
    other: Callable[[float], float]
    unit: str
    other_name: str
    target: float | None
    less_is_better: bool = False

    def run(self, rounds: int, seconds: float) -> list[Row]:
        pairs = alternate(self.ours, self.other, rounds, seconds)
        return [row(self.name, pairs, self.unit, self.other_name, self.target, self.less_is_better)]


def alternate(ours: Callable[[float], Sample], other: Callable[[float], Sample], rounds: int,
              seconds: float) -> list[tuple[Sample, Sample]]:
    """What each gives in each round, after a short one that does not count."""
    ours(1)
    other(1)
    return [(ours(seconds), other(seconds)) for _ in range(rounds)]


def row(name: str, pairs: list[tuple[float, float]], unit: str, other_name: str, target: float | None,
        less_is_better: bool = False) -> Row:
    """From what was measured of us and of the other in each round."""
    ours, other = (statistics.median(figures) for figures in zip(*pairs, strict=True))
    ratios = [_quotient(*((theirs, mine) if less_is_better else (mine, theirs))) for mine, theirs in pairs]
    ratio = statistics.median(ratios)
    return Row(
        name=name, ours=f"{ours:,.0f} {unit}", other=f"{other_name} {other:,.0f} {unit}",
        ratio=f"**{ratio:.2f}** ({min(ratios):.2f} to {max(ratios):.2f})",
        target="" if target is None else f"at least {target:g}", met=None if target is None else ratio >= target)


def _quotient(one: float, other: float) -> float:
    # Who does not get in at all has a rate of 0.
    return one / other if other else math.inf if one else math.nan
