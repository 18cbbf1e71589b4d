"""What this process knows of each club's clock: learned from every answer, once for all bookings."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from autotennis.domain.clockevidence import Prior, Probe
from autotennis.domain.clockmemory import ClockMemory
from autotennis.domain.clubclock import ClubClock, good_moment
from autotennis.domain.experience import Experience
from autotennis.domain.pace import CLOCK_END_S, PROBE_GAP_S
from autotennis.ports import Answer, Clock, Club, Visit
from autotennis.values import ClockDoubt, ClockReading, VerdictKind
from autotennis.visiting.gate import Gate
from autotennis_booker.probing import Probing

# What is known hardly changes within this time, unless an answer comes.
_SAME_FOR_S: Final = 0.5
# Each answer has all that are remembered weighed anew. For so many of them that is done at once; for each more, what
# was known before is good for so long, or a crowd that logs in would keep the process weighing.
_WEIGHED_AT_ONCE: Final = 32
_GOOD_FOR_EACH_S: Final = 0.0005
# A club that gets slow under the rush is asked so often, and what was felt is believed for so long.
_RUSH_READINGS: Final = 2
_RUSH_S: Final = 2.0
# Our two clocks do not drift apart by more than this unless one of them jumps.
_OURS_JUMPED_S: Final = 0.5
# The event loop's own delays are no rush.
_NOISE_S: Final = 0.002
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    """What was known at a reading of our monotonic clock, and what had been strange by then."""

    at_s: float
    clock: ClubClock | None
    doubts: tuple[ClockDoubt, ...]


class ClubTime:
    """The clocks of the clubs as this process knows them, kept from opening to opening."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keepers: dict[str, Timekeeper] = {}

    def of(self, club: Club, gate: Gate) -> "Timekeeper":
        """The club's timekeeper: the same one for all bookings and openings."""
        if club.rules.id not in self._keepers:
            self._keepers[club.rules.id] = Timekeeper(self._clock, club, gate)
        return self._keepers[club.rules.id]


