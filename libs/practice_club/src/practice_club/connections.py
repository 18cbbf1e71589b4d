"""Connections that know when they were opened and when each of their requests came in."""

import asyncio
import time
from collections import deque
from itertools import count

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.typedefs import Handler

from practice_club.agenda import Hold
from practice_club.club import PracticeClub
from practice_club.sockets import StampedSocket, StampingListener
from practice_club.timekeeper import Timekeeper


class NoAccessLog(AbstractAccessLogger):
    """The usual access log would show links with members' ids; the club's own record leaves them out."""

    @property
    def enabled(self) -> bool:
        """Never."""
        return False

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Not called, since it is not enabled."""


class Connection(web.RequestHandler):
    """One connection of a visitor. Its instants are the machine's, in nanoseconds since 1970."""

    def __init__(self, factory: "ConnectionFactory", number: int) -> None:
        keepalive_s = factory.club.knobs.keepalive_s
        loop = asyncio.get_running_loop()
        super().__init__(factory.server, loop=loop, access_log_class=NoAccessLog, keepalive_timeout=keepalive_s)
        self.number = number
        self.chance = factory.club.traffic.chance(number)
        self.read_ns = 0
        self.answered_ns = 0
        self._factory = factory
        self._socket: StampedSocket | None = None
        self._opened_ns: int | None = None
        self._unserved: deque[int] = deque()
        self._hold: Hold | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._opened_ns = time.time_ns()
        self._socket = self._factory.listener.connection(transport.get_extra_info("socket").fileno())
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol. The instant of what came is noted before anything is made of it."""
        self.read_ns = self._socket.read_ns if self._socket else time.time_ns()
        idle, served = self._waiter is not None, self._request_count
        super().data_received(data)
        news = self._request_count - served
        self._unserved.extend([self.read_ns] * news)
        # Requests that follow others without waiting for their answers are looked at when those are written.
        if news and idle and self._hold is None:
            self._hold = self._factory.keeper.hold(self.read_ns)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self.let_go()
        super().connection_lost(exc)

    def take_opened_ns(self) -> int | None:
        """When it was opened, for its first request; None for later ones."""
        # A busy program may accept a connection only after its first bytes have come.
        opened_ns, self._opened_ns = self._opened_ns, None
        return opened_ns if opened_ns is None else min(opened_ns, self.read_ns)

    def take_read_ns(self) -> int:
        """When the request came whose turn it is."""
        return self._unserved.popleft() if self._unserved else self.read_ns

    def let_go(self) -> None:
        """What the request asks for is planned, or will not be for a while: others need not wait for it."""
        if self._hold is not None:
            self._factory.keeper.release(self._hold)
            self._hold = None


class ConnectionFactory:
    """Makes the protocol of each new connection, numbered."""

    def __init__(self, server: web.Server, club: PracticeClub, keeper: Timekeeper, listener: StampingListener) -> None:
        self.server = server
        self.club = club
        self.keeper = keeper
        self.listener = listener
        self._numbers = count(1)

    def __call__(self) -> Connection:
        """Called by the event loop when a connection was accepted."""
        return Connection(self, next(self._numbers))


def connection_of(request: web.BaseRequest) -> Connection:
    """The connection of a request. Raises TypeError under somebody else's server."""
    if not isinstance(request.protocol, Connection):
        raise TypeError("the practice club serves its own connections only")
    return request.protocol


@web.middleware
async def take_stamp(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note when a request came, whoever handles it; and when it was handled, let others go on."""
    connection = connection_of(request)
    request[READ_NS] = connection.take_read_ns()
    try:
        return await handler(request)
    finally:
        connection.let_go()


READ_NS = web.RequestKey("read_ns", int)
