"""The way to the club and the queue inside it: network delay, workers, work, and PHP's session lock."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from weakref import WeakValueDictionary

from practice_club.knobs import Knobs

# The event loop rounds its waits up to whole milliseconds, twice over, so it wakes up to two of them late. The last
# stretch of a delay is therefore spent in turns of the loop: that costs processor time, but serves others meanwhile.
_SPIN_S = 0.0022


async def sleep_until(deadline_s: float) -> None:
    """Return at an instant of the running loop's clock, some 50 us late at most if the machine is idle."""
    loop = asyncio.get_running_loop()
    coarse_s = deadline_s - loop.time() - _SPIN_S
    if coarse_s > 0:
        await asyncio.sleep(coarse_s)
    while loop.time() < deadline_s:  # noqa: ASYNC110 - waits for an instant, which no event announces
        await asyncio.sleep(0)


async def sleep_ms(delay_ms: float) -> None:
    """Sleep precisely; a delay of nought costs nothing."""
    if delay_ms > 0:
        await sleep_until(asyncio.get_running_loop().time() + delay_ms / 1000)


class Traffic:
    """Delays a request on its way in, while it is worked on, and on its way out."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - jitter, no secret
        self._knobs = Knobs()
        self._workers: asyncio.Semaphore | None = None
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def use(self, knobs: Knobs) -> None:
        """Delay as these knobs say from now on; requests in the old queue finish there."""
        if knobs.workers != self._knobs.workers:
            self._workers = asyncio.Semaphore(knobs.workers) if knobs.workers else None
        self._knobs = knobs

    async def come_in(self, connected_s: float | None) -> None:
        """The way to the club. `connected_s` is when the connection was opened, if this is its first request.

        Over a real network that connection would have come about a round trip later: the kernel of one machine
        connects at once, so the first request makes up for it.
        """
        now_s = asyncio.get_running_loop().time()
        if connected_s is not None and self._knobs.handshake:
            now_s = max(now_s, connected_s + (self._way_in_ms() + self._way_out_ms()) / 1000)
        delay_ms = self._way_in_ms()
        if delay_ms > 0:
            await sleep_until(now_s + delay_ms / 1000)

    async def go_out(self) -> None:
        """The way back."""
        await sleep_ms(self._way_out_ms())

    @asynccontextmanager
    async def turn(self, php_session: str) -> AsyncGenerator[None]:
        """A worker, and the session's lock. As in PHP, a request that waits for the lock keeps its worker."""
        lock = self._lock(php_session)
        async with self._workers or nullcontext(), lock or nullcontext():
            yield

    async def work_before(self) -> None:
        """The work before the club decides."""
        await sleep_ms(self._work_ms(self._knobs.service_before_ms))

    async def work_after(self) -> None:
        """The work between the decision and the answer."""
        await sleep_ms(self._work_ms(self._knobs.service_after_ms))

    def _lock(self, php_session: str) -> asyncio.Lock | None:
        if not php_session or not self._knobs.session_lock:
            return None
        lock = self._locks.get(php_session)
        if lock is None:
            lock = self._locks[php_session] = asyncio.Lock()
        return lock

    def _way_in_ms(self) -> float:
        return self._knobs.latency_in_ms + self._up_to(self._knobs.jitter_in_ms)

    def _way_out_ms(self) -> float:
        return self._knobs.latency_out_ms + self._up_to(self._knobs.jitter_out_ms)

    def _work_ms(self, least_ms: float) -> float:
        return least_ms + self._up_to(self._knobs.service_jitter_ms)

    def _up_to(self, most_ms: float) -> float:
        return self._random.uniform(0, most_ms) if most_ms else 0.0
