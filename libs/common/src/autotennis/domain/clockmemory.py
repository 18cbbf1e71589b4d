"""What one process remembers of a club's clock, from its first answer on."""

from bisect import bisect_left
from datetime import datetime
from typing import Final

from autotennis.domain.clockevidence import Prior, Probe, doubts_of_copies, is_plausible
from autotennis.domain.clockmeasure import measured, weighed
from autotennis.domain.clubclock import ClubClock
from autotennis.values import ClockDoubt

# Answers are weighed one by one for so long, and so many; what older ones tell is kept as a whole.
_KEPT_S: Final = 180.0
_MOST_KEPT: Final = 256
# Where old ones are kept all the same, it is looked so often whether they may go.
_CONDENSED_EVERY_S: Final = 10.0
# Where several servers answer, nothing can be kept as a whole: their answers are kept for so long.
_SERVERS_KEPT_S: Final = 3600.0
# What is known is taken as verified by answers of the last so many seconds.
FRESH_S: Final = 20.0


class ClockMemory:
    """The answers of one club, and what they tell at any moment. All instants are readings of our monotonic clock."""

    def __init__(self) -> None:
        self._probes: list[Probe] = []
        self._prior: Prior | None = None
        self._odd: dict[ClockDoubt, float] = {}
        self._condensed_s = float("-inf")

    def believe(self, prior: Prior | None) -> None:
        """Takes over what somebody else measured, unless something is known from our own measurements before."""
        if prior and not (self._prior and self._prior.ours):
            self._prior = prior

    def add(self, probe: Probe, now: datetime, monotonic_s: float) -> None:
        """Remembers an answer; `now` and `monotonic_s` are the same moment on our clocks."""
        if not probe.second_hand and not is_plausible(probe, now, monotonic_s):
            self.note(ClockDoubt.IMPLAUSIBLE, monotonic_s)
            return
        # Answers come in any order; they are weighed in the order in which they were asked for.
        self._probes.insert(bisect_left(self._probes, probe.sent_s, key=lambda one: one.sent_s), probe)
        is_old = self._probes[0].sent_s < monotonic_s - _KEPT_S and self._condensed_s < monotonic_s - _CONDENSED_EVERY_S
        if len(self._probes) > _MOST_KEPT or is_old:
            self._condensed_s = monotonic_s
            self._condense(monotonic_s)

    @property
    def answers(self) -> int:
        """How many of them are weighed one by one."""
        return len(self._probes)

    @property
    def knows_way(self) -> bool:
        """Whether something tells how long the way there and back takes: a light answer, or what was known before."""
        return any(probe.light for probe in self._probes) or self._prior is not None

    def note(self, doubt: ClockDoubt, monotonic_s: float) -> None:
        """Remembers for a while that an answer was of no use, and why."""
        self._odd[doubt] = monotonic_s

    def clock(self, monotonic_s: float) -> ClubClock | None:
        """What is known at a reading of ours; None if nothing is."""
        return measured(self._probes, monotonic_s, self._prior, monotonic_s - FRESH_S)

    def weighed(self, clock: ClubClock) -> ClubClock:
        """What is known, and how likely each part of it is: too much work to be done after every answer."""
        return weighed(clock, self._probes)

    def doubts(self, monotonic_s: float) -> tuple[ClockDoubt, ...]:
        """Why answers were of no use lately."""
        odd = {doubt for doubt, at_s in self._odd.items() if at_s >= monotonic_s - _KEPT_S}
        return tuple(sorted(odd | doubts_of_copies(self._probes)))

    def _condense(self, monotonic_s: float) -> None:
        """Replaces the older answers by what they tell together."""
        cut = bisect_left(self._probes, monotonic_s - _KEPT_S / 2, key=lambda one: one.sent_s)
        cut = max(cut, len(self._probes) - _MOST_KEPT // 2)
        older = measured(self._probes[:cut], monotonic_s, self._prior)
        if older and ClockDoubt.SEVERAL_SERVERS in older.doubts:
            oldest_s = monotonic_s - _SERVERS_KEPT_S
            self._probes = [probe for probe in self._probes[-_MOST_KEPT // 2 :] if probe.sent_s >= oldest_s]
            return
        del self._probes[:cut]
        if older and older.probes:
            self._prior = Prior.of(older, monotonic_s)
