"""The whole system as processes under its supervisor, with a practice club in the test's own process."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import HttpUrl, SecretStr
from support.emulators import need_emulators
from support.running import while_running
from support.waiting import eventually, eventually_beside, serves

from autotennis.domain.booking import FINAL, Booking, State
from autotennis.domain.club import ClubRules, WatchRules
from autotennis.errors import AutotennisError
from autotennis.events import Event
from autotennis_local.backbone import Insight
from autotennis_local.choices import Backing
from autotennis_local.system import PRACTICE_LOOKS_S, LocalSystem, Wanted, running
from autotennis_local.visitor import Person, visiting
from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.people import Member as ClubMember
from practice_club.server import running_club
from practice_club.session import Session as ClubSession

CLUB_ID = "practice"
CARRIER = "carrier"
ENDS = frozenset({"Booked", "Failed"})
PERSON = Person("ingebjorg.as@example.org", SecretStr("pin-9Q7x"), SecretStr("et langt og godt passord"))


@dataclass
class Wish:
    """A booking under way: ours, and the club's side of it."""

    booking_id: str
    club_member_id: int
    session: ClubSession


@dataclass
class Whole:
    """The running system, its data, the club, and the events since it runs."""

    system: LocalSystem
    insight: Insight
    club: PracticeClub
    seen: list[Event] = field(default_factory=list[Event])

    async def wish(self, opens_in_s: float, person: Person = PERSON, **more: Any) -> Wish:
        """A member of the club registers on the web pages, or signs in, and books a session that opens soon.

        `more` is said of the session.
        """
        return await self.wish_for(self.club.add_session(NewSession(opens_in_s=opens_in_s, **more)), person)

    async def wish_for(self, session: ClubSession, person: Person = PERSON, **options: str) -> Wish:
        """The same for a session that is there; `options` are fields of the preview."""
        at_club = self.member(person)
        # An earlier test may have killed it.
        await eventually_beside(lambda: serves(self.system.api_url), "the api serves", within_s=120)
        async with visiting(self.system.api_url) as visitor:
            await visitor.let_in(person)
            booking_id = await visitor.book(self.club.link(session), **options)
        return Wish(booking_id, at_club.id, session)

    def member(self, person: Person = PERSON) -> ClubMember:
        """The person as a member of the club."""
        known = self.club.model.member_by_email(person.email)
        return known or self.club.add_member(NewMember(email=person.email, pin=person.pin, name="Ingebjørg Ås"))

    def booking(self, wish: Wish) -> Booking:
        """The booking as it is stored."""
        return self.insight.store.booking(wish.booking_id)

    def asked(self, wish: Wish, action: str) -> int:
        """How often the wish's member, logged in, asked the club for that of the session."""
        return sum(
            request.action == action and request.member_id == wish.club_member_id
            for request in self.club.record.requests
            if request.timeid == wish.session.slot.timeid
        )

    async def kill(self, program: str) -> None:
        """SIGKILL, and the supervisor starts it again. `carrier` is whoever pushes the events.

        Who shares its process ends with it.
        """
        pid = await self._pid(self.system.carrier if program == CARRIER else self.system.program_of(program))
        os.kill(pid, signal.SIGKILL)

    async def _pid(self, program: str) -> int:
        found: list[int] = []

        def is_running() -> bool:
            try:
                pid = self.system.supervisor.pid(program)
            except AutotennisError:
                return False
            found[:] = [pid] if pid else []
            return bool(pid)

        await eventually(is_running, f"{program} runs", within_s=60)
        return found[0]

    async def ended(self, wish: Wish, within_s: float = 120) -> Booking:
        """The booking once it has ended and all that is to be told of it is published."""

        def is_over() -> bool:
            booking = self.booking(wish)
            is_settled = booking.state in FINAL | {State.BOOKED}
            return is_settled and not self.insight.store.unpublished(wish.booking_id)

        # Not too often: on the emulators each look is a request.
        await eventually(is_over, "the booking has ended", within_s, every_s=0.5)
        return self.booking(wish)

    def told(self, booking_id: str) -> Counter[str]:
        """How many facts of each kind about the booking were seen so far; one that came twice counts once."""
        facts = {event.model_dump_json(): event.kind for event in self.seen if is_about(event, booking_id)}
        return Counter(facts.values())

    async def all_told(self, wish: Wish) -> Counter[str]:
        """The same once its end was told: who looks on may be a little behind."""
        await eventually(lambda: ENDS.intersection(self.told(wish.booking_id)), "the end was told", within_s=60)
        return self.told(wish.booking_id)

    async def look_on(self) -> None:
        """Takes note of every event as it is published, until it is cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            since_s = clock()
            self.seen += await asyncio.to_thread(self.insight.feed.new)
            # As long again as it took: on the emulators one look is a request for each kind of event.
            await asyncio.sleep(max(0.1, clock() - since_s))


def is_about(event: Event, booking_id: str) -> bool:
    """Whether it is an event of this booking."""
    return getattr(event, "booking_id", None) == booking_id


@asynccontextmanager
async def whole_system(
    data_dir: Path,
    club: PracticeClub,
    backing: Backing = Backing.LOCAL,
    told: Mapping[str, str] | None = None,
    **more: Any,
) -> AsyncGenerator[Whole]:
    """The system on this directory, for this club, on free ports; `told` are settings, `more` is for `Wanted`."""
    watch = WatchRules(every_s=PRACTICE_LOOKS_S)
    rules = ClubRules(id=CLUB_ID, name="Practice Club", base_url=HttpUrl(club.base_url + "/"), watch=watch)
    settings = {
        "AUTOTENNIS_CLUBS": json.dumps([rules.model_dump(mode="json")]),
        "AUTOTENNIS_CLUB_LOGINS_PER_HOUR": "1000",
        "AUTOTENNIS_OPEN_REGISTRATION": "true",
        # What is asked of the club is counted.
        "AUTOTENNIS_CANARY": "false",
        **(told or {}),
    }
    wanted = Wanted(data_dir, api_port=0, settings=settings, backing=backing, **more)
    async with running(wanted, lambda _line: None) as system:
        with system.looked_into() as insight:
            whole = Whole(system, insight, club)
            async with while_running(whole.look_on()):
                yield whole


@asynccontextmanager
async def whole_system_with_club(
    data_dir: Path, backing: Backing = Backing.LOCAL, **more: Any
) -> AsyncGenerator[Whole]:
    """The same with an empty club of its own."""
    async with running_club(empty=True) as club, whole_system(data_dir, club, backing, **more) as whole:
        yield whole


def available(backing: Backing) -> Backing:
    """The family, if it is to be had on this machine: otherwise the test is skipped, loudly."""
    if backing is Backing.EMULATORS:
        need_emulators()
    return backing


def shares_a_system(backing: Backing) -> pytest.MarkDecorator:
    """Marks the parameter of tests that share a system of this family: one process runs them, after one another."""
    return pytest.mark.xdist_group(f"one-system-{backing.value}")
