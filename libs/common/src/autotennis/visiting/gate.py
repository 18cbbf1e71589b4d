"""The one door through which this process's requests reach a club."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from math import inf
from typing import Final

from autotennis.domain.pace import patience_s
from autotennis.errors import ClubBusy
from autotennis.ports import Clock
from autotennis.values import Verdict, VerdictKind

# However long a club asks us to keep away, an opening is over by then.
_LONGEST_PAUSE_S: Final = 120.0


class Gate:
    """Caps the requests to one club that are unanswered at once, and keeps away when the club asks for it.

    It keeps away for `longest_pause_s` at most. Who would have to wait for more than `patience_s` is sent away.
    """

    def __init__(
        self, clock: Clock, in_flight: int, longest_pause_s: float = _LONGEST_PAUSE_S, patience_s: float = inf
    ) -> None:
        self._longest_pause_s = longest_pause_s
        self._patience_s = patience_s
        self._clock = clock
        self._in_flight = in_flight
        self._inside = 0
        self._queue: deque[Callable[[], None]] = deque()
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._closed_until_s = 0.0
        self._busy = 0

    @asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Holds a place for one request; waits for one, and until the club wants to hear from us again.

        Raises ClubBusy if that takes longer than it is patient.
        """
        closed_s = self._closed_until_s - self._clock.monotonic_s()
        if closed_s > self._patience_s:
            raise ClubBusy("The club asked to be left alone.", retry_after_s=closed_s)
        await self._entered()
        try:
            yield
        finally:
            self.leave()

    async def _entered(self) -> None:
        """Waits for a place, and takes it."""
        await self.opened()
        while not self.lets_pass:
            if await self._turn():
                if not self.is_closed:
                    return
                self.leave()
            await self.opened()
        self.enter()

    async def _turn(self) -> bool:
        """Whether a place was taken for us by whoever left; if not, the club asks to be left alone."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.leave()
            raise

    @property
    def lets_pass(self) -> bool:
        """Whether a request may go now, without waiting."""
        return self._inside < self._in_flight and not self.is_closed

    def enter(self) -> None:
        """Takes a place for one request, for somebody who asked `lets_pass` and cannot wait; `leave` gives it back."""
        self._inside += 1

    def when_left(self, act: Callable[[], None]) -> None:
        """Calls `act` once a place has been given back: first come, first served."""
        self._queue.append(act)

    def leave(self) -> None:
        """Gives a place back: to a sign-up that waits for one, else to whoever waits longest.

        Only those are woken who get one, or hundreds would be for each that leaves.
        """
        self._inside -= 1
        # Each of them takes a place, or is no longer in need of one, or asks again.
        for _ in range(len(self._queue)):
            if not self.lets_pass and not self.is_closed:
                break
            self._queue.popleft()()
        while self._waiting and (self.lets_pass or self.is_closed):
            turn = self._waiting.popleft()
            if not turn.done():
                if takes := self.lets_pass:
                    self.enter()
                turn.set_result(takes)

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
        pause_s = min(patience_s(self._busy, verdict), self._longest_pause_s)
        self._closed_until_s = max(self._closed_until_s, self._clock.monotonic_s() + pause_s)

    @property
    def is_closed(self) -> bool:
        """Whether the club asked us to keep away for now."""
        return self._clock.monotonic_s() < self._closed_until_s
