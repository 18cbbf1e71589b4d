"""Bookings of places at a box office: it and all of ours over real sockets, with a booker and a waitlist."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import HttpUrl, SecretStr
from support.booking_desk import PUSH_SECRET, ShiftedClock, restarted_booker
from support.box_office import PASSWORD, BoxOffice, Event, box_office
from support.box_office_client import BOX_OFFICE, RACE, START
from support.waiting_line import another_waitlist

from autotennis.adapters.clubs.limits import Limits
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import Booking, Wish, requested
from autotennis.domain.club import ClubRules, RaceRules, WatchRules
from autotennis.domain.member import Credentials, Member
from autotennis.events import Event as Fact
from autotennis.events import RaceDue, WatchDue, dump
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.values import Action, Session, WaitingWish

CLUB_ID = "box-office"


@dataclass
class Counter:
    """A box office, and those of ours who ask there."""

    office: BoxOffice
    ports: Ports
    rules: ClubRules
    http: aiohttp.ClientSession
    clock: ShiftedClock
    booker: str = ""
    waitlist: str = ""
    ids: SystemIds = field(default_factory=SystemIds)

    def member(self) -> tuple[Member, int]:
        """A member, and their number at the box office."""
        email = f"{self.ids.new()}@example.org"
        number = self.office.member(email)
        member = Member(id=self.ids.new(), email=email, password_hash="unused", created_at=self.clock.now())
        self.ports.store.add_member(member)
        keep_credentials(self.ports.vault, member.id, CLUB_ID, Credentials(email=email, password=SecretStr(PASSWORD)))
        return member, number

    def booking(
        self, event: Event, member: Member, *, off_s: float = 0.0, waiting: WaitingWish | None = None, **more: Any
    ) -> Booking:
        """The member's booking, planned for so many seconds after the event's opening."""
        wish = Wish(
            member_id=member.id,
            club_id=CLUB_ID,
            session=Session(timeid=0, slot=event.slug, start=START),
            opening_at=event.opens_at + timedelta(seconds=off_s),
            waiting=waiting or WaitingWish(wanted=False),
            **more,
        )
        now = self.clock.now()
        self.ports.store.create(requested(booking_id := self.ids.new(), wish, now))
        return self.ports.store.change(booking_id, lambda found: found.wake_planned(now))

    async def raced(self, booking: Booking, url: str = "") -> Booking:
        """The booking after its race."""
        assert await self.race(booking, url) == 204
        return self.now(booking)

    async def race(self, booking: Booking, url: str = "") -> int:
        """Pushes its RaceDue to the booker; gives the status of its answer."""
        due = RaceDue(at=self.clock.now(), club_id=CLUB_ID, opening_at=booking.opening_at, booking_ids=(booking.id,))
        return await self.push(due, url or self.booker)

    async def looked(self) -> None:
        """A minute passes, and the waitlist looks."""
        self.clock.advance(timedelta(seconds=60))
        assert await self.push(WatchDue(at=self.clock.now(), club_id=CLUB_ID), self.waitlist) == 204

    async def push(self, event: Fact, url: str) -> int:
        """Delivers an event as the bus does."""
        headers = {"Authorization": f"Bearer {PUSH_SECRET.get_secret_value()}"}
        body = seal_envelope(dump(event), "1", "test", 1, "")
        async with self.http.post(f"{url}/events", data=body, headers=headers) as response:
            return response.status

    def now(self, booking: Booking) -> Booking:
        """The booking as it is now."""
        return self.ports.store.booking(booking.id)

    def is_well(self, booking: Booking) -> None:
        """What must hold however it went: nothing twice, nothing left behind, no more asked than is allowed."""
        race, watch = self.rules.race, self.rules.watch
        assert self.office.most_at_once <= 1, "never two places, or two holds"
        assert self.office.holds() == [], "nothing is held any more"
        newest = self.now(booking)
        assert newest.requests_sent <= race.requests + watch.requests
        assert self.office.count("hold") == newest.sign_ups_sent <= race.sign_ups + watch.sign_ups
        number = self.office.members[self.ports.store.member(booking.member_id).email]
        assert bool(newest.proof) == ((number, booking.session.slot) in self.office.placed), "true to its page"


def acts(booking: Booking) -> list[Action]:
    """What was asked of the box office, but for logins and looks."""
    return [one.action for one in booking.timeline if one.action not in (Action.LOG_IN, Action.LOOK)]


@asynccontextmanager
async def open_counter(
    directory: Path, race: RaceRules = RACE, now: datetime | None = None, **limits: Any
) -> AsyncGenerator[Counter]:
    """A box office with nothing to sell yet, a booker and a waitlist."""
    clock = ShiftedClock() if now is None else ShiftedClock(now - ShiftedClock().now())
    async with box_office(clock) as office, aiohttp.ClientSession() as http:
        address, watch = HttpUrl(office.url + "/"), WatchRules(every_s=60)
        rules = ClubRules(id=CLUB_ID, name="Box Office", base_url=address, race=race, watch=watch)
        with open_local(directory, clock) as family:
            clubs = {CLUB_ID: BOX_OFFICE(rules, "Autotennis/test", clock, Limits(**limits))}
            ports = Ports(
                family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, SecretDoor(PUSH_SECRET)
            )
            counter = Counter(office, ports, rules, http, clock)
            async with restarted_booker(ports) as counter.booker, another_waitlist(ports) as counter.waitlist:
                yield counter
