"""A club's site, and its visitors: each with cookies and connections of its own, all with the same manners."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.transport import Manners, Transport, Visitor, open_transport
from autotennis.names import Names
from autotennis.ports import Clock

_PLAIN: Final = Manners()


class Site:
    """The site at `root`, for all its visitors."""

    def __init__(self, root: str, user_agent: str, clock: Clock, limits: Limits, manners: Manners = _PLAIN) -> None:
        self._root = URL(root)
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits
        self._manners = manners
        # Each club has its own, for all its visitors: one whose name nobody answers for keeps no other waiting.
        self._names = Names(limits.look_ups)

    @asynccontextmanager
    async def visitor(self) -> AsyncGenerator[Transport]:
        """The HTTP of a visitor who is not logged in; connections and cookies end with the context."""
        trust = self._trust if self._root.scheme == "https" else None
        visitor = Visitor(self._user_agent, self._clock, self._limits, self._names, trust, self._manners)
        async with open_transport(self._root, visitor) as transport:
            yield transport

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Whom the machine trusts. Reading that takes some 25 ms, so it is done once for all visits."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context
