"""A practice club or a scripted server, and a visitor of ours at it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import HttpUrl

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.system import SystemClock
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials
from autotennis.ports import Clock, Club, Visit
from autotennis.values import Session
from practice_club.club import PracticeClub
from practice_club.orders import NewSession
from practice_club.people import Member
from practice_club.session import Session as ClubSession

USER_AGENT = "Autotennis/test (+mailto:drift@example.invalid)"
# Short enough for a test to wait for them, long enough for a busy machine.
QUICK = Limits(connect_s=2.0, read_s=0.4, total_s=5.0)

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
RawRespond = Callable[[asyncio.StreamWriter], Awaitable[None]]


def club_at(address: str, limits: Limits | None = None, clock: Clock | None = None) -> Club:
    """Our client for the club at an address."""
    rules = ClubRules(id="practice", name="Practice", base_url=HttpUrl(address))
    return open_club(rules, USER_AGENT, clock or SystemClock(), limits)


def credentials(member: Member) -> Credentials:
    """What a member of the practice club logs in with."""
    return Credentials(email=member.email, password=member.pin)


@asynccontextmanager
async def member_at(club: PracticeClub, member: Member, limits: Limits | None = None) -> AsyncGenerator[Visit]:
    """A visitor who is logged in as a member."""
    async with club_at(club.base_url, limits).visit() as visit:
        await visit.log_in(credentials(member))
        yield visit


def ours(session: ClubSession, *, padded: bool = False) -> Session:
    """A session of the practice club as we name it."""
    return Session(timeid=session.slot.timeid, start=session.start.replace(tzinfo=None), padded=padded)


def open_session(club: PracticeClub, **what: object) -> tuple[ClubSession, Session]:
    """A session that opened a minute ago, or as `what` says: the club's and ours."""
    session = club.add_session(NewSession.model_validate({"opens_in_s": -60, **what}))
    return session, ours(session)


@asynccontextmanager
async def serving(respond: Respond) -> AsyncGenerator[str]:
    """A server that answers every request as told; gives its address."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await respond(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


class RawClub:
    """A server below HTTP: what it answers need not be an answer. It keeps the heads that it heard."""

    def __init__(self, respond: RawRespond | None = None) -> None:
        self._respond = respond
        self.heads: list[bytes] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until the visitor leaves; without `respond`, it only listens."""
        self.connections += 1
        self.open.add(writer)
        try:
            while not reader.at_eof():
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                if self._respond is not None:
                    await self._respond(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The visitor left, or we hung up.
            pass
        finally:
            self.open.discard(writer)
            writer.close()


def saying(data: bytes, *, then_leave: bool = False) -> RawRespond:
    """Answers with these bytes."""

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if then_leave:
            writer.close()

    return respond


@asynccontextmanager
async def raw_club(respond: RawRespond | None = None, tls: ssl.SSLContext | None = None) -> AsyncGenerator[RawClub]:
    """A raw server on a free port."""
    club = RawClub(respond)
    server = await asyncio.start_server(club.serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()[:2]
    club.address = f"https://localhost:{port}" if tls else f"http://{host}:{port}"
    async with server:
        yield club
