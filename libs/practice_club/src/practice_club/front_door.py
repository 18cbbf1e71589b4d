"""From a request on a socket to the club's answer on it: network, queue, decision, `Date`, and trouble on demand."""

import asyncio
import struct
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from urllib.parse import unquote_plus

from aiohttp import web

from practice_club.clock import NS_PER_S
from practice_club.club import PracticeClub
from practice_club.connections import connection_of
from practice_club.knobs import Fault, FaultKind
from practice_club.logins import SESSION_COOKIE, SetCookie
from practice_club.record import RequestRecord
from practice_club.site import Reply, Visit
from practice_club.times import write_spilletid
from practice_club.trouble import STATUS_OF, Caller
from practice_club.vocabulary import Verdict

PHP_HEADERS = {
    "Server": "Apache",
    "Expires": "Thu, 19 Nov 1981 08:52:00 GMT",
    "Cache-Control": "no-store, no-cache, must-revalidate",
    "Pragma": "no-cache",
}
_NO_DATE = web.RequestKey("no_date", bool)
_HOLD_STEP_S = 0.05


class FrontDoor:
    """Serves every address of the club's site."""

    def __init__(self, club: PracticeClub) -> None:
        self._club = club

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request, from its arrival to its answer."""
        club = self._club
        form = await request.read() if request.method == "POST" else b""
        visit = Visit(request.method, request.path, request.query, parse_cookies(request), form)
        connection = connection_of(request)
        await club.traffic.come_in(connection.take_opened_s() if connection else None)
        record = self._open_record(request, visit, connection.number if connection else 0)
        caller = Caller(visit.action, record.member_id, request.remote or "", record.user_agent)
        guard = club.troubles.ban_for(caller, record.arrived_ns)
        if guard is not None:
            record.verdict = Verdict.BANNED
            return await self._refuse(record, guard.status, guard.retry_after_s)
        fault = club.troubles.fault_for(caller, record.arrived_ns)
        if fault is None:
            return await self._answer(request, visit, record)
        record.fault = fault.kind.value
        return await self._spoil(request, visit, record, fault)

    def _open_record(self, request: web.Request, visit: Visit, connection: int) -> RequestRecord:
        now_ns, key = self._club.now_ns(), visit.session_key
        record = RequestRecord(
            number=self._club.record.total + 1,
            connection=connection,
            arrived_ns=now_ns,
            method=visit.method,
            path=visit.path[:100],
            action=visit.action,
            timeid=key.timeid if key else None,
            spilletid=write_spilletid(key.start) if key else None,
            user_agent=request.headers.get("User-Agent", "")[:200],
            member_id=self._club.site.member_of(visit.cookies, now_ns),
        )
        self._club.record.add(record)
        return record

    async def _decide(self, visit: Visit, record: RequestRecord) -> Reply:
        traffic = self._club.traffic
        async with traffic.turn(visit.cookies.get(SESSION_COOKIE, "")):
            await traffic.work_before()
            record.decided_ns = self._club.now_ns()
            reply = self._club.site.answer(visit, record.decided_ns)
            record.verdict, record.member_id = reply.verdict, reply.member_id
            await traffic.work_after()
        record.answered_ns = self._club.now_ns()
        return reply

    async def _answer(self, request: web.Request, visit: Visit, record: RequestRecord) -> web.Response:
        reply = await self._decide(visit, record)
        record.status = reply.status
        response = self._stamped(reply.status, reply.body, record)
        if reply.location is not None:
            response.headers["Location"] = str(request.url.origin().with_path("/")) + reply.location
        for cookie in reply.cookies:
            response.headers.add("Set-Cookie", _cookie_line(cookie, record.answered_ns or 0))
        await self._club.traffic.go_out()
        return response

    def _stamped(self, status: int, body: bytes, record: RequestRecord) -> web.Response:
        """An answer whose `Date` is the whole second at which the club's work ended."""
        response = web.Response(status=status, body=body, content_type="text/html", headers=PHP_HEADERS)
        response.headers["Date"] = http_date(record.answered_ns or record.arrived_ns)
        return response

    async def _refuse(self, record: RequestRecord, status: int, retry_after_s: int | None) -> web.Response:
        """The web server's own error page: quick, without the club's program behind it."""
        record.answered_ns = self._club.now_ns()
        record.status = status
        phrase = HTTPStatus(status).phrase
        response = self._stamped(status, f"<html><body><h1>{status} {phrase}</h1></body></html>".encode(), record)
        if retry_after_s is not None:
            response.headers["Retry-After"] = str(retry_after_s)
        await self._club.traffic.go_out()
        return response

    # --- trouble -----------------------------------------------------------------------------------------------

    async def _spoil(
        self, request: web.Request, visit: Visit, record: RequestRecord, fault: Fault
    ) -> web.StreamResponse:
        if fault.kind is FaultKind.NO_DATE:
            request[_NO_DATE] = True
            return await self._answer(request, visit, record)
        if fault.kind is FaultKind.TRUNCATED:
            return await self._cut_short(request, visit, record)
        if fault.acts:
            await self._decide(visit, record)
        else:
            record.verdict = Verdict.FAULT
        if fault.kind is FaultKind.TIMEOUT:
            await _hold(request, fault.hold_s)
        if fault.kind in {FaultKind.TIMEOUT, FaultKind.RESET}:
            return _hang_up(request)
        return await self._refuse(record, STATUS_OF[fault.kind], fault.retry_after_s)

    async def _cut_short(self, request: web.Request, visit: Visit, record: RequestRecord) -> web.StreamResponse:
        """Half of the body that the headers promise, then the end of the connection."""
        whole = await self._answer(request, visit, record)
        body = whole.body if isinstance(whole.body, bytes) else b""
        response = web.StreamResponse(status=whole.status, headers=whole.headers)
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response


async def drop_date(request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp puts a `Date` on every answer; take it off where the fault says so."""
    if request.get(_NO_DATE):
        response.headers.popall("Date", None)


def http_date(moment_ns: int) -> str:
    """The `Date` of an instant: whole seconds, cut off."""
    return format_datetime(datetime.fromtimestamp(moment_ns // NS_PER_S, tz=UTC), usegmt=True)


def parse_cookies(request: web.Request) -> dict[str, str]:
    """Cookies as PHP reads them: percent-decoded, and quotes are part of the value."""
    pairs = (pair.strip().partition("=") for pair in request.headers.get("Cookie", "").split(";"))
    return {name: unquote_plus(value) for name, _, value in pairs if name}


def _cookie_line(cookie: SetCookie, now_ns: int) -> str:
    line = f"{cookie.name}={cookie.value}"
    if cookie.max_age_s is not None:
        line += f"; expires={http_date(now_ns + cookie.max_age_s * NS_PER_S)}; Max-Age={cookie.max_age_s}"
    return line + "; path=/"


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
