"""Everything that runs, in one process and by one clock that leaps: days can pass within a test.

The services are the real ones on real sockets, and so are the web pages; the dispatcher of the embedded family pushes
between them, and the practice club is beside them. Only the processes are missing.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from flask import Flask
from pydantic import SecretStr
from support.api_site import every_settings
from support.booking_desk import PIN, PUSH_SECRET, RACE, Desk, ShiftedClock, desk_alone
from support.running import while_running
from support.waiting import eventually
from werkzeug.serving import WSGIRequestHandler, make_server

from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher
from autotennis.domain.booking import FINAL, Booking, State
from autotennis.events import Event
from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import listening
from autotennis.values import utc_text
from autotennis_api.app import create_app as create_pages
from autotennis_booker.app import create_app as create_booker
from autotennis_local.every_settings import EverySettings
from autotennis_local.visitor import Person, Visitor, visiting
from autotennis_notifier.app import create_app as create_notifier
from autotennis_timer.app import create_app as create_timer
from autotennis_waitlist.app import create_app as create_waitlist
from practice_club.orders import NewMember
from practice_club.people import Member as ClubMember

HOST = "127.0.0.1"
APPS: dict[Service, Callable[[Ports, EverySettings], web.Application]] = {
    Service.TIMER: create_timer,
    Service.BOOKER: create_booker,
    Service.WAITLIST: create_waitlist,
    Service.NOTIFIER: create_notifier,
}
# So long before an opening a race begins here: a booker that is woken late has all that it needs within this.
RUN_UP = timedelta(seconds=1.5)
# Whoever sleeps by the leaping clock looks at it so often.
_GLANCE_S = 0.01
_OPEN_DELIVERIES = """
SELECT count(*) FILTER (WHERE state = 'due' AND at <= ?), count(*) FILTER (WHERE state = 'leased') FROM deliveries
WHERE state IN ('due', 'leased')
"""
AT_REST = FINAL | {State.BOOKED, State.WAITING}
_Fact = TypeVar("_Fact", bound=Event)


class LeapingClock(ShiftedClock):
    """A clock on which time passes at once, also for those who sleep by it."""

    def __init__(self, shift: timedelta = timedelta(0)) -> None:
        super().__init__(shift)
        self._leapt_s = 0.0
        self._sleepers: list[float] = []

    @property
    def asleep(self) -> int:
        """How many sleep for longer than until now."""
        return sum(until_s > self.monotonic_s() for until_s in self._sleepers)

    def advance(self, by: timedelta) -> None:
        """Later, at once."""
        super().advance(by)
        self._leapt_s += by.total_seconds()

    def monotonic_s(self) -> float:
        """Seconds that passed, those that were leapt over among them."""
        return super().monotonic_s() + self._leapt_s

    async def sleep_until(self, monotonic_s: float) -> None:
        """Returns at that reading of `monotonic_s`, however it came about."""
        self._sleepers.append(monotonic_s)
        try:
            while (left_s := monotonic_s - self.monotonic_s()) > _GLANCE_S:  # noqa: ASYNC110 (a leap wakes nobody)
                await asyncio.sleep(min(_GLANCE_S, left_s - _GLANCE_S))
            await super().sleep_until(monotonic_s - self._leapt_s)
        finally:
            self._sleepers.remove(monotonic_s)


class Calendar(LocalWakeScheduler):
    """The calendar as the dispatcher sees it, who asks for what comes next at the end of each of its rounds."""

    rounds = 0

    def next_at(self) -> datetime | None:
        """When the next wake-up is due."""
        self.rounds += 1
        return super().next_at()


class Reader(Visitor):
    """A member's browser window, in which the pages are read, too."""

    def __init__(self, window: Visitor) -> None:
        super().__init__(window._session)

    async def words(self, path: str) -> str:
        """What a reader sees of a page, blanks squeezed."""
        page = await self._get(path)
        main = page.html.css_first("main")
        assert main
        assert page.status == HTTPStatus.OK, page.words()
        return " ".join(main.text(separator=" ").split())

    async def press(self, path: str, button: str, **fields: str) -> None:
        """Sends the form `button` of a page: /series/1 has a form /series/1/pause."""
        page = await self._submit(path, f"{path}/{button}", fields)
        assert page.status == HTTPStatus.OK, page.words()


