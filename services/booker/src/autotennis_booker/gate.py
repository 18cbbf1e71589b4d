"""The one door through which this process's requests reach a club."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from autotennis.domain.pace import patience_s
from autotennis.ports import Clock
from autotennis.values import Verdict, VerdictKind

# However long a club asks us to keep away, an opening is over by then.
_LONGEST_PAUSE_S: Final = 120.0


class Gate:
    """Caps the requests to one club that are unanswered at once, and keeps away when the club asks for it."""

    def __init__(self, clock: Clock, in_flight: int) -> None:
        self._clock = clock
        self._room = asyncio.Semaphore(in_flight)
        self._closed_until_s = 0.0
        self._busy = 0

    @asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Holds a place for one request; waits until the club wants to hear from us again."""
        async with self._room:
            await self.opened()
            yield

    async def opened(self) -> None:
        """Returns when the club wants to hear from us again."""
        while self.is_closed:
            await self._clock.sleep_until(self._closed_until_s)

    def heard(self, verdict: Verdict) -> None:
        """Takes note of a busy club, for all members at once: as long as it asks, or ever longer while it is busy."""
        if verdict.kind is not VerdictKind.BUSY:
            self._busy = 0
            return
        self._busy += 1
        pause_s = min(patience_s(self._busy, verdict), _LONGEST_PAUSE_S)
        self._closed_until_s = max(self._closed_until_s, self._clock.monotonic_s() + pause_s)

    @property
    def is_closed(self) -> bool:
        """Whether the club asked us to keep away for now."""
        return self._clock.monotonic_s() < self._closed_until_s
