"""What this process knows of an opening, shared by all its bookings, and what the opening teaches for the next."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from autotennis.domain.club import RaceRules
from autotennis.domain.experience import Experience
from autotennis.domain.pace import Burst, Forecast, Shot, lesson, planned
from autotennis.ports import Club, Store
from autotennis.visiting.gate import Gate
from autotennis_booker.club_time import ClubTime, Timekeeper

# More races than this for one opening share its last seconds: what each of them does then has to be next to nothing.
_CROWD: Final = 10
# A crowd opens no more than so many connections at once: servers keep a hundred or so in their queue, and who is turned
# away there tries again a second later.
_OPENED_AT_ONCE: Final = 64
# A store that takes longer to say what is known is not waited for.
_RECALL_S: Final = 1.0
# Races of an opening differ in what they may still send, and that is all.
_PLANS_KEPT: Final = 20
# A club's id and the opening.
_Key = tuple[str, datetime]
_log = structlog.get_logger()


@dataclass
class Lessons:
    """What is known of one club by its past openings: the newest that this process knows."""

    experience: Experience = field(default_factory=Experience)


class Plans:
    """The shots of an opening, planned once for all races that know the same and may send as much."""

    def __init__(self, rules: RaceRules) -> None:
        self._rules = rules
        self._made: list[tuple[Forecast, Burst]] = []

    def planned(self, forecast: Forecast, now_s: float) -> Burst:
        """The shots for this forecast. Where the first of them has passed, they depend on how late it is."""
        # What is known is mostly the same object, so that these are compared within a microsecond.
        for made_of, burst in self._made:
            if made_of == forecast and now_s <= burst.at_s[0]:
                return burst
        burst = planned(forecast, self._rules, now_s)
        self._made = [*self._made[-_PLANS_KEPT:], (forecast, burst)]
        return burst


class Opening:
    """One opening of one club, as its bookings in this process see it.

    What the club taught is read when the shots are planned: an earlier opening may have ended since this one was begun.
    """

    def __init__(self, club: Club, opening_at: datetime, gate: Gate, lessons: Lessons, timekeeper: Timekeeper) -> None:
        self.club = club
        self.opening_at = opening_at
        self.gate = gate
        self.timekeeper = timekeeper
        self.lessons = lessons
        self.shots: list[Shot] = []
        self.quickest_look_s: float | None = None
        self.filled = False
        self.races = 0
        self.has_taught = False
        self.plans = Plans(club.rules.race)
        self.doors = asyncio.Semaphore(_OPENED_AT_ONCE)

    @property
    def is_crowded(self) -> bool:
        """Whether so many race that they have to make room for each other."""
        return self.races > _CROWD


class Memory:
    """Recalls what the club taught before the first race of an opening, and keeps what this one taught after the last.

    Both are done once for an opening, however often its bookings are delivered.
    """

    def __init__(self, store: Store, club_time: ClubTime) -> None:
        self._store = store
        self._club_time = club_time
        self._recalling: dict[_Key, asyncio.Task[Opening]] = {}
        self._lessons: defaultdict[str, Lessons] = defaultdict(Lessons)

    @asynccontextmanager
    async def opening(
        self, club: Club, opening_at: datetime, gate: Gate, *, races: bool = True
    ) -> AsyncGenerator[Opening]:
        """What is known of this opening, for one booking's race; or for one that does not race, and is not counted."""
        key = (club.rules.id, opening_at)
        if key not in self._recalling:
            self._forget_before(key)
            self._recalling[key] = asyncio.create_task(self._recall(club, opening_at, gate))
        opening = await asyncio.shield(self._recalling[key])
        opening.races += races
        try:
            yield opening
        finally:
            opening.races -= races
            if races and opening.races == 0 and not opening.has_taught:
                await self._learn(opening)

    def _forget_before(self, key: _Key) -> None:
        """Earlier openings of the club that are over are of no use any more."""
        for other, task in list(self._recalling.items()):
            if other[0] == key[0] and other[1] < key[1] and task.done() and task.result().races == 0:
                del self._recalling[other]

    async def _recall(self, club: Club, opening_at: datetime, gate: Gate) -> Opening:
        club_id = club.rules.id
        opening = Opening(club, opening_at, gate, self._lessons[club_id], self._club_time.of(club, gate))
        try:
            async with asyncio.timeout(_RECALL_S):
                opening.lessons.experience = await asyncio.to_thread(self._store.experience, club_id)
        except Exception:  # noqa: BLE001 (whatever it is: a race is run without it rather than late or not at all)
            _log.warning("what the club taught could not be read", club_id=club_id, exc_info=True)
        opening.timekeeper.believe(opening.lessons.experience)
        return opening

    async def _learn(self, opening: Opening) -> None:
        reading = opening.timekeeper.reading()
        offset_ms = reading.offset_ms if reading else 0.0
        known = opening.timekeeper.known()
        learned = lesson(opening.opening_at, known, opening.shots, offset_ms=offset_ms, filled=opening.filled)
        if learned is None:
            return
        opening.has_taught = True
        club_id = opening.club.rules.id
        _log.info("learned from the opening", club_id=club_id, **learned.model_dump(exclude={"at"}))
        try:
            opening.lessons.experience = await asyncio.to_thread(self._store.teach, club_id, learned)
        except Exception:  # noqa: BLE001 (whatever it is: the race has been run, and its outcome is what counts)
            _log.warning("what the opening taught could not be kept", club_id=club_id, exc_info=True)
