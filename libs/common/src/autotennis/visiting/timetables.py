"""One club's timetable, read once for all series that want to know of it at the same time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from autotennis.domain.courtesy import Rest, is_younger
from autotennis.errors import ClubBusy, ClubUnreachable
from autotennis.ports import Clock, Club, TimetableEntry

# What was read is good for so long.
_GOOD: Final = timedelta(minutes=1)
# A club that does not answer keeps whoever asks waiting: so long nobody else asks.
_SILENCE: Final = timedelta(seconds=30)


class Timetables:
    """The pages of one club's timetable, as they were read a moment ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read: dict[int, tuple[datetime, Sequence[TimetableEntry]]] = {}
        self._rest = Rest()
        self._silent_at: datetime | None = None

    async def page(self, club: Club, weeks_ahead: int) -> Sequence[TimetableEntry]:
        """One page. Raises ClubBusy, also while the club asked to be left alone; ClubUnreachable, PageNotUnderstood.

        All who wait while the club does not answer are told so together, and not one after another.
        """
        async with self._reading:
            now = self._clock.now()
            read = self._read.get(weeks_ahead)
            if read and is_younger(read[0], _GOOD, now):
                return read[1]
            if left_s := self._rest.left_s(now):
                raise ClubBusy("The club asked to be left alone.", retry_after_s=left_s)
            if is_younger(self._silent_at, _SILENCE, now):
                raise ClubUnreachable("The club did not answer a moment ago.")
            try:
                async with club.visit() as visit:
                    entries = await visit.timetable(weeks_ahead)
            except ClubUnreachable:
                self._silent_at = self._clock.now()
                raise
            except ClubBusy as error:
                self._rest = self._rest.after_busy(error.retry_after_s, now)
                raise
            self._read[weeks_ahead] = (now, entries)
            return entries
