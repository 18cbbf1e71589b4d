"""When which opening is: enough of them at once to be through in minutes, and none beside another. Arithmetic only.

A club opens at a whole second of its own clock. So at which fraction of this machine's second it opens is given by how
far off that clock is, and only the second can be chosen.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# No two openings of the machine are closer than this.
APART_S: Final = 0.195


@dataclass(frozen=True)
class Lane:
    """Openings that follow each other, at least `every_s` apart; `ahead_ms` of each is how far its club's clock is
    ahead of the machine's at that moment.
    """

    every_s: float
    ahead_ms: tuple[float, ...]

    @property
    def lasts_s(self) -> float:
        """How long it takes if nothing is in its way."""
        return self.every_s * len(self.ahead_ms)


def planned(lanes: Sequence[Lane]) -> list[list[float]]:
    """The openings of each lane, as seconds of the machine's clock after a whole second."""
    found: list[list[float]] = [[] for _ in lanes]
    taken: list[float] = []
    longest_s = max((lane.lasts_s for lane in lanes), default=0.0)
    # The longest first, since that one decides how long all take: the others are spread over that time beside it.
    for lane, instants in sorted(zip(lanes, found, strict=True), key=lambda one: -one[0].lasts_s):
        for number, ahead_ms in enumerate(lane.ahead_ms):
            earliest_s = instants[-1] + lane.every_s if instants else 0.0
            share_s = longest_s * number / len(lane.ahead_ms)
            instants.append(_free(taken, max(earliest_s, share_s), -ahead_ms / 1000 % 1.0))
    return found


def _free(taken: list[float], not_before_s: float, fraction_s: float) -> float:
    """Takes the first instant with that fraction that is far enough from all others."""
    instant_s = int(not_before_s) + fraction_s
    while instant_s < not_before_s or _is_crowded(taken, instant_s):
        instant_s += 1.0
    insort(taken, instant_s)
    return instant_s


def _is_crowded(taken: list[float], instant_s: float) -> bool:
    place = bisect_left(taken, instant_s)
    return any(abs(other - instant_s) < APART_S for other in taken[max(0, place - 1) : place + 1])
