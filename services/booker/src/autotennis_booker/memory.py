"""What this process knows of an opening, shared by all its bookings, and what the opening teaches for the next."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from autotennis.domain.experience import Experience
from autotennis.domain.pace import Shot, lesson
from autotennis.ports import Club, Store
from autotennis.visiting.gate import Gate
from autotennis_booker.club_time import ClubTime, Timekeeper

# A store that takes longer to say what is known is not waited for.
_RECALL_S: Final = 1.0
# A club's id and the opening.
_Key = tuple[str, datetime]
_log = structlog.get_logger()


@dataclass
class Lessons:
    """What is known of one club by its past openings: the newest that this process knows."""

    experience: Experience = field(default_factory=Experience)


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
