"""A request made ready beforehand: sending it writes bytes that are there on an open connection, and does no more.

The general client needs some 200 microseconds of computing for each request, which smears the requests of a hundred
members that are due at one instant over tens of milliseconds. So this goes below it, for the sending alone; what is
received is read by a library, and by the same rules as every answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime
from ssl import SSLCertVerificationError
from typing import Any, Generic, TypeVar

import h11
from yarl import URL

from autotennis.adapters.clubs.reply import Reply
from autotennis.adapters.clubs.transport import Transport
from autotennis.adapters.clubs.wire import Wire

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class WhenAwaited(Generic[_T]):
    """Begins when it is awaited, once; and nothing is amiss if it never is."""

    begin: Callable[[], Coroutine[Any, Any, _T]]

    def __await__(self) -> Generator[Any, Any, _T]:
        """Begins."""
        return self.begin().__await__()


@dataclass(frozen=True, slots=True)
class _Made:
    """The request as it is written, the parser's idea of it, and the cookies' state and the form that it was made from.

    `form` is None for a GET.
    """

    data: bytes = field(repr=False)
    request: h11.Request = field(repr=False)
    cookie_changes: int
    form: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A request that was written, and which login's it was."""

    wire: Wire
    sent_s: float
    made: _Made = field(repr=False)
    login: int


def _no_form() -> None:
    return None


class Prepared:
    """A request of one visitor's: a GET, or a POST of the encoded form that `form` gives.

    Like every request, it never raises for what the other side or the network does. `form` is asked before each
    sending, since a form may hold what its login or the last page gave: it has to give bytes that are there.
    """

    def __init__(self, transport: Transport, url: URL, form: Callable[[], bytes | None] = _no_form) -> None:
        self._transport = transport
        self._wires = transport.wires
        self._clock = transport.visitor.clock
        self._limits = transport.visitor.limits
        self._url = url
        self._form = form
        self._made: _Made | None = None

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle, and the bytes made; those that cannot be opened are left out."""
        self._ready()
        await self._wires.warm(connections)

    def send(self) -> Awaitable[Reply]:
        """Writes the request before it returns if a connection is idle, and as soon as one is open otherwise.

        Nothing of the answer is read before it is awaited, and until it is read its connection carries nothing else.
        """
        self._transport.requests_sent += 1
        wire = self._wires.idle()
        if wire is None:
            return asyncio.ensure_future(self._send_late())
        shot = self._write(wire)
        return WhenAwaited(lambda: self._reply(shot))

    async def _send_late(self) -> Reply:
        called_s = self._clock.monotonic_s()
        try:
            wire = await self._wires.take()
        except (OSError, TimeoutError) as error:
            is_untrusted = isinstance(error, SSLCertVerificationError)
            return Reply(called_s, self._clock.monotonic_s(), is_untrusted=is_untrusted)
        return await self._reply(self._write(wire))

    def _write(self, wire: Wire) -> _Shot:
        made = self._ready()
        return _Shot(wire, wire.write(made.data), made, self._transport.cookies.emptied)

    def _ready(self) -> _Made:
        """The request with the cookies of this moment: a new login in the middle of a race counts from the next one."""
        form, changes = self._form(), self._transport.cookies.changes
        if self._made is None or self._made.cookie_changes != changes or self._made.form != form:
            self._made = self._make(form)
        return self._made

    def _make(self, form: bytes | None) -> _Made:
        cookies = self._transport.cookies
        encoded = [(_bytes(name), _bytes(text)) for name, text in self._headers(form).items() if text]
        method = "GET" if form is None else "POST"
        request = h11.Request(method=method, target=self._url.raw_path_qs, headers=encoded)
        return _Made(_written(h11.Connection(h11.CLIENT), request, form), request, cookies.changes, form)

    def _headers(self, form: bytes | None) -> dict[str, str]:
        visitor = self._transport.visitor
        headers = {
            "Host": self._url.host_port_subcomponent or "",
            "User-Agent": visitor.user_agent,
            "Accept": "*/*",
            # Without it, a server may choose any encoding.
            "Accept-Encoding": "identity",
            "Cookie": self._transport.cookies.header_for(self._url),
            "Connection": "keep-alive",
        }
        if form is None:
            return headers
        return {**headers, **visitor.form_headers(self._url), "Content-Length": str(len(form))}

    async def _reply(self, shot: _Shot) -> Reply:
        reading = _Reading(shot)
        try:
            async with asyncio.timeout(self._limits.total_s):
                await reading.to_the_end(self._limits.read_s)
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            # What is missing is missing in the reply.
            pass
        finally:
            reading.release()
        if shot.login == self._transport.cookies.emptied:
            # The answer to a request of an earlier login would undo the new one's cookies.
            self._take_cookies(reading.cookies())
        reply = reading.reply(self._clock.monotonic_s(), self._clock.now())
        follow = self._transport.follow if shot.made.form is None else self._transport.follow_form
        return await follow(self._url, reply)

    def _take_cookies(self, headers: list[str]) -> None:
        if headers:
            self._transport.cookies.update_cookies_from_headers(headers, self._url)
            # Now, and not when the next one is to be sent.
            self._ready()


class _Reading:
    """The answer to one request while it is read."""

    def __init__(self, shot: _Shot) -> None:
        self._shot = shot
        self._parser = h11.Connection(h11.CLIENT)
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._is_whole = False
        self._piece_s = shot.sent_s
        self._received_s = shot.sent_s

    async def to_the_end(self, read_s: float) -> None:
        """Reads until the answer is whole, and waits for each of its pieces for so long.

        Raises OSError, TimeoutError, h11.RemoteProtocolError.
        """
        _written(self._parser, self._shot.made.request, self._shot.made.form)
        while True:
            event = self._parser.next_event()
            if event is h11.NEED_DATA:
                async with asyncio.timeout(read_s):
                    self._piece_s, piece = await self._shot.wire.read()
                self._parser.receive_data(piece)
            elif isinstance(event, h11.Response):
                self._head, self._received_s = event, self._piece_s
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                self._is_whole = isinstance(event, h11.EndOfMessage)
                return

    def release(self) -> None:
        """Gives the connection back if it can carry another request, and ends it otherwise."""
        if self._is_whole and self._parser.their_state is h11.DONE and not self._parser.trailing_data[0]:
            self._shot.wire.free()
        else:
            self._shot.wire.cut()

    def cookies(self) -> list[str]:
        """What the answer set."""
        headers = self._head.headers if self._head else ()
        return [_text(value) for name, value in headers if name == b"set-cookie"]

    def reply(self, now_s: float, now: datetime) -> Reply:
        """What there is of the answer."""
        if self._head is None:
            return Reply(self._shot.sent_s, now_s)
        # Where a header comes twice, the first one counts.
        headers = {_text(name): _text(value) for name, value in reversed(list(self._head.headers))}
        body = bytes(self._body) if self._is_whole else None
        return Reply(self._shot.sent_s, self._received_s).answered(self._head.status_code, headers, now, body)


def _written(parser: h11.Connection, request: h11.Request, form: bytes | None) -> bytes:
    """What is written for the whole request, and the parser knows then what the answer is to."""
    events: list[h11.Event] = (
        [request, h11.EndOfMessage()] if form is None else [request, h11.Data(form), h11.EndOfMessage()]
    )
    return b"".join(parser.send(event) or b"" for event in events)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
