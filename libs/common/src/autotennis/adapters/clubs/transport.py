"""One visitor's HTTP: a cookie jar and connections of its own, limits on everything, and exact instants.

What the network or the other side does never raises here: it is in the reply. Nothing is logged, and no body, cookie
or address gets into an error.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from ssl import SSLCertVerificationError, SSLContext
from types import SimpleNamespace
from typing import Final

import aiohttp
from yarl import URL

from autotennis.adapters.clubs.cookies import Cookies
from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.wires import Wires
from autotennis.names import Names
from autotennis.ports import Clock

# These two ask for the same request again, body included: nobody is sent a password twice.
_REPEATING: Final = (307, 308)
_MOST_REDIRECTS: Final = 2
_DNS_KEPT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Manners:
    """How a site is asked.

    `acts` tells of an address that asking for it does something at the other side: no redirect leads there, since such
    things are asked for on purpose or not at all. `says_origin` tells that the site wants to hear with a form that it
    comes from a page of its own, as browsers say: those that keep off forged forms do.
    """

    acts: Callable[[URL], bool] = lambda _: False
    says_origin: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: an honest name for the User-Agent header, a clock, limits, who looks up names, whom to trust about a
    host's identity, and how the site is asked.

    An https address needs `ssl`; others have no use for it.
    """

    user_agent: str
    clock: Clock
    limits: Limits
    names: Names
    ssl: SSLContext | None = None
    manners: Manners = field(default_factory=Manners)

    def form_headers(self, url: URL) -> dict[str, str]:
        """What is said with an encoded form that is sent to that address."""
        said = {"Content-Type": "application/x-www-form-urlencoded"}
        return {**said, "Origin": str(url.origin())} if self.manners.says_origin else said


class _ConnectionBroke(aiohttp.ClientError):
    """The connection broke before the head of the answer was there."""


@asynccontextmanager
async def open_transport(base: URL, visitor: Visitor) -> AsyncGenerator["Transport"]:
    """A visitor's transport to the host of `base`; its connections and cookies end with the context."""
    if (base.scheme == "https") != (visitor.ssl is not None):
        raise ValueError("TLS is for https addresses, and for all of them.")
    limits = visitor.limits
    connector = aiohttp.TCPConnector(
        limit=limits.connections,
        limit_per_host=limits.connections,
        keepalive_timeout=limits.idle_s,
        ttl_dns_cache=_DNS_KEPT_S,
        resolver=visitor.names,
        ssl=visitor.ssl or True,
    )
    wires = Wires(base, visitor.ssl, visitor.clock, limits, visitor.names)
    cookies = Cookies(base.host)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=cookies,
        headers={"User-Agent": visitor.user_agent},
        timeout=aiohttp.ClientTimeout(
            total=limits.total_s, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=limits.read_s
        ),
        trace_configs=[_stamping(visitor.clock)],
        middlewares=(_send_once,),
    ) as session:
        try:
            yield Transport(visitor, session, cookies, wires)
        finally:
            await wires.close()


class Transport:
    """Sends one visitor's requests: one for each call, and one more for each redirect within the same host.

    `requests_sent` counts them all, those included that found no connection. Once there were `most()` of them, no
    redirect is followed any more. `cookies` and `wires` are shared with the visitor's prepared requests.
    """

    def __init__(self, visitor: Visitor, session: aiohttp.ClientSession, cookies: Cookies, wires: Wires) -> None:
        self.visitor = visitor
        self.cookies = cookies
        self.wires = wires
        self.requests_sent = 0
        self.most: Callable[[], float] = lambda: inf
        self._session = session
        self._clock = visitor.clock

    async def get(self, url: URL) -> Reply:
        """Asks for a page."""
        return await self.follow(url, await self._send("GET", url))

    async def head(self, url: URL) -> Reply:
        """Asks for the head of a page. A redirect is an answer like any other."""
        return await self._send("HEAD", url)

    async def post_form(self, url: URL, form: bytes) -> Reply:
        """Sends an encoded form. A redirect is followed by a GET, as browsers do, never by sending the form again."""
        return await self.follow_form(url, await self._send("POST", url, form))

    async def follow_form(self, url: URL, reply: Reply) -> Reply:
        """The last answer to a form that was sent there. Where it is to be sent once more, that is the last one."""
        return reply if reply.status in _REPEATING else await self.follow(url, reply)

    async def follow(self, url: URL, reply: Reply) -> Reply:
        """The last answer, with the instants and the stamp of the first: they belong to the request that was timed."""
        last = reply
        for _ in range(_MOST_REDIRECTS):
            target = last.redirect_within_host(url)
            if target is None or self.visitor.manners.acts(target) or self.requests_sent >= self.most():
                break
            url, last = target, await self._send("GET", target)
        return last.timed_as(reply)

    async def _send(self, method: str, url: URL, form: bytes | None = None) -> Reply:
        headers = self.visitor.form_headers(url) if form is not None else None
        self.requests_sent += 1
        stamp = _Stamp(sent_s=self._clock.monotonic_s())
        try:
            async with self._session.request(
                method, url, data=form, headers=headers, allow_redirects=False, trace_request_ctx=stamp
            ) as response:
                reply = Reply(stamp.sent_s, self._clock.monotonic_s())
                body = await _whole_body(response, self.visitor.limits.body_bytes)
                return reply.answered(response.status, response.headers, self._clock.now(), body)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            is_untrusted = isinstance(error.__cause__, SSLCertVerificationError)
            return Reply(stamp.sent_s, self._clock.monotonic_s(), is_untrusted=is_untrusted)


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
