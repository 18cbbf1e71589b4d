"""Serving a practice club, for a program, a supervisor or a test."""

import asyncio
import errno
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from pydantic import SecretStr

from practice_club.club import PracticeClub
from practice_club.connections import ConnectionFactory, take_stamp
from practice_club.control import control_app
from practice_club.front_door import FrontDoor, drop_date
from practice_club.knobs import Knobs
from practice_club.sockets import StampingListener
from practice_club.timekeeper import Timekeeper, shared_timekeeper

_SHUTDOWN_S = 0.2
_BACKLOG = 512


class PortTakenError(OSError):
    """Somebody else listens on the wanted port."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 0


def create_app(club: PracticeClub, keeper: Timekeeper, *, control_token: SecretStr | None = None) -> web.Application:
    """The club's site and its control API. With a token, the control API wants `Authorization: Bearer TOKEN`."""
    app = web.Application(middlewares=[take_stamp])
    app.on_response_prepare.append(drop_date)
    app.add_subapp("/control", control_app(club, control_token))
    app.router.add_route("*", "/{path:.*}", FrontDoor(club, keeper).serve)
    return app


@asynccontextmanager
async def serving(
    club: PracticeClub, address: Address | None = None, *, control_token: SecretStr | None = None
) -> AsyncGenerator[PracticeClub]:
    """Serve a club; sets its `base_url`. Raises PortTakenError if somebody else has the port."""
    address = address or Address()
    with shared_timekeeper() as keeper:
        app = create_app(club, keeper, control_token=control_token)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            async with _listening(runner, club, keeper, address):
                yield club
        finally:
            await runner.cleanup()


@asynccontextmanager
async def running_club(
    *, seed: int = 1, empty: bool = False, knobs: Knobs | None = None, control_token: SecretStr | None = None
) -> AsyncGenerator[PracticeClub]:
    """A club on a free port of this machine, for a test: `async with running_club() as club: ... club.base_url`."""
    club = PracticeClub(seed=seed, empty=empty, knobs=knobs)
    async with serving(club, control_token=control_token):
        yield club


@asynccontextmanager
async def _listening(
    runner: web.AppRunner, club: PracticeClub, keeper: Timekeeper, address: Address
) -> AsyncGenerator[None]:
    """Like aiohttp's own TCPSite, but with sockets and connections that note instants. Sets the club's `base_url`."""
    if runner.server is None:
        raise RuntimeError("the runner has not been set up")
    loop = asyncio.get_running_loop()
    servers: list[asyncio.Server] = []
    try:
        for listener in await _listeners(address):
            factory = ConnectionFactory(runner.server, club, keeper, listener)
            servers.append(await loop.create_server(factory, sock=listener, backlog=_BACKLOG))
        host, port = servers[0].sockets[0].getsockname()[:2]
        club.base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        yield
    finally:
        for server in servers:
            server.close()


async def _listeners(address: Address) -> list[StampingListener]:
    """A bound socket for everything that the host's name means, all on one port."""
    infos = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    listeners: list[StampingListener] = []
    port = address.port
    try:
        for family, place in dict.fromkeys((info[0], info[4]) for info in infos):
            listeners.append(StampingListener(family, (place[0], port, *place[2:])))
            port = listeners[0].getsockname()[1]
    except OSError as error:
        for listener in listeners:
            listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(error.errno, f"port {address.port} on {address.host} is taken") from error
        raise
    return listeners
