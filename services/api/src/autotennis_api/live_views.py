"""The streams by which open pages are told of news: server-sent events, a thread each."""

import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from flask import Blueprint, Flask, current_app, render_template, request, stream_with_context
from werkzeug.wrappers import Response

from autotennis.domain.booking import Booking
from autotennis.errors import NotFound, Transient
from autotennis.ports import Ports
from autotennis_api import doors, handlers, standing
from autotennis_api.booking_views import listed, my_booking, shown, version_of
from autotennis_api.desk import desk, me
from autotennis_api.live import LIVE, QUICK_S, Hub, Listener, Reading, Source, is_quick

streams = Blueprint("live", __name__)

# So often (s) a page in which nothing is about to happen is looked after, and what it says of the time is.
_SLOW_S: Final = 1.0
# A proxy gives up what is silent for longer (s).
_HEARTBEAT_S: Final = 15.0
# So often (s) it is asked whether the reader is still signed in; another process may have ended that.
_DOOR_S: Final = 15.0
# A page asks for a new stream after this (s): Cloud Run ends each request after 300 s.
_LASTS_S: Final = 240.0
_BACK_AFTER_MS: Final = 1000
_UNAVAILABLE: Final = 503


def add_live_pages(app: Flask, ports: Ports, most: int) -> None:
    """Adds the streams, for so many open pages at most."""
    app.extensions[LIVE] = Hub(ports.clock, most)
    app.register_blueprint(streams)


def hub_of(app: Flask) -> Hub:
    """The application's hub."""
    return cast("Hub", app.extensions[LIVE])


@dataclass(frozen=True, slots=True)
class _Part:
    """A page's part that changes by itself, made of what is read."""

    key: str
    source: Source
    render: Callable[[Sequence[Booking]], str]
    of_these: Callable[[Sequence[Booking]], Sequence[Booking]]


@streams.get("/live/stream")
@doors.for_scripts
def home_stream() -> Response:
    """The list of bookings, whenever it changes."""
    ports, member = desk().ports, me()
    source = Source(lambda: ports.store.bookings_of(member.id), ports.store.booking)
    return _streamed(
        _Part(
            f"home {member.id}",
            source,
            lambda every: render_template("_coming.html", **listed(handlers.listed(ports, every))),
            lambda every: handlers.listed(ports, every).coming,
        )
    )


@streams.get("/bookings/<booking_id>/live/stream")
@doors.for_scripts
def booking_stream(booking_id: str) -> Response:
    """One booking, whenever it changes."""
    ports = desk().ports
    my_booking(booking_id)

    def read() -> Sequence[Booking]:
        booking = ports.store.booking(booking_id)
        return [booking, *handlers.bound_to(ports, booking)]

    return _streamed(
        _Part(
            f"booking {booking_id}",
            Source(read, ports.store.booking),
            lambda found: render_template("_booking.html", **shown(found[0], found[1:])),
            lambda found: found,
        )
    )


def _streamed(part: _Part) -> Response:
    hub = hub_of(current_app)
    listener = hub.admit(me().id)
    if listener is None:
        return Response(status=_UNAVAILABLE)
    answer = Response(stream_with_context(_events(hub, listener, part)), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(lambda: hub.let_go(listener))
    return answer


def _events(hub: Hub, listener: Listener, part: _Part) -> Generator[str, None, None]:
    yield f"retry: {_BACK_AFTER_MS}\n\n"
    with hub.reading(part.key, part.source) as reading:
        try:
            yield from _Told(hub, listener, part, reading).events()
        except (NotFound, Transient):
            return  # the page comes back, and is told what there is to tell


class _Told:
    """What one open page has been told, and when."""

    def __init__(self, hub: Hub, listener: Listener, part: _Part, reading: Reading) -> None:
        self._hub = hub
        self._listener = listener
        self._part = part
        self._reading = reading
        self._clock = desk().ports.clock
        self._version = request.headers.get("Last-Event-ID") or request.args.get("have", "")
        self._found: Sequence[Booking] | None = None
        self._begun_s = self._said_s = self._let_in_s = self._clock.monotonic_s()
        self._compared_s = float("-inf")

    def events(self) -> Generator[str, None, None]:
        """Until the page is settled or its reader is gone, and not for too long."""
        wait_s = 0.0
        while self._hub.waits(self._listener, wait_s) and self._goes_on():
            found, now_s = self._reading.newest(), self._clock.monotonic_s()
            event = self._news(found, now_s) or self._heartbeat(now_s)
            if event:
                self._said_s = now_s
                yield event
            these = self._part.of_these(found) if found is not self._found else None
            self._found = found
            if these is not None and not any(standing.is_moving(one) for one in these):
                yield "event: settled\ndata: settled\n\n"
                return
            wait_s = QUICK_S if self._is_quick(found) else _SLOW_S

    def _is_quick(self, found: Sequence[Booking]) -> bool:
        now = self._clock.now()
        return any(is_quick(one, now) for one in found)

    def _goes_on(self) -> bool:
        now_s = self._clock.monotonic_s()
        if now_s - self._begun_s > _LASTS_S or _has_left():
            return False
        if now_s - self._let_in_s < _DOOR_S:
            return True
        self._let_in_s = now_s
        return doors.is_still_in()

    def _news(self, found: Sequence[Booking], now_s: float) -> str:
        # What is said of a booking changes with time, too; but that is not worth looking after all the time.
        if found is self._found and now_s - self._compared_s < _SLOW_S:
            return ""
        self._compared_s = now_s
        version = version_of(self._part.of_these(found), self._clock.now())
        if version == self._version:
            return ""
        self._version = version
        lines = "".join(f"data: {line}\n" for line in self._part.render(found).splitlines())
        return f"id: {version}\nevent: part\n{lines}\n"

    def _heartbeat(self, now_s: float) -> str:
        return ": still there\n\n" if now_s - self._said_s >= _HEARTBEAT_S else ""


def _has_left() -> bool:
    """Whether the browser has hung up: the server notices only when it writes."""
    connection = request.environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
