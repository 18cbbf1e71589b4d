"""The services as processes on Google's emulators, each with what it uses of Google counted apart.

Each has a family of its own, and everything between them goes through sockets and emulators. Our clock and the club's
can be moved to just before an opening, and what a job of Cloud Scheduler would publish then is published.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web
from pydantic import HttpUrl, SecretStr
from support.api_site import CLUB_ID, PIN, Site, Visitor, api_settings, csrf_token, words
from support.api_site import field as hidden
from support.clock import ManualClock
from support.families import Family, gcp
from support.waiting import eventually

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.gcp.meter import Use
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.canary import keep_health
from autotennis.domain.club import ClubRules, WatchRules
from autotennis.domain.club_health import ClubHealth
from autotennis.domain.progress import Progress
from autotennis.events import OpeningDue, SweepDue, WatchDue
from autotennis.flow import Service
from autotennis.ports import Ports, Store
from autotennis.serving import Handler, listening, service_app
from autotennis_api.app import create_app
from autotennis_booker.handlers import Booker
from autotennis_booker.lights import Lights
from autotennis_timer.handlers import Timer
from autotennis_waitlist.handlers import Waitlist
from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.server import running_club
from practice_club.session import Session as ClubSession

# How long before an opening it falls due here; two minutes in earnest.
AHEAD: Final = timedelta(seconds=3)
AFTERWARDS: Final = timedelta(seconds=10)
# So long after one another the watch of a club falls due, and there is one look each time; mostly there are several.
A_WATCH: Final = timedelta(seconds=60)
PLACES: Final = 20
# How often each is used, in the order of Use.
Used = tuple[int, ...]
LIGHT: Final[Used] = tuple(int(use in (Use.DOCUMENT_READS, Use.DOCUMENT_WRITES)) for use in Use)
# So often a race tells how far it has come, at most.
MOST_LIGHTS: Final = 3
LIFE: Final[Used] = tuple(int(use is Use.DOCUMENT_WRITES) for use in Use)


class MovedClock(SystemClock):
    """The machine's clock, until it is moved to another date; it runs on from there."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The instant, as it is on that date."""
        return super().now() + self._ahead

    def move(self, to: datetime) -> None:
        """Makes it that instant."""
        self._ahead = to - super().now()


@dataclass(frozen=True)
class Instance:
    """A service's process: what it works with, and how it answered what was pushed to it."""

    ports: Ports
    family: Family
    answers: list[int] = field(default_factory=list[int])

    def used(self) -> Used:
        """All that it has used so far."""
        assert self.family.meter
        counts = self.family.meter.counts()
        return tuple(counts.get(use, 0) for use in Use)

    @asynccontextmanager
    async def listening(self, service: Service, handlers: Mapping[str, Handler]) -> AsyncGenerator[str]:
        """Takes pushes at the address that this gives."""

        async def note(_request: web.Request, answer: web.StreamResponse) -> None:
            self.answers.append(answer.status)

        app = service_app(service, handlers, self.ports)
        app.on_response_prepare.append(note)
        async with listening(app, "127.0.0.1", 0) as url:
            yield url


@dataclass(frozen=True)
class Spent:
    """What each service used."""

    api: Used
    timer: Used
    booker: Used
    waitlist: Used


