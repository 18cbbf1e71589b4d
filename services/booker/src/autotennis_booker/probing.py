"""The probes of one opening: as late and as few as will do."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from autotennis.domain.clubclock import ClubClock, Span, next_probe_at
from autotennis.domain.pace import PROBE_GAP_S, PROBES
from autotennis.ports import Clock
from autotennis.values import ClockDoubt

# A probe waits for the turn of a second, and then for its answer.
_PROBE_TAKES_S: Final = 1.1
# Probing begins so much earlier than it would have to, for answers that fail and clocks that step.
_RESERVE_S: Final = 3.0
# So many probes that cut are enough for a club whose answers agree, even if nothing was known of it: what they leave
# open, a sign-up more covers better than a probe more. Where answers contradict each other there may be more.
_ENOUGH: Final = 7
# So many probes are spent on verifying each edge.
_PER_EDGE: Final = 1
# So many probes are spent on a club whose answers tell nothing.
_IN_VAIN: Final = 3


class Probing:
    """Asks what is open about a club's clock. `end_s` gives the reading of our clock at which it must be over."""

    def __init__(self, clock: Clock, known: Callable[[], ClubClock], end_s: Callable[[], float]) -> None:
        self._clock = clock
        self._known = known
        self._end_s = end_s
        self._sent = 0
        self._cuts = 0
        self._below = 0
        self._above = 0
        self._elsewhere = False

    async def done(self, probe: Callable[[bool], Awaitable[None]]) -> None:
        """Sends probes until another one would tell nothing, or may not be sent; others' answers count, too.

        `probe` is told whether to ask elsewhere, over another connection: where answers contradict each other there may
        be several servers behind the club's name, and a connection is mostly one server's.
        """
        last_s = 0.0
        while True:
            await self._until_needed()
            asking = self._asking()
            if asking is None:
                return
            not_before_s = max(self._clock.monotonic_s(), last_s + PROBE_GAP_S)
            at_s = next_probe_at(asking, not_before_s, hurried=self._is_late(asking))
            if at_s > self._end_s():
                return
            await self._clock.sleep_until(at_s)
            self._sent += 1
            self._note(asking)
            self._elsewhere = _is_contradictory(asking) and not self._elsewhere
            last_s = self._clock.monotonic_s()
            await probe(self._elsewhere)

    async def _until_needed(self) -> None:
        while (begin_s := self._begin_s()) > (now_s := self._clock.monotonic_s()):
            # What is known may change by others' answers.
            await self._clock.sleep_until(min(begin_s, now_s + 1.0))

    def _begin_s(self) -> float:
        """When to begin: so late that what is learned is as good as new at the opening.

        What is known has to be verified as early, so that there is time to learn it again if it proves wrong.
        """
        return self._end_s() - (_ENOUGH * _PROBE_TAKES_S + _RESERVE_S)

    def _is_late(self, known: ClubClock) -> bool:
        return self._clock.monotonic_s() + self._to_go(known) * _PROBE_TAKES_S > self._end_s()

    def _to_go(self, known: ClubClock) -> int:
        return _ENOUGH if _is_nothing(known) else min(_ENOUGH, known.probes_to_go)

    def _asking(self) -> ClubClock | None:
        """What is known, with the questions that are worth a probe; None if there are none."""
        known = self._known()
        if self._sent >= PROBES or (self._sent >= _IN_VAIN and known.probes == 0):
            return None
        may_cut = bool(known.doubts) or self._cuts < _ENOUGH
        if _is_nothing(known):
            return known if may_cut else None
        questions = tuple(one for one in known.questions if (self._verifies(one, known) if one.is_point else may_cut))
        return replace(known, questions=questions) if questions else None

    def _verifies(self, point: Span, known: ClubClock) -> bool:
        """Whether an edge is to be verified."""
        return (self._below if point.high_s < known.low_s else self._above) < _PER_EDGE

    def _note(self, asking: ClubClock) -> None:
        asked = asking.questions[0] if asking.questions else None
        if asked is None or not asked.is_point:
            self._cuts += 1
        elif asked.high_s < asking.low_s:
            self._below += 1
        else:
            self._above += 1


def _is_nothing(known: ClubClock) -> bool:
    """Whether any answer at all would help."""
    return known.probes == 0 and not known.questions


def _is_contradictory(known: ClubClock) -> bool:
    """Whether the servers contradict each other, or one answer stands against all before it."""
    return ClockDoubt.SEVERAL_SERVERS in known.doubts or (ClockDoubt.STEPPED in known.doubts and known.probes == 1)
