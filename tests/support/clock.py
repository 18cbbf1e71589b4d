"""A clock that stands until it is told to go on."""

import asyncio
from datetime import UTC, datetime, timedelta


class ManualClock:
    """The port Clock. Only `advance` and `step` move it; advance it in the event loop's thread if anybody sleeps."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic_s = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The instant that it stands at."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds, moved on together with `now`."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Moves on, and wakes who slept until then."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
        for until_s, sleeper in self._sleepers:
            if until_s <= self._monotonic_s and not sleeper.done():
                sleeper.set_result(None)
        self._sleepers = [one for one in self._sleepers if not one[1].done()]

    def step(self, seconds: float) -> None:
        """Has the wall clock set by so much; no time passes."""
        self._now += timedelta(seconds=seconds)

    async def sleep_until(self, monotonic_s: float) -> None:
        """Returns once it was moved that far; at once if it is there."""
        if monotonic_s > self._monotonic_s:
            sleeper = asyncio.get_running_loop().create_future()
            self._sleepers.append((monotonic_s, sleeper))
            await sleeper
