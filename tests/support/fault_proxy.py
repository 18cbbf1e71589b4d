"""A proxy between any two parts of ours, or one of ours and the world: it does to connections what bad networks do."""

import asyncio
import random
import re
import ssl
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from socket import SO_LINGER, SOL_SOCKET
from typing import Final
from urllib.parse import urlsplit

_PIECE: Final = 65_536
# What TCP waits for at least before it sends a lost segment again (Linux).
_SENT_AGAIN_S: Final = 0.2
# What is flooded says that it is as long as that: else whoever reads it is done with it before, or is not.
_LENGTH: Final = re.compile(rb"(?<=Content-Length: )\d+", re.IGNORECASE)
_ENDLESS: Final = b"1000000000000"


class Then(StrEnum):
    """What becomes of an answer of which enough was let through."""

    RESET = "reset"
    END = "end"
    SILENCE = "silence"
    DRIP = "drip"
    FLOOD = "flood"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the way. Each way is late by `latency_s` and up to `jitter_s`; `loss` is a chance, up to 1.

    With `then`, so many bytes of each answer are let through (`after_bytes`), and then that happens: to the answers of
    requests that hold `asking`, and to so many of them (`times`; None: all). Of the `deaf`, the request never arrives.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    then: Then | None = None
    after_bytes: int = 0
    deaf: bool = False
    asking: bytes = b""
    times: int | None = None


NONE: Final = Faults()
# Whoever connects is accepted, and that was all.
HALF_OPEN: Final = Faults(then=Then.SILENCE, deaf=True)
# What is asked for is done, and nobody hears of it.
SWALLOWED: Final = Faults(then=Then.SILENCE)
RESET_AT_ONCE: Final = Faults(then=Then.RESET, deaf=True)
RESET_IN_MID_ANSWER: Final = Faults(then=Then.RESET, after_bytes=600)
CUT_SHORT: Final = Faults(then=Then.END, after_bytes=600)
DRIPPING: Final = Faults(then=Then.DRIP, after_bytes=600)


class FaultProxy:
    """Stands before the server at `upstream` (http://host:port). `faults` may be changed at any time.

    `hit` counts the answers that were spoilt, `flooded_bytes` what was sent of floods. With `tls` it is an https server
    that shows what was given last to `present`.
    """

    def __init__(self, upstream: str, faults: Faults = NONE, tls: ssl.SSLContext | None = None) -> None:
        self.faults = faults
        self.hit = 0
        self.flooded_bytes = 0
        self.address = ""
        self.tls = tls
        self._upstream = urlsplit(upstream)
        self._shown: ssl.SSLContext | None = tls
        self._open: set[asyncio.StreamWriter] = set()
        self._random = random.Random(1)  # noqa: S311 (delays, no secret)

    def present(self, shown: ssl.SSLContext | None) -> None:
        """Shows this certificate from now on to whoever connects; None: breaks every handshake off.

        Connections that are open are dropped.
        """
        self._shown = shown
        self.drop()

    def drop(self) -> None:
        """Resets all connections."""
        for writer in tuple(self._open):
            _reset(writer)

    def named(self, asked: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> int | None:
        """What `ssl.SSLContext.sni_callback` calls in each handshake."""
        if self._shown is None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR
        asked.context = self._shown
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side leaves."""
        self._open.add(writer)
        try:
            there, onward = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
            self._open.add(onward)
            exchange = _Exchange(self, reader, writer, there, onward)
            try:
                await exchange.until_over()
            finally:
                self._open.discard(onward)
                onward.close()
        except OSError:
            _reset(writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def delay(self) -> None:
        """As long as a piece of data is late."""
        faults, late_s = self.faults, 0.0
        if faults.latency_s or faults.jitter_s:
            late_s = faults.latency_s + self._random.uniform(0, faults.jitter_s)
        while faults.loss and self._random.random() < faults.loss:
            late_s += _SENT_AGAIN_S
        if late_s:
            await asyncio.sleep(late_s)

    def struck(self, request: bytes) -> Faults | None:
        """The faults, if they are for the answer to this request, which then counts."""
        faults = self.faults
        if faults.then is None or faults.asking not in request:
            return None
        if faults.times is not None and self.hit >= faults.times:
            return None
        self.hit += 1
        return faults


class _Exchange:
    """What goes to and fro on one connection."""

    def __init__(
        self,
        proxy: FaultProxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        onward: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._there, self._onward = there, onward
        self._struck: Faults | None = None
        self._left = 0

    async def until_over(self) -> None:
        """Returns when either side has left."""
        ways = [asyncio.create_task(way) for way in (self._ask(), self._answer())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _ask(self) -> None:
        while request := await self._reader.read(_PIECE):
            self._struck = self._proxy.struck(request)
            if self._struck is not None and self._struck.deaf:
                await self._spoil(self._struck)
                continue
            self._left = self._struck.after_bytes if self._struck else 0
            await self._proxy.delay()
            self._onward.write(request)
            await self._onward.drain()

    async def _answer(self) -> None:
        while answer := await self._there.read(_PIECE):
            await self._proxy.delay()
            struck = self._struck
            if struck is not None and struck.then is Then.FLOOD:
                answer = _LENGTH.sub(_ENDLESS, answer)
            passed = answer if struck is None else answer[: self._left]
            self._left -= len(passed)
            self._writer.write(passed)
            await self._writer.drain()
            if struck is not None and self._left <= 0:
                await self._spoil(struck, answer[len(passed) :])

    async def _spoil(self, faults: Faults, rest: bytes = b"") -> None:
        match faults.then:
            case Then.RESET:
                _reset(self._writer)
                raise ConnectionResetError
            case Then.END:
                self._writer.close()
                raise ConnectionResetError
            case Then.DRIP:
                for byte in rest:
                    self._writer.write(bytes((byte,)))
                    await self._writer.drain()
                    await asyncio.sleep(0.02)
            case Then.FLOOD:
                while True:
                    self._writer.write(b" " * _PIECE)
                    await self._writer.drain()
                    self._proxy.flooded_bytes += _PIECE
            case _:
                # Silence: whatever else comes is kept back as well.
                pass


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closing without lingering resets the connection."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def fault_proxy(
    upstream: str, faults: Faults = NONE, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[FaultProxy]:
    """A proxy on a free port before the server at `upstream`."""
    proxy = FaultProxy(upstream, faults, tls)
    if tls is not None:
        tls.sni_callback = proxy.named  # pyright: ignore[reportAttributeAccessIssue] (typed for the other kind of socket)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()[:2]
    proxy.address = f"https://localhost:{port}" if tls else f"http://{host}:{port}"
    async with server:
        try:
            yield proxy
        finally:
            server.close()
            proxy.drop()
