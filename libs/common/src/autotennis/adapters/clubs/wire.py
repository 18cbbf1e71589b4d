"""A connection to a club that carries ready-made bytes, one request at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from autotennis.ports import Clock


class Wire(asyncio.Protocol):
    """Writes at once, and keeps what arrives, with its instant, until somebody reads it: nothing is parsed here.

    A connection on which something comes unasked, or more than an answer may have, is cut. `changed` is called whenever
    the connection comes free or is gone.
    """

    def __init__(self, clock: Clock, most_bytes: int, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._changed = changed
        self._transport: asyncio.Transport | None = None
        self._arrived: deque[tuple[float, bytes]] = deque()
        self._size = 0
        self._is_busy = False
        self._is_broken = False
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self.idle_since_s = clock.monotonic_s()

    @property
    def is_open(self) -> bool:
        """Whether it was opened and, as far as anybody told us, not closed since."""
        return self._transport is not None

    @property
    def is_idle(self) -> bool:
        """Whether a request can be written."""
        return self.is_open and not self._is_busy

    def write(self, request: bytes) -> float:
        """Hands a request to the network before it returns; gives the instant just before. It has to be idle."""
        if self._transport is None or self._is_busy:
            raise RuntimeError("A request can only be written on an idle connection.")
        self._is_busy = True
        sent_s = self._clock.monotonic_s()
        self._transport.write(request)
        return sent_s

    async def read(self) -> tuple[float, bytes]:
        """The next bytes of the answer, and the instant at which they were there; no bytes where it ends.

        Raises ConnectionError if the connection broke.
        """
        while not self._arrived:
            if self._is_broken:
                raise ConnectionError("The connection broke.")
            if not self.is_open:
                return self._clock.monotonic_s(), b""
            self._news.clear()
            await self._news.wait()
        return self._arrived.popleft()

    def free(self) -> None:
        """The answer was read to its end: it can carry another request. Cuts it if more came than that answer."""
        if self._arrived:
            self.cut()
        self._is_busy = False
        self._size = 0
        self.idle_since_s = self._clock.monotonic_s()
        self._changed()

    def cut(self) -> None:
        """Ends the connection at once."""
        self._is_broken = True
        self._end()

    async def gone(self) -> None:
        """Returns when nothing of it is left."""
        await self._gone.wait()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keeps what arrived."""
        self._size += len(data)
        if not self._is_busy or self._size > self._most_bytes:
            self.cut()
            return
        self._arrived.append((self._clock.monotonic_s(), data))
        self._news.set()

    def eof_received(self) -> None:
        """The other side will say no more, so it is of no use any longer."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left of it."""
        self._is_broken = self._is_broken or exc is not None
        self._end()
        self._gone.set()

    def _end(self) -> None:
        if self._transport is not None:
            # Nothing that we wrote waits to be sent: whoever ends, ends at once.
            transport, self._transport = self._transport, None
            transport.abort()
            self._news.set()
            self._changed()
