"""One visitor's HTTP: a cookie jar and connections of its own, limits on everything, and exact instants.

What the network or the other side does never raises here: it is in the reply. Nothing is logged, and no body, cookie
or address gets into an error.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Final

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from autotennis.ports import Clock

_REDIRECTS: Final = (301, 302, 303, 307, 308)
# These two ask for the same request again, body included: nobody is sent a password twice.
_REPEATING: Final = (307, 308)
_MOST_REDIRECTS: Final = 2
_DNS_KEPT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor may take: seconds per stage, bytes of a decompressed body, open connections.

    15 s to connect and 10 s without a byte are what an earlier client allowed that lived with the club for years.
    `idle_s` is how long an idle connection is kept: longer than any pause that we make before an opening.
    """

    connect_s: float = 15.0
    read_s: float = 10.0
    total_s: float = 30.0
    idle_s: float = 75.0
    body_bytes: int = 2_000_000
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    `status` is None if nothing did; `body` is None unless the whole of it came within the limits. `sent_s` and
    `received_s` are readings of `Clock.monotonic_s`: just before the head of the request was written, and when the
    head of the answer had been read. `date` is the other side's own stamp (UTC).
    """

    sent_s: float
    received_s: float
    status: int | None = None
    date: datetime | None = None
    retry_after_s: float | None = None
    location: str | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)

    @property
    def is_busy(self) -> bool:
        """Whether the other side asks to be left alone for a while."""
        return self.status is not None and (self.status in (403, 429) or self.status >= 500)


class _ConnectionBroke(aiohttp.ClientError):
    """The connection broke before the head of the answer was there."""


@asynccontextmanager
async def open_transport(base: URL, user_agent: str, clock: Clock, limits: Limits) -> AsyncGenerator["Transport"]:
    """A visitor's transport to the host of `base`; its connections and cookies end with the context."""
    connector = aiohttp.TCPConnector(
        limit=limits.connections,
        limit_per_host=limits.connections,
        keepalive_timeout=limits.idle_s,
        ttl_dns_cache=_DNS_KEPT_S,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        # Cookies of a bare IP address are dropped unless the jar is told otherwise. A value with `@` comes back in
        # quotes unless they are forbidden.
        cookie_jar=aiohttp.CookieJar(unsafe=_is_ip(base.host), quote_cookie=False),
        headers={"User-Agent": user_agent},
        timeout=_timeout(limits),
        trace_configs=[_stamping(clock)],
        middlewares=(_send_once,),
    ) as session:
        yield Transport(base, session, connector, clock, limits)