class Timekeeper:
    """Knows one club's clock as well as its answers tell."""

    def __init__(self, clock: Clock, club: Club, gate: Gate) -> None:
        self._clock = clock
        self._club = club
        self._gate = gate
        self._memory = ClockMemory()
        # Our wall clock minus our monotonic one.
        self._ours_s = float("-inf")
        self._known: _Known | None = None
        # Whether an answer came that is not in it yet.
        self._has_news = False
        # What was known when it was weighed, and with its weights.
        self._weighed: tuple[ClubClock, ClubClock] | None = None
        self._moments: list[float] = []
        self._measuring: dict[datetime, asyncio.Task[None]] = {}
        self._probes_sent: Counter[datetime] = Counter()
        self._feeling: asyncio.Task[None] | None = None
        self._felt = (float("-inf"), 0.0)
        self._quickest_page_s = float("inf")
        # Where a cache gives the file that is asked for, the club's program has to be asked.
        self._has_to_ask_deep = False

    # What the bookings tell

    def believe(self, experience: Experience) -> None:
        """Takes over what the last opening taught, unless this process knows better. Harmless to repeat."""
        self._look_at_ours()
        if experience.lessons:
            self._memory.believe(Prior.taught(experience.lessons[-1], *self._moment()))
            self._known = None

    def heard(self, answer: Answer, *, light: bool = False) -> None:
        """Takes note of an answer; `light` is one for which the club had next to nothing to do."""
        self._look_at_ours()
        if answer.status is None or answer.verdict.kind is VerdictKind.BUSY:
            # Whoever says that the club is busy is often another machine, with a clock of its own.
            return
        if not light:
            self._quickest_page_s = min(self._quickest_page_s, answer.received_s - answer.sent_s)
        if answer.date is None:
            self._memory.note(ClockDoubt.NO_DATE, self._clock.monotonic_s())
        else:
            probe = Probe(answer.sent_s, answer.received_s, answer.date, light, answer.second_hand)
            self._memory.add(probe, *self._moment())
        self._has_news = True
        if light:
            # Somebody waits for what this one tells.
            self._known = None

    # What the bookings ask

    def known(self) -> ClubClock:
        """What is known now; our own time, give or take a second, if nothing is."""
        return self._found() or ClubClock.assumed(*self._moment())

    def weighed(self) -> ClubClock:
        """What is known now, and how likely each part of it is; the same for all who ask at the same time."""
        known = self.known()
        if self._weighed is None or self._weighed[0] is not known:
            self._weighed = known, self._memory.weighed(known)
        return self._weighed[1]

    def reading(self) -> ClockReading | None:
        """What is known now in words of wall clocks, and what was strange; None if no answer told anything at all."""
        found = self._weighed_up()
        if not found.doubts and found.clock is None:
            return None
        known = found.clock or ClubClock.assumed(*self._moment())
        return replace(known, doubts=tuple(sorted({*known.doubts, *found.doubts}))).reading(*self._moment())

    def rush_s(self) -> float:
        """How much slower than its quickest page, and than jitter explains, the club was felt to be a moment ago."""
        felt_s, rush_s = self._felt
        return rush_s if felt_s > self._clock.monotonic_s() - _RUSH_S else 0.0

    @property
    def knows_way(self) -> bool:
        """Whether it is known how long the way there and back takes, without the club's work."""
        return self._memory.knows_way

    @property
    def asks_for_file(self) -> bool:
        """Whether the answers that tell the clock are stamped without any work of the club's."""
        return not self._has_to_ask_deep

    async def good_moment(self, most_s: float = 1.1) -> None:
        """Returns when a request that has to be sent anyway tells most about the clock, at most `most_s` from now.

        Everybody who asks gets another moment, so that bookings do not bunch.
        """
        now_s = self._clock.monotonic_s()
        self._moments = [at_s for at_s in self._moments if at_s > now_s - most_s]
        moment_s = good_moment(self._found(), now_s, most_s, self._moments)
        self._moments.append(moment_s)
        await self._clock.sleep_until(moment_s)

    async def measured(self, opening_at: datetime) -> ClubClock:
        """The club's clock as it is known shortly before the opening, after as many probes as that takes.

        All bookings of the opening share the probes. A club that tells nothing is no error.
        """
        for over in [other for other, task in self._measuring.items() if other < opening_at and task.done()]:
            del self._measuring[over], self._probes_sent[over]
        measuring = self._measuring.get(opening_at)
        if measuring is None or measuring.cancelled():
            measuring = self._measuring[opening_at] = asyncio.create_task(self._measure(opening_at))
        await asyncio.shield(measuring)
        return self.known()

    def probes_for(self, opening_at: datetime) -> int:
        """How many probes were sent for this opening."""
        return self._probes_sent[opening_at]

    async def feel_rush(self, within_s: float = 1.0) -> float:
        """Asks twice for the club's cheapest page, once for all bookings, and tells what `rush_s` is then.

        Gives up on answers that take longer than `within_s` in all: then that is how slow the club is at least.
        """
        begun_s = self._clock.monotonic_s()
        if self._feeling is None or self._feeling.done():
            self._feeling = asyncio.create_task(self._feel())
        done, _ = await asyncio.wait({self._feeling}, timeout=within_s)
        if not done:
            now_s = self._clock.monotonic_s()
            self._felt = now_s, max(self.rush_s(), now_s - begun_s)
        return self.rush_s()

    # How it is learned

    def _moment(self) -> tuple[datetime, float]:
        """The same moment on both our clocks: nothing may come between the two readings."""
        return self._clock.now(), self._clock.monotonic_s()

    def _found(self) -> ClubClock | None:
        return self._weighed_up().clock

    def _weighed_up(self) -> _Known:
        """What all answers tell together."""
        self._look_at_ours()
        now_s = self._clock.monotonic_s()
        if self._known is None or now_s - self._known.at_s > self._good_for_s():
            self._known = _Known(now_s, self._memory.clock(now_s), self._memory.doubts(now_s))
            self._has_news = False
        return self._known

    def _good_for_s(self) -> float:
        more = max(0, self._memory.answers - _WEIGHED_AT_ONCE)
        if not self._has_news:
            return _SAME_FOR_S
        return more * _GOOD_FOR_EACH_S if more else -1.0

    def _look_at_ours(self) -> None:
        """Forgets everything if the machine may have slept: its monotonic clock then lost count of the club's.

        A wall clock that was set back shows the opposite, and the club's is known as before.
        """
        now, monotonic_s = self._moment()
        ours_s = now.timestamp() - monotonic_s
        if ours_s - self._ours_s > _OURS_JUMPED_S:
            self._memory, self._known = ClockMemory(), None
        self._ours_s = ours_s

    def _end_s(self, opening_at: datetime) -> float:
        """The reading at which there is no time left for another answer before the opening."""
        return sum(self.known().send_window_s(opening_at)) / 2 - CLOCK_END_S

    async def _measure(self, opening_at: datetime) -> None:
        left_s = self._end_s(opening_at) - self._clock.monotonic_s()
        if left_s > 0:
            probing = Probing(self._clock, self.known, lambda: self._end_s(opening_at))
            # A probe that hangs must not hold up every race of the opening.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s), self._club.visit() as here, self._club.visit() as elsewhere:
                    await probing.done(lambda other: self._measuring_probe(opening_at, elsewhere if other else here))
        # All that was heard counts from now on.
        self._known = None
        self._tell()

    def _tell(self) -> None:
        reading = self.reading()
        if reading and (reading.probes or self._found()):
            _log.info("club's clock measured", club_id=self._club.rules.id, **reading.model_dump(mode="json"))
        else:
            doubts = reading.doubts if reading else ()
            _log.warning("the club's clock could not be measured", club_id=self._club.rules.id, doubts=doubts)

    async def _feel(self) -> None:
        answers: list[Answer] = []
        async with self._club.visit() as visit:
            for _ in range(_RUSH_READINGS):
                answers.append(await self._probe(visit, deep=True))
                await self._clock.sleep_until(self._clock.monotonic_s() + PROBE_GAP_S)
        # The quicker one tells: a rush slows all of them, jitter hardly the best of several.
        slower_s = min(answer.received_s - answer.sent_s for answer in answers) - self._quickest_page_s
        is_rush = slower_s > 2 * self.known().jitter_s + _NOISE_S
        self._felt = self._clock.monotonic_s(), slower_s if is_rush else 0.0

    async def _measuring_probe(self, opening_at: datetime, visit: Visit) -> None:
        self._probes_sent[opening_at] += 1
        # The first request of a connection may be slowed down by the opening of it.
        is_first = visit.requests_sent == 0
        answer = await self._probe(visit, deep=self._has_to_ask_deep)
        self.heard(answer, light=not (is_first or self._has_to_ask_deep))
        odd = self._memory.doubts(self._clock.monotonic_s())
        self._has_to_ask_deep |= answer.second_hand or ClockDoubt.STUCK in odd

    async def _probe(self, visit: Visit, *, deep: bool) -> Answer:
        async with self._gate.passing():
            answer = await visit.probe(deep=deep)
        self._gate.heard(answer.verdict)
        return answer