@dataclass
class Town:
    """A desk at the club, and everything that runs, at its `urls`.

    `closed` services refuse all deliveries until they are opened.
    """

    desk: Desk
    clock: LeapingClock
    calendar: Calendar
    api_url: str = ""
    urls: dict[Service, str] = field(default_factory=dict[Service, str])
    closed: set[Service] = field(default_factory=set[Service])
    _held: int = 0
    _seen: list[Event] = field(default_factory=list[Event])
    _last_seq: int = 0

    def porter(self, service: Service) -> Middleware:
        """Counts the deliveries that a service holds, and turns them away while it is closed."""

        @web.middleware
        async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
            if service in self.closed:
                return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
            self._held += 1
            try:
                return await handler(request)
            finally:
                self._held -= 1

        return let_in

    async def settled(self) -> None:
        """Returns when nothing more happens unless time passes.

        The dispatcher has gone its round and begun nothing new, and whoever holds a delivery sleeps. Not in the middle
        of a race, of which nobody knows when it sleeps.
        """
        for _ in range(2):
            # One round may have been under way already, and whatever is written makes for another.
            done, now = self.calendar.rounds, self.clock.now()
            self.desk.ports.store.tally("round", now, timedelta(seconds=1))
            await eventually(lambda done=done: self.calendar.rounds > done, "the dispatcher has gone its round")
        await eventually(self._is_still, "everything has been answered, or sleeps", within_s=60)

    def _is_still(self) -> bool:
        with self.desk.family.database.reading() as connection:
            due, leased = connection.execute(_OPEN_DELIVERIES, (utc_text(self.clock.now()),)).fetchone()
        return not due and leased <= self._held == self.clock.asleep

    async def later(self, by: timedelta) -> None:
        """Time passes at once, for everybody; only while nobody is about anything that takes time."""
        await self.settled()
        self._look()
        self.desk.later(by)

    async def comes(self, instant: datetime) -> None:
        """Time passes until that instant."""
        await self.later(instant - self.clock.now())

    async def ended(self, booking_id: str) -> Booking:
        """The booking when it waits or is over, and everything that is to be told of it is told."""
        await self.raced(self.booking(booking_id))
        return self.booking(booking_id)

    async def raced(self, booking: Booking) -> None:
        """Returns when the opening's race is over: it is at rest, or another opening is waited for."""

        def is_over() -> bool:
            now = self.booking(booking.id)
            return now.state in AT_REST or now.opening_at != booking.opening_at

        await eventually(is_over, "the race is over", within_s=60, every_s=0.02)
        await self.settled()

    def booking(self, booking_id: str) -> Booking:
        """The booking as it is stored."""
        return self.desk.ports.store.booking(booking_id)

    def told(self, kind: type[_Fact]) -> list[_Fact]:
        """All events of a kind, in order."""
        self._look()
        return [event for event in self._seen if isinstance(event, kind)]

    def forget(self) -> None:
        """Forgets what was told so far: years may pass."""
        self._seen.clear()

    def _look(self) -> None:
        """Takes note of what was published: after some days it is pruned."""
        new = self.desk.family.bus.events_since(self._last_seq, limit=100_000)
        self._seen += [event for _, event in new]
        self._last_seq = max((seq for seq, _ in new), default=self._last_seq)

    @asynccontextmanager
    async def reader(self) -> AsyncGenerator[tuple[Reader, ClubMember]]:
        """A member of the club who has just registered on the web pages."""
        number = len(self.desk.club.model.members)
        person = Person(f"spiller{number}@example.org", SecretStr(PIN), SecretStr("et langt og godt passord"))
        at_club = self.desk.club.add_member(NewMember(email=person.email, pin=person.pin))
        async with visiting(self.api_url) as window:
            await window.let_in(person)
            yield Reader(window), at_club


@asynccontextmanager
async def town(directory: Path, now: datetime, **more: object) -> AsyncGenerator[Town]:
    """A town in which it is `now`. Nothing is asked of the club beside the races, unless `more` settings say so."""
    clock = LeapingClock(now - SystemClock().now())
    async with desk_alone(directory, clock, race=RACE) as desk, AsyncExitStack() as running:
        desk.club.set_clock(clock.now())
        settings = every_settings(directory, desk.rules, **{"checks_before_h": "", "canary": False, **more})
        calendar = Calendar(desk.family.database, clock)
        found = Town(desk, clock, calendar)
        addresses = found.urls
        for service, create_app in APPS.items():
            app = create_app(desk.ports, settings)
            app.middlewares.append(found.porter(service))
            addresses[service] = await running.enter_async_context(listening(app, HOST, 0))
        desk.url = addresses[Service.BOOKER]
        found.api_url = running.enter_context(_serving(create_pages(desk.ports, settings)))
        dispatcher = Dispatcher(replace(desk.family, wake=calendar), clock, addresses, PUSH_SECRET)
        await running.enter_async_context(while_running(dispatcher.run()))
        yield found


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (werkzeug's own name)
        """Nobody reads it."""


@contextmanager
def _serving(app: Flask) -> Generator[str]:
    """Serves the web pages by threads of their own, as the program does; gives their address."""
    server = make_server(HOST, 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02), name="web pages")
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
