"""The shots of one race, from opening the connections to the step that their answers ask for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from autotennis.domain import pace
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.pace import SLOW_S, STILL_LEAD_S, WARM_LEAD_S, Burst, Forecast, Next, Pace, Step
from autotennis.ports import Answer, Clock
from autotennis.values import Plan
from autotennis_booker.conversation import RaceConversation, Shooter
from autotennis_booker.firing import FiringLine, Shot
from autotennis_booker.lights import Lights
from autotennis_booker.memory import Opening
from autotennis_booker.stillness import Stillness

# A club whose sign-ups took longer than its pages by more than this has a rush at its openings.
_SLOWER_S: Final = 0.02
# So long before the first shot it is felt.
_FEEL_LEAD_S: Final = 1.4
# With more shots at one opening than this the process is no longer quick: each booking gets its share, or a few.
_SHOTS_TOGETHER: Final = 400
_FEWEST_SHOTS: Final = 3
# Connections have to be there this long before the first shot; one that is not yet is not waited for.
_WARM_BY_S: Final = 0.01
# A crowd begins to open its connections so much earlier for each of them, and up to so much in all.
_CONNECTION_TAKES_S: Final = 0.0007
_LONGEST_WARM_LEAD_S: Final = STILL_LEAD_S - _WARM_BY_S


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the runs of one process share: our clock, one place to fire from, quiet, and who tells how far they are."""

    clock: Clock
    line: FiringLine
    stillness: Stillness
    lights: Lights


