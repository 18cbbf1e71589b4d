"""Connections that know when they were opened: the network's delays start there."""

import asyncio
from itertools import count

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from practice_club.club import PracticeClub


class NoAccessLog(AbstractAccessLogger):
    """The usual access log would show links with members' ids; the club's own record leaves them out."""

    @property
    def enabled(self) -> bool:
        """Never."""
        return False

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Not called, since it is not enabled."""


class Connection(web.RequestHandler):
    """One connection of a visitor."""

    def __init__(self, server: web.Server, number: int, keepalive_s: float) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log_class=NoAccessLog, keepalive_timeout=keepalive_s)
        self.number = number
        self._opened_s: float | None = loop.time()

    def take_opened_s(self) -> float | None:
        """When it was opened, on the event loop's clock, for its first request; None for later ones."""
        opened_s, self._opened_s = self._opened_s, None
        return opened_s


class ConnectionFactory:
    """Makes the protocol of each new connection, numbered."""

    def __init__(self, server: web.Server, club: PracticeClub) -> None:
        self._server = server
        self._club = club
        self._numbers = count(1)

    def __call__(self) -> Connection:
        """Called by the event loop when a connection was accepted."""
        return Connection(self._server, next(self._numbers), self._club.knobs.keepalive_s)


def connection_of(request: web.Request) -> Connection | None:
    """The connection of a request; None under somebody else's server, which does not note such things."""
    return request.protocol if isinstance(request.protocol, Connection) else None
