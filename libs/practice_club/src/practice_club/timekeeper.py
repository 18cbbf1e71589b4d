"""Keeps one agenda for everything that an event loop serves, and wakes whoever sleeps to an instant."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from weakref import WeakKeyDictionary

from practice_club.agenda import Act, Agenda, Hold
from practice_club.alarm import alarm_for


class Timekeeper:
    """Does what is on the agenda when it is due: never before, and in order. All instants are the machine's, in ns."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.users = 0
        self._loop = loop
        self._agenda = Agenda()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._alarm = alarm_for(loop, self._ring)
        self._set_ns: int | None = None
        self._horizon_ns = 0
        self._run_is_near = False

    def plan(self, at_ns: int, act: Act) -> None:
        """Have something decided at an instant: in the order of the instants, together with all that is due then."""
        self._agenda.plan(at_ns, act)
        self._look_ahead()

    def hold(self, since_ns: int) -> Hold:
        """Bytes came in then that nobody has looked at: nothing later is decided until `release`."""
        # Whatever had been sent before was in the same look at the sockets, or in one before it.
        self._horizon_ns = max(self._horizon_ns, since_ns)
        return self._agenda.hold(since_ns)

    def release(self, hold: Hold) -> None:
        """What those bytes ask for is planned, or is nothing."""
        hold.released = True
        self._look_ahead()

    async def reach(self, at_ns: int) -> None:
        """Return at an instant, or at once if it is past. No order is kept among those who wait for the same."""
        if at_ns <= time.time_ns():
            return
        waiter = self._loop.create_future()
        heappush(self._sleepers, (at_ns, next(self._numbers), waiter))
        self._look_ahead()
        await waiter

    def close(self) -> None:
        """Do nothing more."""
        self._alarm.close()

    def _look_ahead(self) -> None:
        """See to it that the next thing is done."""
        next_ns = self._agenda.next_ns()
        if next_ns is not None and next_ns <= self._horizon_ns:
            self._run_soon()
            next_ns = None
        if self._sleepers:
            next_ns = min(next_ns or self._sleepers[0][0], self._sleepers[0][0])
        if next_ns is not None and (self._set_ns is None or next_ns < self._set_ns):
            self._set_ns = max(next_ns, time.time_ns())
            self._alarm.set(self._set_ns)

    def _run_soon(self) -> None:
        """Not at once: others whose bytes came in the same look plan first, and all is decided in one go."""
        if not self._run_is_near:
            self._run_is_near = True
            self._loop.call_soon(self._run)

    def _ring(self, at_ns: int) -> None:
        self._set_ns = None
        self._horizon_ns = max(self._horizon_ns, at_ns)
        now_ns = time.time_ns()
        while self._sleepers and self._sleepers[0][0] <= now_ns:
            _, _, waiter = heappop(self._sleepers)
            if not waiter.done():
                waiter.set_result(None)
        self._look_ahead()

    def _run(self) -> None:
        self._run_is_near = False
        self._agenda.run(self._horizon_ns)
        self._look_ahead()


_KEEPERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Timekeeper] = WeakKeyDictionary()


@contextmanager
def shared_timekeeper() -> Generator[Timekeeper]:
    """The one timekeeper of the running loop, for all clubs that it serves; it ends with its last user."""
    loop = asyncio.get_running_loop()
    keeper = _KEEPERS.get(loop)
    if keeper is None:
        keeper = _KEEPERS[loop] = Timekeeper(loop)
    keeper.users += 1
    try:
        yield keeper
    finally:
        keeper.users -= 1
        if not keeper.users:
            del _KEEPERS[loop]
            keeper.close()
