"""Whether something grows: a slope that a few strange samples do not bend, with its bounds. Arithmetic only."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

# Of the normal distribution: nineteen times of twenty the true slope lies within the bounds.
_Z: Final = 1.96


@dataclass(frozen=True)
class Slope:
    """By how much a value grows with each step, and between which bounds that is known."""

    per_step: float
    least: float
    most: float

    @property
    def grows(self) -> bool:
        """Whether it certainly grows."""
        return self.least > 0


def slope_of(values: Sequence[float]) -> Slope:
    """The median of the slopes between all pairs (Theil and Sen), with Kendall's bounds. Raises ValueError of few."""
    count = len(values)
    if count < 3:
        raise ValueError("Of so few samples nothing can be told.")
    found = sorted((later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(enumerate(values), 2))
    spread = _Z * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low, high = (len(found) - spread) / 2, (len(found) + spread) / 2
    return Slope(statistics.median(found), found[max(0, math.floor(low))], found[min(len(found) - 1, math.ceil(high))])
