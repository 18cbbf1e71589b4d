"""Looks up the names of hosts, in threads of its own: a name that nobody answers for keeps nothing else waiting.

The machine's own look-up waits for half a minute where a name server is silent, and cannot be broken off. In the
threads that a program has for everything else, a few of them would keep it from its store.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

# As `getaddrinfo` gives it.
Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Names(AbstractResolver):
    """Looks up `at_once` names at most, whichever event loop asks; others wait until there is room."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="names")

    async def addresses(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> Sequence[Address]:
        """Where the host is. Raises OSError."""
        look_up = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        return await asyncio.get_running_loop().run_in_executor(self._pool, look_up)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The same for aiohttp."""
        return [
            ResolveResult(hostname=host, host=str(where[0]), port=port, family=kind, proto=proto, flags=_NUMERIC)
            for kind, _, proto, _, where in await self.addresses(host, port, family)
        ]

    async def close(self) -> None:
        """Waits for nobody."""
        self._pool.shutdown(wait=False, cancel_futures=True)
