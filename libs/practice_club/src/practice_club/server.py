"""Serving a practice club, for a program, a supervisor or a test."""

import asyncio
import errno
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from pydantic import SecretStr

from practice_club.club import PracticeClub
from practice_club.connections import ConnectionFactory
from practice_club.control import control_app
from practice_club.front_door import FrontDoor, drop_date
from practice_club.knobs import Knobs

_SHUTDOWN_S = 0.2


class PortTakenError(OSError):
    """Somebody else listens on the wanted port."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 0


def create_app(club: PracticeClub, *, control_token: SecretStr | None = None) -> web.Application:
    """The club's site and its control API. With a token, the control API wants `Authorization: Bearer TOKEN`."""
    app = web.Application()
    app.on_response_prepare.append(drop_date)
    app.add_subapp("/control", control_app(club, control_token))
    app.router.add_route("*", "/{path:.*}", FrontDoor(club).serve)
    return app


@asynccontextmanager
async def serving(
    club: PracticeClub, address: Address | None = None, *, control_token: SecretStr | None = None
) -> AsyncGenerator[PracticeClub]:
    """Serve a club; sets its `base_url`. Raises PortTakenError if somebody else has the port."""
    address = address or Address()
    app = create_app(club, control_token=control_token)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        listener = await _listen(runner, club, address)
        host, port = listener.sockets[0].getsockname()[:2]
        club.base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        try:
            yield club
        finally:
            listener.close()
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


async def _listen(runner: web.AppRunner, club: PracticeClub, address: Address) -> asyncio.Server:
    """Like aiohttp's own TCPSite, but with connections that note when they were opened."""
    if runner.server is None:
        raise RuntimeError("the runner has not been set up")
    loop = asyncio.get_running_loop()
    try:
        factory = ConnectionFactory(runner.server, club)
        return await loop.create_server(factory, address.host, address.port, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(error.errno, f"port {address.port} on {address.host} is taken") from error
        raise
