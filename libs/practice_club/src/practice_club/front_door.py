"""From a request on a socket to the club's answer on it. What is decided, and when, is the reception's."""

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET
from urllib.parse import unquote_plus

from aiohttp import web

from practice_club.answers import Answers, in_other_letters
from practice_club.club import PracticeClub
from practice_club.connections import READ_NS, connection_of
from practice_club.knobs import FaultKind
from practice_club.reception import Call, Outcome, Reception
from practice_club.site import Visit
from practice_club.timekeeper import Timekeeper
from practice_club.trouble import STATUS_OF

_NO_DATE = web.RequestKey("no_date", bool)
_HOLD_STEP_S = 0.05


class FrontDoor:
    """Serves every address of the club's site."""

    def __init__(self, club: PracticeClub, keeper: Timekeeper) -> None:
        self._club = club
        self._keeper = keeper
        self._reception = Reception(club, keeper.plan)
        self._answers = Answers(club)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request, from its arrival to its answer."""
        call = await self._call(request)
        self._reception.receive(call)
        connection = connection_of(request)
        connection.let_go()
        outcome = await call.outcome
        connection.answered_ns = outcome.answered_ns
        if outcome.fault is not None and outcome.fault.kind in {FaultKind.TIMEOUT, FaultKind.RESET}:
            return await self._say_nothing(request, outcome)
        response = self._response(request, outcome)
        await self._keeper.reach(outcome.answered_ns + call.journey.out_ns)
        if outcome.fault is not None and outcome.fault.kind is FaultKind.TRUNCATED:
            return await _cut_short(request, response)
        return response

    async def _call(self, request: web.Request) -> Call:
        """The request as the reception wants it. One with a body has come when the last of it has."""
        connection, read_ns, form = connection_of(request), request[READ_NS], b""
        if request.method == "POST":
            connection.let_go()  # the form may never come
            form = await request.read()
            read_ns = connection.read_ns
        journey = self._club.traffic.journey(connection.chance)
        return Call(
            visit=Visit(request.method, request.path, request.query, parse_cookies(request), form),
            connection=connection.number,
            address=request.remote or "",
            user_agent=request.headers.get("User-Agent", "")[:200],
            journey=journey,
            arrives_ns=journey.arrives_ns(read_ns, connection.take_opened_ns()),
            free_ns=connection.answered_ns,
            outcome=asyncio.get_running_loop().create_future(),
        )

    def _response(self, request: web.Request, outcome: Outcome) -> web.Response:
        fault, answers = outcome.fault, self._answers
        if outcome.guard is not None:
            return answers.refusal(outcome.record, outcome.guard.status, outcome.guard.retry_after_s)
        if outcome.kept is not None:
            return answers.second_hand(outcome)
        if fault is not None and fault.kind in STATUS_OF:
            return answers.refusal(outcome.record, STATUS_OF[fault.kind], fault.retry_after_s)
        if fault is not None and fault.location is not None:
            return answers.moved(outcome.record, fault.location)
        if fault is not None and fault.kind is FaultKind.NO_DATE:
            request[_NO_DATE] = True
        # Behind a proxy that speaks TLS, the site's own address does, too.
        scheme = request.headers.get("X-Forwarded-Proto", request.url.scheme)
        root = request.url.with_scheme(scheme) if scheme in {"http", "https"} else request.url
        page = answers.page(outcome, str(root.origin().with_path("/")))
        return in_other_letters(page) if fault is not None and fault.kind is FaultKind.OTHER_LETTERS else page

    async def _say_nothing(self, request: web.Request, outcome: Outcome) -> web.Response:
        """Hold the connection for as long as the fault says, then break it."""
        await self._keeper.reach(outcome.answered_ns)
        if outcome.fault is not None and outcome.fault.kind is FaultKind.TIMEOUT:
            await _hold(request, outcome.fault.hold_s)
        return _hang_up(request)


async def drop_date(request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp puts a `Date` on every answer; take it off where the fault says so."""
    if request.get(_NO_DATE):
        response.headers.popall("Date", None)


def parse_cookies(request: web.Request) -> dict[str, str]:
    """Cookies as PHP reads them: percent-decoded, and quotes are part of the value."""
    pairs = (pair.strip().partition("=") for pair in request.headers.get("Cookie", "").split(";"))
    return {name: unquote_plus(value) for name, _, value in pairs if name}


async def _cut_short(request: web.Request, whole: web.Response) -> web.StreamResponse:
    """Half of the body that the headers promise, then the end of the connection."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _hold(request: web.Request, hold_s: float) -> None:
    """Say nothing until the visitor gives up."""
    deadline_s = asyncio.get_running_loop().time() + hold_s
    while asyncio.get_running_loop().time() < deadline_s:
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(_HOLD_STEP_S)


def _hang_up(request: web.Request) -> web.Response:
    """Reset the connection, rather than close it politely."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
