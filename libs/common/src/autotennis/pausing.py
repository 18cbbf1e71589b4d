"""Reads which pauses are in force: once for all races of a process that begin at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from autotennis.domain.pause import Pause, Pauses
from autotennis.errors import AutotennisError
from autotennis.ports import Clock, Store

# What was read is good for so long: a pause may be noticed so much later.
_GOOD: Final = timedelta(seconds=5)
# Whoever is in a hurry does not wait for longer than this.
_HURRIED_S: Final = 0.5
_log = structlog.get_logger()


class PauseBoard:
    """The pauses as they were a moment ago."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._pauses = Pauses()

    async def pauses(self, good: timedelta = _GOOD) -> Pauses:
        """All that are in force, or were less than `good` ago. Raises StoreBusy."""
        async with self._reading:
            # A clock that has stepped back must not keep what is old.
            if abs(self._clock.now() - self._read_at) >= good:
                self._pauses = await asyncio.to_thread(self._store.pauses)
                self._read_at = self._clock.now()
            return self._pauses

    async def in_a_hurry(self, club_id: str, member_id: str) -> Pause | None:
        """What pauses this member at this club. A store that does not say is not waited for: it is a race."""
        try:
            async with asyncio.timeout(_HURRIED_S):
                return (await self.pauses()).of(club_id, member_id)
        except TimeoutError:
            # Where a crowd waits, to write down where each of them waited would keep all of them waiting.
            _log.warning("the store does not say in time what is paused")
        except AutotennisError:
            _log.warning("the store does not say what is paused", exc_info=True)
        return self._pauses.of(club_id, member_id)