class Transport:
    """Sends one visitor's requests: one for each call, and one more for each redirect within the same host.

    `requests_sent` counts them all, those included that found no connection.
    """

    def __init__(
        self,
        base: URL,
        session: aiohttp.ClientSession,
        connector: aiohttp.TCPConnector,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._base = base
        self._session = session
        self._connector = connector
        self._clock = clock
        self._limits = limits
        self.requests_sent = 0

    def forget_cookies(self) -> None:
        """Empties the cookie jar."""
        self._session.cookie_jar.clear()

    async def get(self, url: URL) -> Reply:
        """Asks for a page."""
        return await self._follow(url, await self._send("GET", url), 0)

    async def head(self, url: URL) -> Reply:
        """Asks for the head of a page. A redirect is an answer like any other."""
        return await self._send("HEAD", url)

    async def post_form(self, url: URL, form: bytes) -> Reply:
        """Sends an encoded form. A redirect is followed by a GET, as browsers do, never by sending the form again."""
        reply = await self._send("POST", url, form)
        return reply if reply.status in _REPEATING else await self._follow(url, reply, 0)

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle (TCP, and TLS where it is used), without a request on them.

        Those that cannot be opened in time are left out; more than `Limits.connections` are never opened.
        """
        held: list[Connection] = []
        try:
            await asyncio.gather(*(self._open(held) for _ in range(min(connections, self._limits.connections))))
        finally:
            for connection in held:
                connection.release()

    async def _open(self, held: list[Connection]) -> None:
        """Takes an idle connection, or a new one if there is none.

        aiohttp opens connections only for requests, so its connector is shown one, which is never sent.
        """
        unsent = aiohttp.ClientRequest("GET", self._base, session=self._session, loop=asyncio.get_running_loop())
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            held.append(await self._connector.connect(unsent, traces=[], timeout=_timeout(self._limits)))

    async def _follow(self, url: URL, reply: Reply, followed: int) -> Reply:
        """The last answer, with the instants and the stamp of the first: they belong to the request that was timed."""
        target = _redirect_within_host(url, reply)
        if target is None or followed == _MOST_REDIRECTS:
            return reply
        last = await self._follow(target, await self._send("GET", target), followed + 1)
        return replace(last, sent_s=reply.sent_s, received_s=reply.received_s, date=reply.date)

    async def _send(self, method: str, url: URL, form: bytes | None = None) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else None
        self.requests_sent += 1
        stamp = _Stamp(sent_s=self._clock.monotonic_s())
        try:
            async with self._session.request(
                method, url, data=form, headers=headers, allow_redirects=False, trace_request_ctx=stamp
            ) as response:
                return await self._read(response, stamp.sent_s, self._clock.monotonic_s())
        except (aiohttp.ClientError, OSError, TimeoutError):
            return Reply(sent_s=stamp.sent_s, received_s=self._clock.monotonic_s())

    async def _read(self, response: aiohttp.ClientResponse, sent_s: float, received_s: float) -> Reply:
        date = _instant(response.headers.get("Date"))
        return Reply(
            sent_s=sent_s,
            received_s=received_s,
            status=response.status,
            date=date,
            retry_after_s=_wait_s(response.headers.get("Retry-After"), date or self._clock.now()),
            location=response.headers.get("Location"),
            body=await _whole_body(response, self._limits.body_bytes),
        )


@dataclass(slots=True)
class _Stamp:
    sent_s: float


def _stamping(clock: Clock) -> aiohttp.TraceConfig:
    """Takes the instant of sending as late as aiohttp can: the connection is there, the head not yet written."""

    async def stamp(
        session: aiohttp.ClientSession,  # noqa: ARG001 (aiohttp calls it with three)
        context: SimpleNamespace,
        sent: aiohttp.TraceRequestHeadersSentParams,  # noqa: ARG001 (aiohttp calls it with three)
    ) -> None:
        context.trace_request_ctx.sent_s = clock.monotonic_s()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(stamp)
    return trace


async def _send_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a GET again when a kept connection breaks: here a GET can be a sign-up, and counts."""
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionBroke from error


def _timeout(limits: Limits) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=limits.total_s, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=limits.read_s
    )


def _is_ip(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True


async def _whole_body(response: aiohttp.ClientResponse, most_bytes: int) -> bytes | None:
    """The decompressed body, read piece by piece; None if it is cut short, late or longer than it may be."""
    body = bytearray()
    try:
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > most_bytes:
                response.close()
                return None
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
    return bytes(body)


def _redirect_within_host(url: URL, reply: Reply) -> URL | None:
    """Where a redirect leads, if that is the same scheme, host and port: cookies go nowhere else."""
    if reply.status not in _REDIRECTS or not reply.location:
        return None
    try:
        target = url.join(URL(reply.location)).with_fragment(None)
        return target if target.origin() == url.origin() else None
    except ValueError:
        return None


def _instant(text: str | None) -> datetime | None:
    """The instant in an HTTP header (UTC), None if it is missing or strange."""
    try:
        parsed = parsedate_to_datetime(text or "")
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError):
        return None


def _wait_s(text: str | None, now: datetime) -> float | None:
    """The seconds in a Retry-After, which holds a number of them or an instant of the other side's clock."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    until = _instant(text)
    return None if until is None else max(0.0, (until - now) / timedelta(seconds=1))
