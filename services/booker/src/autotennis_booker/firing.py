"""One place from which this process's sign-ups are fired: each at its instant, and nothing else meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from autotennis.ports import Clock

# The last stretch before a shot is spun without letting anything else run: a turn of the event loop may take longer.
_SPIN_S: Final = 0.0003
# Closer to a shot than this, the line looks every few ms whether an earlier one has come in between.
_NEAR_S: Final = 0.02
_GLANCE_S: Final = 0.002
# Reading a page takes up to about this long.
_CALM_S: Final = 0.004
# So long a burst may keep its own answers waiting.
_LONGEST_S: Final = 0.03


@dataclass(order=True, frozen=True, slots=True)
class Shot:
    """A sign-up that is due at a reading of our monotonic clock; of two at the same instant the lower rank goes first.

    `fire` writes the request and returns at once; what it gives is called when all shots of that instant are fired.
    """

    at_s: float
    rank: float
    fire: Callable[[], Callable[[], None]] = field(compare=False)


class FiringLine:
    """Fires the shots of all races of this process in the order of their instants.

    A task for each race would do as well while there are few; with hundreds, each would have to wait for all the
    others' turns of the event loop.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shots: list[Shot] = []
        self._changed = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()
        self._work: asyncio.Task[None] | None = None

    def add(self, shot: Shot) -> None:
        """Fires it when it is due: at once, if that has passed."""
        heappush(self._shots, shot)
        self._changed.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._fire_all())

    async def calm(self) -> None:
        """Returns when no shot is due in the next moment, so that there is time for what takes longer.

        Where there is always one due, it returns after a while all the same: what the answers say has to be heard.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_S):
                await self._calm.wait()

    async def _fire_all(self) -> None:
        while self._shots:
            left_s = self._shots[0].at_s - self._clock.monotonic_s()
            if left_s > _CALM_S:
                self._calm.set()
            else:
                self._calm.clear()
            if left_s > _NEAR_S:
                await self._wait(left_s - _NEAR_S)
            else:
                await self._clock.sleep_until(self._clock.monotonic_s() + min(left_s - _SPIN_S, _GLANCE_S))
                self._fire_due()
                await asyncio.sleep(0)
        self._calm.set()

    async def _wait(self, most_s: float) -> None:
        """So long, or until another shot is added."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._changed.wait()

    def _fire_due(self) -> None:
        """Fires what is due now; what is added by that comes the next time, so that answers are heard in between."""
        due: list[Shot] = []
        by_s = self._clock.monotonic_s() + _SPIN_S
        while self._shots and self._shots[0].at_s <= by_s:
            due.append(heappop(self._shots))
        rest: list[Callable[[], None]] = []
        for shot in due:
            while self._clock.monotonic_s() < shot.at_s:
                pass
            rest.append(shot.fire())
        for finish in rest:
            finish()