@dataclass(frozen=True)
class Cloud:
    """The services on Google's emulators, the club, and somebody who publishes as Cloud Scheduler does."""

    club: PracticeClub
    clock: MovedClock
    api: Instance
    timer: Instance
    booker: Instance
    waitlist: Instance
    scheduler: Family
    site: Site
    lives: list[datetime]
    lights: list[str]
    telling: list[str]

    async def spent(self, deed: Callable[[], object], *pushed_to: Instance) -> Spent:
        """What is used until a deed is done (in a thread) and each of these has done what was pushed to it.

        Who is given twice is pushed to twice.
        """
        services = (self.api, self.timer, self.booker, self.waitlist)
        before = [one.used() for one in services]
        expected = [(one, len(one.answers) + sum(other is one for other in pushed_to)) for one in pushed_to]
        await asyncio.to_thread(deed)
        for one, pushes in expected:
            await eventually(lambda one=one, pushes=pushes: len(one.answers) >= pushes, "it is answered", within_s=30)
            assert one.answers == [204] * pushes, "each push is answered at the first attempt"
        # A light that is under way when its race has ended belongs to that race all the same.
        await eventually(lambda: not self.telling, "no light is under way", within_s=30)
        return Spent(*(minus(one.used(), then) for one, then in zip(services, before, strict=True)))

    def opening(self, days_ahead: int) -> tuple[datetime, str]:
        """An opening some days ahead, and the link of a session of it with room for everybody."""
        opens_at, session = self.session(days_ahead)
        return opens_at, self.club.link(session)

    def session(self, days_ahead: int, taken: int = 0) -> tuple[datetime, ClubSession]:
        """An opening some days ahead, and a session of it in which so many places are taken."""
        opens_at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=days_ahead)
        return opens_at, self.club.add_session(NewSession(opens_at=opens_at, capacity=PLACES, taken=taken))

    def member(self) -> tuple[Visitor, str]:
        """Somebody with a browser, and the address under which the club knows them."""
        email = f"{SystemIds().new()}@example.org"
        self.club.add_member(NewMember(email=email, pin=SecretStr(PIN), name="Åshild Nøkkvang"))
        return self.site.visitor(), email

    async def admitted(self) -> tuple[Visitor, Used]:
        """A member who has opened an account, and what that used."""
        visitor, email = self.member()
        spent = await self.spent(lambda: visitor.register(email))
        account = self.site.ports.store.member_by_email(email)
        assert account
        assert account.club_member_ids, "the club's pages have shown the member's id there"
        return visitor, spent.api

    async def asked(self, visitor: Visitor, link: str) -> tuple[str, Spent]:
        """The id of a member's new booking, and what it uses until its wake-up is planned."""
        ids: list[str] = []
        spent = await self.spent(lambda: ids.append(ask(visitor, link)), self.timer)
        return ids[0], spent

    def move(self, to: datetime) -> None:
        """Makes it that instant, for us and at the club."""
        self.clock.move(to)
        self.club.set_clock(to)

    async def opened(self, opens_at: datetime, *also: Instance) -> Spent:
        """What it uses that an opening falls due, until all its races are over; signs of life and lights left out.

        Each in `also` is pushed to because of it.
        """
        self.move(opens_at - AHEAD)
        self.lives.clear()
        self.lights.clear()
        due = OpeningDue(at=self.clock.now(), club_id=CLUB_ID, opening_at=opens_at)
        spent = await self.spent(lambda: self.scheduler.bus.publish(due), self.timer, self.booker, *also)
        assert self.clock.now() - opens_at < AFTERWARDS, "the booker's request is held no longer than is reckoned with"
        beside = plus(times(len(self.lives), LIFE), times(len(self.lights), LIGHT))
        return replace(spent, booker=minus(spent.booker, beside))

    async def swept(self) -> Used:
        """What a sweep uses."""
        return (await self.spent(lambda: self.scheduler.bus.publish(SweepDue(at=self.clock.now())), self.timer)).timer

    async def watched(self) -> Used:
        """What it uses that the club's watch falls due: one look, and what follows from it."""
        self.move(self.clock.now() + A_WATCH)
        due = WatchDue(at=self.clock.now(), club_id=CLUB_ID)
        return (await self.spent(lambda: self.scheduler.bus.publish(due), self.waitlist)).waitlist

    async def shown(self, visitor: Visitor, path: str) -> Used:
        """What it uses that a page is shown."""
        answers: list[int] = []
        spent = await self.spent(lambda: answers.append(visitor.client.get(path).status_code))
        assert answers == [200]
        return spent.api


def ask(visitor: Visitor, link: str) -> str:
    """As a browser does: the list, the link, what it leads to, the button, the booking's page. Gives its id."""
    home = visitor.get("/")
    form = {"link": link, "csrf_token": csrf_token(home.text)}
    shown = visitor.post("/bookings/link", form, token=False)
    answers = {name: hidden(shown.text, name) for name in ("club", "timeid", "start", "csrf_token")}
    booked = visitor.post("/bookings", answers, token=False)
    assert booked.request.path.startswith("/bookings/"), words(booked)
    return booked.request.path.removeprefix("/bookings/")


