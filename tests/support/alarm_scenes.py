"""What operators are to be alarmed by, played before real services: `python -m support.alarm_scenes SERVICE DIRECTORY`.

The lines that the service logs go to standard error, as its program writes them; to standard output goes, as one JSON
text a line, what Prometheus would read at some moments. A process of its own, since logs are set up once in a process.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from prometheus_client import generate_latest
from pydantic import HttpUrl
from support.api_site import api_settings, club_beside, open_site
from support.booking_desk import CLUB_ID, PUSH_SECRET, RACE, booking_desk, clock_at
from support.clock import ManualClock
from support.friends import make_friend
from support.records import CLUB, NOW, OPENING, a_member, a_request
from support.waiting_line import waiting_line

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemIds
from autotennis.canary import keep_health
from autotennis.domain.club import ClubRules
from autotennis.domain.club_health import ClubHealth
from autotennis.events import CanaryDue, Event, RaceDue, SweepDue, WatchDue, dump
from autotennis.log import set_up_logs
from autotennis.metrics import Metrics
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening
from autotennis_booker.app import create_app as create_booker
from autotennis_booker.settings import BookerSettings
from autotennis_notifier.app import create_app as create_notifier
from autotennis_notifier.settings import NotifierSettings
from autotennis_timer.app import create_app as create_timer
from autotennis_timer.settings import TimerSettings
from autotennis_waitlist.app import create_app as create_waitlist
from autotennis_waitlist.settings import WaitlistSettings
from practice_club.knobs import Rebuilt

Served = Callable[[Ports], web.Application]
SETTINGS: Final[Mapping[str, Any]] = {"push_secret": PUSH_SECRET}
APPS: Final[Mapping[str, Served]] = {
    "timer": lambda ports: create_timer(ports, TimerSettings(**SETTINGS)),
    "booker": lambda ports: create_booker(ports, BookerSettings(**SETTINGS)),
    "waitlist": lambda ports: create_waitlist(ports, WaitlistSettings(**SETTINGS)),
    "notifier": lambda ports: create_notifier(ports, NotifierSettings(**SETTINGS)),
}
# What each cannot handle without its database.
EVENTS: Final[Mapping[str, Event]] = {
    "timer": SweepDue(at=NOW),
    "booker": RaceDue(at=NOW, club_id=CLUB, opening_at=OPENING, booking_ids=("b-1",)),
    "waitlist": WatchDue(at=NOW, club_id=CLUB),
    "notifier": SweepDue(at=NOW),
}


def scraped(metrics: Metrics) -> None:
    """Prometheus reads."""
    told(metrics.exposition())


def told(exposition: bytes) -> None:
    """Passes on what it read."""
    sys.stdout.write(json.dumps(exposition.decode()) + "\n")


async def pushed(url: str, event: Event) -> int:
    """Delivers an event as the bus does; gives the answer's status."""
    headers = {"Authorization": f"Bearer {PUSH_SECRET.get_secret_value()}"}
    body = seal_envelope(dump(event), "1", "test", 1, "")
    async with aiohttp.ClientSession() as http, http.post(f"{url}/events", data=body, headers=headers) as answer:
        return answer.status


def damage(directory: Path) -> None:
    """As after a disk that lost something."""
    with closing(sqlite3.connect(directory / "autotennis.db")) as database, database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in tables.fetchall():
            database.execute(f'DROP TABLE "{name}"')


@contextmanager
def quiet_ports(directory: Path, clock: ManualClock) -> Generator[Ports]:
    """The embedded family, and a club that nobody asks anything."""
    rules = ClubRules(id=CLUB, name="Practice Club", base_url=HttpUrl("http://127.0.0.1:9/"))
    clubs = {CLUB: open_club(rules, "Autotennis/test", clock)}
    with open_local(directory, clock) as family:
        door = SecretDoor(PUSH_SECRET)
        yield Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, door)


async def timer(directory: Path) -> None:
    """Facts lie unpublished for eleven minutes, no wake-up comes, and nobody looks through the club's pages."""
    clock = ManualClock(NOW)
    with quiet_ports(directory, clock) as ports:
        ports.store.add_member(a_member())
        ports.store.create(a_request())
        keep_health(ports, ClubHealth(club_id=CLUB, read_at=NOW - timedelta(days=3)))
        async with listening(APPS["timer"](ports), "127.0.0.1", 0) as url:
            clock.advance(11 * 60)
            scraped(ports.metrics)
            assert await pushed(url, SweepDue(at=clock.now())) == 204
            clock.advance((OPENING - clock.now()).total_seconds())
            assert await pushed(url, SweepDue(at=clock.now())) == 204
            scraped(ports.metrics)


async def booker(directory: Path) -> None:
    """A race that is won, one that begins late, a PIN that the club refuses, a club whose pages were made anew.

    Then a race that sends every sign-up that it may.
    """
    async with booking_desk(directory, now=clock_at(None).now()) as desk:
        await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=2)))
        late = desk.booking(desk.member()[0], desk.session(opens_in_s=60))
        desk.later(timedelta(seconds=90))
        await desk.raced(late)
        await desk.raced(desk.booking(desk.member(pin="9999")[0], desk.session(opens_in_s=1)))
        desk.club.turn(rebuilt={Rebuilt.TIMETABLE})
        assert await desk.push(CanaryDue(at=desk.ports.clock.now(), club_id=CLUB_ID)) == 204
        scraped(desk.ports.metrics)
    async with booking_desk(directory / "sparing", race=RACE.model_copy(update={"sign_ups": 1})) as desk:
        await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=2)))
        scraped(desk.ports.metrics)


async def waitlist(directory: Path) -> None:
    """A place is free, and the club does not let its member in."""
    async with waiting_line(directory) as line:
        session = line.full()
        line.joins(session, line.desk.member(pin="9999")[0])
        line.desk.club.free(session)
        await line.looked()
        scraped(line.desk.ports.metrics)


def api(directory: Path) -> None:
    """Somebody guesses at a password; then the pages and the JSON API are asked without a database."""
    with club_beside() as club, open_site(api_settings(directory, club.rules())) as site:
        member = make_friend(site, club, "Åshild")
        stranger = site.visitor()
        for number in range(12):
            stranger.sign_in("somebody@example.org", f"a guess, number {number}")
        damage(directory)
        member.visitor.get("/")
        site.app.test_client().get("/api/v1/bookings", headers={"Authorization": "Bearer " + "a" * 40})
        scraped(site.ports.metrics)


async def failing(directory: Path, service: str) -> None:
    """The service has lost its database."""
    with quiet_ports(directory, ManualClock(NOW)) as ports:
        async with listening(APPS[service](ports), "127.0.0.1", 0) as url:
            damage(directory)
            await pushed(url, EVENTS[service])
            # What is asked of the database at each scrape cannot be told any more.
            told(generate_latest(ports.metrics.registry))


SCENES: Final = {"timer": timer, "booker": booker, "waitlist": waitlist}


def main(service: str, directory: Path) -> None:
    """Plays the scenes of this service, the one in which it fails the last."""
    set_up_logs(service, "INFO")
    if service in SCENES:
        asyncio.run(SCENES[service](directory / "works"))
    if service == "api":
        api(directory)
    else:
        asyncio.run(failing(directory / "fails", service))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
