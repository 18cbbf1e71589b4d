"""Signs of life: by them another instance learns whether the holder of a claim still works on it."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.errors import AutotennisError, Transient
from autotennis.ports import Ports
from autotennis.stopping import Stopping

# How often the first beat is tried, and whoever waits for another's looks.
_TRIES: Final = 5
_LOOK_S: Final = 0.5
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A beat every `beat_s` says that the instance lives for `life_s` more.

    A missed beat is no death, nor are two that hang for some seconds. It is one write every few seconds, however many
    bookings an instance races for.
    """

    beat_s: float = 4.0
    life_s: float = 20.0


class Pulse:
    """Says that this instance lives, for as long as it races for anything; and knows whether others do."""

    def __init__(self, ports: Ports, holder: str, rhythm: Rhythm, stopping: Stopping | None = None) -> None:
        self._ports = ports
        self._holder = holder
        self._rhythm = rhythm
        self._stopping = stopping or Stopping()
        self._races = 0
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._watched: dict[str, asyncio.Task[bool]] = {}
        # Of its own: a beat must not queue behind calls that take their time.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pulse")

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Beats while the context lasts, the first time before it begins. Raises Transient if that cannot be noted.

        An instance that is told to stop in the middle of it says so: others may take over at once.
        """
        self._races += 1
        try:
            async with self._starting:
                if self._task is None:
                    await self._first_beat()
                    self._task = asyncio.create_task(self._go_on())
            yield
        except asyncio.CancelledError:
            await self._last_beat()
            raise
        finally:
            self._races -= 1
            if self._races == 0 and self._task is not None:
                self._task.cancel()
                self._task = None
                if self._stopping.is_told:
                    # Not before the last race has ended: until then its booking is not to be taken from us.
                    await self._last_beat()

    async def is_gone(self, holder: str) -> bool:
        """Whether another instance has died. Returns when that is certain: after its next beat, or when none came."""
        if holder not in self._watched:
            self._watched[holder] = asyncio.create_task(self._outlived(holder))
            self._watched[holder].add_done_callback(lambda _task: self._watched.pop(holder))
        return await asyncio.shield(self._watched[holder])

    async def _outlived(self, holder: str) -> bool:
        first = await self._alive_until(holder)
        until = first
        while until is not None and until >= self._ports.clock.now():
            if first is not None and until > first:
                return False
            await asyncio.sleep(_LOOK_S)
            until = await self._alive_until(holder)
        return True

    async def _alive_until(self, holder: str) -> datetime | None:
        return await asyncio.to_thread(self._ports.store.alive_until, holder)

    async def _first_beat(self) -> None:
        for _ in range(_TRIES - 1):
            with suppress(Transient):
                return await self._beat(self._rhythm.life_s)
            await asyncio.sleep(_LOOK_S)
        return await self._beat(self._rhythm.life_s)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._rhythm.beat_s)
            try:
                await self._beat(self._rhythm.life_s)
            except Exception:  # noqa: BLE001 (to fall silent would have our bookings taken from us in mid-race)
                _log.exception("no sign of life could be given")

    async def _last_beat(self) -> None:
        with suppress(AutotennisError):
            await self._beat(life_s=0.0)

    async def _beat(self, life_s: float) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._note, timedelta(seconds=life_s))

    def _note(self, life: timedelta) -> None:
        self._ports.store.keep_alive(self._holder, self._ports.clock.now() + life)