def minus(after: Used, before: Used) -> Used:
    """What came on top."""
    return tuple(now - then for now, then in zip(after, before, strict=True))


def plus(*parts: Used) -> Used:
    """All together."""
    return tuple(sum(counts) for counts in zip(*parts, strict=True))


def times(count: int, part: Used) -> Used:
    """So many of them together."""
    return tuple(count * used for used in part)


def each(count: int, total: Used) -> Used:
    """The share of one of so many that use the same."""
    assert all(used % count == 0 for used in total), f"{total} is not {count} times the same"
    return tuple(used // count for used in total)


@asynccontextmanager
async def metered_cloud(directory: Path) -> AsyncGenerator[Cloud]:
    """All of it, with a club that shows its members their ids."""
    clock, lives, lights, telling = MovedClock(), list[datetime](), list[str](), list[str]()
    # The calendar stands still, or its sweep would come in between where a minute of the machine's falls so.
    with gcp(directory, ManualClock(datetime.now(UTC))) as scheduler, ExitStack() as processes:
        async with running_club(empty=True) as club:
            club.add_session(NewSession(opens_in_s=-3600))
            watch = WatchRules(every_s=A_WATCH.total_seconds())
            rules = ClubRules(id=CLUB_ID, name="Practice Club", base_url=HttpUrl(club.base_url + "/"), watch=watch)
            api, timer, booker, waitlist = (
                started(processes.enter_context(scheduler.reopened()), scheduler, rules, clock) for _ in range(4)
            )
            processes.enter_context(heard(booker.family.store, lives))
            processes.enter_context(lit(lights, telling))
            # Once a day it would come in between, and it is not what is measured.
            keep_health(timer.ports, ClubHealth(club_id=CLUB_ID, read_at=clock.now() + timedelta(days=300)))
            site = Site(create_app(api.ports, api_settings(directory, rules)), api.ports)
            async with (
                timer.listening(Service.TIMER, Timer(timer.ports).handlers()) as timer_url,
                booker.listening(Service.BOOKER, Booker(booker.ports, "booker").handlers()) as booker_url,
                waitlist.listening(Service.WAITLIST, Waitlist(waitlist.ports, "waitlist").handlers()) as waitlist_url,
                scheduler.delivering(
                    {Service.TIMER: timer_url, Service.BOOKER: booker_url, Service.WAITLIST: waitlist_url}, None
                ),
            ):
                yield Cloud(club, clock, api, timer, booker, waitlist, scheduler, site, lives, lights, telling)


@contextmanager
def heard(store: Store, lives: list[datetime]) -> Generator[None, None, None]:
    """Takes note of each sign of life that is given to the store, until when it says that somebody lives."""
    keep_alive = store.keep_alive

    def noted(holder: str, until: datetime) -> None:
        lives.append(until)
        keep_alive(holder, until)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "keep_alive", noted)
        yield


@contextmanager
def lit(lights: list[str], telling: list[str]) -> Generator[None, None, None]:
    """Takes note of each booking of which a race tells how far it has come: how often it does depends on time.

    In `telling` are those of which it is told just now.
    """
    keep = Lights.keep

    def noted(self: Lights, booking_id: str, reached: Progress) -> None:
        telling.append(booking_id)
        try:
            keep(self, booking_id, reached)
            lights.append(booking_id)
        finally:
            telling.remove(booking_id)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Lights, "keep", noted)
        yield


def started(family: Family, bus_of: Family, rules: ClubRules, clock: MovedClock) -> Instance:
    """A process of a service. Whoever pushes to it shows a token that the door of `bus_of` knows."""
    clubs = {CLUB_ID: open_club(rules, "Autotennis/test", clock)}
    ports = Ports(
        family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, bus_of.door, family.refusals
    )
    return Instance(ports, family)