class Volley:
    """Carries out the pace of one race: shoots when it says so, and tells it what came of that.

    Of several members' shots at the same instant, those of the lower `rank` go first.
    """

    def __init__(
        self, equipment: Equipment, opening: Opening, conversation: RaceConversation, shooter: Shooter, rank: float
    ) -> None:
        self._equipment = equipment
        self._clock = equipment.clock
        self._opening = opening
        self._rules = opening.club.rules.race
        self._conversation = conversation
        self._shooter = shooter
        self._rank = rank
        self._pending: set[asyncio.Task[Answer]] = set()
        self._next: Next | None = None
        self._moved = asyncio.Event()
        # Counts what was asked of the firing line: a shot that something newer has replaced is let go.
        self._asked = 0
        self._follow(pace.at_once(self._rules, self._clock.monotonic_s()))
        self.plan: Plan | None = None
        self.first_sent_s: float | None = None

    async def at_opening(self) -> Step:
        """Fires the shots around the opening; gives the first step that is something else."""
        first = self._planned(self._opening.timekeeper.known())
        first_s = first.at_s[0]
        await self._clock.sleep_until(first_s - STILL_LEAD_S)
        with self._equipment.stillness.kept():
            await asyncio.gather(self._warmed(first), self._aimed(first_s))
            return await self._came()

    async def at_once(self) -> Step:
        """Shoots now, for a session that is open; gives the first step that is something else."""
        self.plan = self._told()
        return await self.step()

    async def step(self) -> Step:
        """Goes on shooting as the pace says, until it says something else: gives that."""
        self._begin()
        return await self._came()

    def _begin(self) -> None:
        self._next = None
        self._look_on()

    async def _came(self) -> Step:
        while not self._next or self._next.step is Step.LISTEN:
            await self._something_happens(self._next.at_s if self._next else None)
        return self._next.step

    async def single(self) -> None:
        """One shot; what came of it is for a look at the page to tell.

        None is fired where a second one may take a second place, as long as one is unanswered.
        """
        if self.has_pending and not self._rules.repeats:
            await self.all_answered()
            return
        asked = self._sent(self._clock.monotonic_s(), self._shooter.send())
        await asyncio.wait([asked], timeout=SLOW_S)

    @property
    def has_pending(self) -> bool:
        """Whether a shot is still unanswered."""
        return bool(self._pending)

    async def all_answered(self) -> bool:
        """Waits for what is unanswered, for as long as a slow answer takes; tells whether all is answered then."""
        _, unanswered = await asyncio.wait(self._pending, timeout=SLOW_S)
        return not unanswered

    @property
    def until_s(self) -> float:
        """When to give up, as a reading of our monotonic clock."""
        return self._burst.until_s

    async def aclose(self) -> None:
        """Lets go of shots that were never answered."""
        self._asked += 1
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)

    # Before the shots

    def _planned(self, clock: ClubClock) -> Burst:
        timekeeper, experience = self._opening.timekeeper, self._opening.lessons.experience
        forecast = Forecast(
            opening_at=self._opening.opening_at,
            clock=clock,
            experience=experience,
            service_s=self._service_s(clock),
            rush_s=timekeeper.rush_s(),
            shots_left=min(self._conversation.shots_left, max(_FEWEST_SHOTS, _SHOTS_TOGETHER // self._opening.races)),
            stamp_s=0.0 if timekeeper.asks_for_file else None,
            asked=self._conversation.sent.requests + timekeeper.probes_for(self._opening.opening_at),
        )
        return self._opening.plans.planned(forecast, self._clock.monotonic_s())

    def _service_s(self, clock: ClubClock) -> float:
        """How long the club works on a page at most: what one took, without the way there and back."""
        # What the others saw tells as much, and with one figure for all there is one plan for all.
        looks_s = (self._opening.quickest_look_s, self._conversation.quickest_look_s)
        self._opening.quickest_look_s = min((look_s for look_s in looks_s if look_s is not None), default=None)
        look_s = self._opening.quickest_look_s or 0.0
        if self._rules.locks_login:
            # Shots are kept this far apart: too much does less harm than too little.
            way_s = clock.round_trip_s if self._opening.timekeeper.knows_way else 0.0
            return max(0.0, look_s - way_s)
        return max(0.0, look_s - clock.round_trip_s - clock.jitter_s)

    async def _aimed(self, first_s: float) -> None:
        """Plans the shots. The first one is on the line from then on: whatever keeps us busy, it is fired in time."""
        await self._felt(first_s)
        await self._clock.sleep_until(first_s - WARM_LEAD_S)
        timekeeper = self._opening.timekeeper
        # The best instants of many members are the same, and there their shots would only wait for each other.
        self._follow(self._planned(timekeeper.known() if self._opening.is_crowded else timekeeper.weighed()))
        self.plan = self._told()
        self._begin()

    async def _felt(self, first_s: float) -> None:
        """Feels whether the club gets slow before the opening, where past openings give reason to."""
        learned_s = self._opening.lessons.experience.service_s() or 0.0
        clock = self._opening.timekeeper.known()
        if learned_s > self._service_s(clock) + 2 * clock.jitter_s + _SLOWER_S:
            await self._clock.sleep_until(first_s - _FEEL_LEAD_S)
            await self._opening.timekeeper.feel_rush(_FEEL_LEAD_S - WARM_LEAD_S)

    def _warm_lead_s(self, burst: Burst) -> float:
        """How long before the first shot the connections are to be opened."""
        if not self._opening.is_crowded:
            return WARM_LEAD_S
        takes_s = self._opening.races * self._connections(burst) * _CONNECTION_TAKES_S
        return min(max(WARM_LEAD_S, takes_s), _LONGEST_WARM_LEAD_S)

    def _connections(self, burst: Burst) -> int:
        """One for each shot of a crowd, which has few; else for those after them, too."""
        return min(len(burst.at_s) if self._opening.is_crowded else self._rules.shots, self._rules.in_flight)

    async def _warmed(self, burst: Burst) -> None:
        """Opens connections, without waiting for one that takes too long: the others are there."""
        first_s, wanted = burst.at_s[0], self._connections(burst)
        await self._clock.sleep_until(first_s - self._warm_lead_s(burst))
        left_s = max(0.0, first_s - _WARM_BY_S - self._clock.monotonic_s())
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await (self._warmed_in_turn(wanted) if self._opening.is_crowded else self._shooter.warm(wanted))

    async def _warmed_in_turn(self, wanted: int) -> None:
        """Everybody's first connection is opened before anybody's second."""
        for connections in range(1, wanted + 1):
            async with self._opening.doors:
                await self._shooter.warm(connections)

    def _follow(self, burst: Burst) -> None:
        self._burst = burst
        self._pace = Pace(burst, self._rules)

    def _told(self) -> Plan:
        clock, opening_at, burst = self._opening.timekeeper.known(), self._opening.opening_at, self._burst
        shots_ms = tuple(round(clock.sent_after_ms(opening_at, at_s), 3) for at_s in burst.at_s)
        return Plan(basis=burst.basis, shots_ms=shots_ms, uncertain_ms=round(burst.uncertain_s * 1000, 3))

    # The shots

    def _look_on(self) -> None:
        """Asks what comes next, now that something has happened, and has the firing line do it if it is a shot."""
        self._asked += 1
        now_s = self._clock.monotonic_s()
        coming = self._pace.next(now_s, may_shoot=self._conversation.may_shoot)
        if self._conversation.is_unwelcome and coming.step in (Step.SHOOT, Step.LISTEN):
            self._turn_to(Next(Step.WAIT, now_s))
        elif coming.step is Step.SHOOT:
            self._next = None
            self._ask_for_shot(coming.at_s)
        else:
            self._turn_to(coming)

    def _ask_for_shot(self, at_s: float) -> None:
        self._equipment.line.add(Shot(at_s, self._rank, partial(self._turn, self._asked)))

    def _turn_to(self, coming: Next) -> None:
        self._next = coming
        self._moved.set()

    def _turn(self, asked: int) -> Callable[[], None]:
        """The turn of a shot has come, unless another has been asked for since; gives what is left to do then."""
        if asked != self._asked:
            return _nothing
        if self._conversation.is_unwelcome:
            return self._look_on
        if not self._conversation.has_room:
            self._conversation.when_room(partial(self._take_turn, asked))
            return _nothing
        return partial(self._shot, self._clock.monotonic_s(), self._shooter.send())

    def _take_turn(self, asked: int) -> None:
        """Takes the turn of a shot that had to wait for room."""
        self._turn(asked)()

    def _shot(self, sent_s: float, answer: Awaitable[Answer]) -> None:
        self._sent(sent_s, answer)
        self._look_on()

    def _sent(self, sent_s: float, answer: Awaitable[Answer]) -> "asyncio.Task[Answer]":
        asked = self._shooter.listen(partial(self._calmly, answer))
        self._pace.sent(sent_s)
        if self.first_sent_s is None:
            self.first_sent_s = sent_s
        self._pending.add(asked)
        asked.add_done_callback(partial(self._heard, sent_s))
        return asked

    async def _calmly(self, answer: Awaitable[Answer]) -> Answer:
        # The page is read when the answer is awaited, and that takes longer than the next shot can wait.
        await self._equipment.line.calm()
        return await answer

    def _heard(self, sent_s: float, asked: "asyncio.Task[Answer]") -> None:
        self._pending.discard(asked)
        if asked.cancelled():
            return
        answer = asked.result()
        self._opening.shots.append(pace.Shot(answer.sent_s, answer.received_s, answer.verdict.kind))
        self._pace.heard(sent_s, answer.verdict)
        if self._next is None or self._next.step is Step.LISTEN:
            self._look_on()

    async def _something_happens(self, before_s: float | None) -> None:
        """Waits for it, until `before_s` at most; then that has happened."""
        self._moved.clear()
        try:
            async with asyncio.timeout(None if before_s is None else max(0.0, before_s - self._clock.monotonic_s())):
                await self._moved.wait()
        except TimeoutError:
            self._look_on()


def _nothing() -> None:
    """There is nothing left to do."""
