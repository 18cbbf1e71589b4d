"""One club's timetable, read once for all series that want to know of it at the same time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from autotennis.errors import ClubBusy
from autotennis.ports import Clock, Club, TimetableEntry

# What was read is good for so long, and a club that is busy is left alone for at least so long.
_GOOD: Final = timedelta(minutes=1)
_PAUSE_S: Final = 300.0


class Timetables:
    """The pages of one club's timetable, as they were read a moment ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read: dict[int, tuple[datetime, Sequence[TimetableEntry]]] = {}
        self._closed_until = datetime.min.replace(tzinfo=UTC)

    async def page(self, club: Club, weeks_ahead: int) -> Sequence[TimetableEntry]:
        """One page. Raises ClubBusy, also while the club asked to be left alone; ClubUnreachable, PageNotUnderstood."""
        async with self._reading:
            now = self._clock.now()
            read = self._read.get(weeks_ahead)
            if read and abs(now - read[0]) < _GOOD:
                return read[1]
            if now < self._closed_until:
                wait_s = (self._closed_until - now).total_seconds()
                raise ClubBusy("The club asked to be left alone.", retry_after_s=wait_s)
            try:
                async with club.visit() as visit:
                    entries = await visit.timetable(weeks_ahead)
            except ClubBusy as error:
                self._closed_until = now + timedelta(seconds=max(_PAUSE_S, error.retry_after_s or 0.0))
                raise
            self._read[weeks_ahead] = (now, entries)
            return entries
