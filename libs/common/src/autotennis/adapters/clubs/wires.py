"""One visitor's own connections for prepared requests."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from ssl import SSLContext
from typing import Final

from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] (a bare `tuple` in it)
from yarl import URL

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.wire import Wire
from autotennis.names import Address, Names
from autotennis.ports import Clock

# As long as browsers wait for one of a host's addresses before they try the next one beside it (RFC 8305).
_NEXT_ADDRESS_S: Final = 0.25


class Wires:
    """Connections to the host of `base`, never more than `Limits.connections`; TLS where it is an https address.

    All of them go to one of the host's addresses while that can be reached, so that one server's clock counts.
    """

    def __init__(self, base: URL, ssl: SSLContext | None, clock: Clock, limits: Limits, names: Names) -> None:
        self._names = names
        self._host = base.raw_host or ""
        self._port = base.port or 0
        self._ssl = ssl
        self._clock = clock
        self._limits = limits
        self._addresses: Sequence[Address] = ()
        self._resolving = asyncio.Lock()
        self._wires: list[Wire] = []
        self._opening = 0
        self._changed = asyncio.Event()
        self._is_closed = False

    def idle(self) -> Wire | None:
        """A connection that a request can be written on now; None if there is none."""
        since_s = self._oldest_s()
        return next((wire for wire in self._wires if wire.is_idle and wire.idle_since_s > since_s), None)

    async def take(self) -> Wire:
        """An idle connection, or a new one; waits where there may be no more. Raises OSError, TimeoutError.

        It has to be written on before anything else is awaited.
        """
        async with asyncio.timeout(self._limits.connect_s):
            while (wire := self.idle()) is None:
                if self._room():
                    return await self._open()
                self._changed.clear()
                await self._changed.wait()
        return wire

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle; those that cannot be opened in time are left out."""
        room = self._room()
        idle = sum(wire.is_idle for wire in self._wires) + self._opening
        await asyncio.gather(*(self._try_to_open() for _ in range(min(connections - idle, room))))

    async def close(self) -> None:
        """Ends all connections; no more are opened."""
        self._is_closed = True
        wires, self._wires = self._wires, []
        for wire in wires:
            wire.cut()
        for wire in wires:
            await wire.gone()

    def _room(self) -> int:
        """How many more connections there may be. Those that are closed, or idle for too long, are dropped first."""
        since_s = self._oldest_s()
        for wire in self._wires:
            if wire.is_idle and wire.idle_since_s <= since_s:
                wire.cut()
        self._wires = [wire for wire in self._wires if wire.is_open]
        return self._limits.connections - len(self._wires) - self._opening

    def _oldest_s(self) -> float:
        return self._clock.monotonic_s() - self._limits.idle_s

    async def _try_to_open(self) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.connect_s):
                await self._open()

    async def _open(self) -> Wire:
        """A new connection. Raises OSError."""
        wire = Wire(self._clock, self._limits.body_bytes, self._changed.set)
        self._opening += 1
        try:
            connected = await self._connect()
            await asyncio.get_running_loop().create_connection(
                lambda: wire, sock=connected, ssl=self._ssl, server_hostname=self._host if self._ssl else None
            )
        finally:
            self._opening -= 1
            self._changed.set()
        if self._is_closed:
            wire.cut()
        if not wire.is_open:
            raise ConnectionError("The connection was closed as soon as it was open.")
        self._wires.append(wire)
        return wire

    async def _connect(self) -> socket.socket:
        addresses = await self._resolved()
        try:
            connected = await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S)
        except OSError:
            self._addresses = ()
            raise
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._addresses = [address for address in addresses if address[4] == connected.getpeername()]
        except OSError:
            connected.close()
            raise
        return connected

    async def _resolved(self) -> Sequence[Address]:
        async with self._resolving:
            if not self._addresses:
                self._addresses = await self._names.addresses(self._host, self._port)
            return self._addresses
