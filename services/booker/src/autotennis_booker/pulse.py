"""Signs of life: by them another instance learns whether the holder of a claim still works on it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog

from autotennis.errors import Transient
from autotennis.ports import Ports

# One write every few seconds, however many bookings an instance races for.
_BEAT_S: Final = 4.0
# A missed beat or two is no death.
_LIFE: Final = timedelta(seconds=15)
_log = structlog.get_logger()


class Pulse:
    """Says that this instance lives, for as long as it races for anything."""

    def __init__(self, ports: Ports, holder: str) -> None:
        self._ports = ports
        self._holder = holder
        self._races = 0
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Beats while the context lasts, the first time before it begins. Raises Transient if that cannot be noted."""
        self._races += 1
        try:
            async with self._starting:
                if self._task is None:
                    await self._beat()
                    self._task = asyncio.create_task(self._go_on())
            yield
        finally:
            self._races -= 1
            if self._races == 0 and self._task is not None:
                self._task.cancel()
                self._task = None

    async def is_gone(self, holder: str) -> bool:
        """Whether another instance has given no sign of life for too long."""
        until = await asyncio.to_thread(self._ports.store.alive_until, holder)
        return until is None or until < self._ports.clock.now()

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            try:
                await self._beat()
            except Transient as error:
                _log.warning("no sign of life could be given", reason=str(error))

    async def _beat(self) -> None:
        until = self._ports.clock.now() + _LIFE
        await asyncio.to_thread(self._ports.store.keep_alive, self._holder, until)
