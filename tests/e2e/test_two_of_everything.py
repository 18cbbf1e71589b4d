"""Two instances of every service, deliveries that come twice and late, one instance killed in the middle of it all."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import HttpUrl, SecretStr
from support.ntnui_links import session_at
from support.waiting import eventually, eventually_beside
from support.whole_system import CLUB_ID, Whole, available, whole_system_with_club

from autotennis.domain.booking import State, Wish, requested
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials, Member
from autotennis.domain.opening import opening_of
from autotennis.member_secrets import keep_credentials
from autotennis_local.choices import Backing
from autotennis_local.delivery import Delivery
from autotennis_local.visitor import Person, visiting
from practice_club.orders import NewMember, NewSession
from practice_club.people import Member as ClubMember
from practice_club.session import Session as ClubSession

BOOKINGS = 300
SESSIONS = 10
ON_THE_PAGES = 6
PIN = SecretStr("4711")
# Enough for three hundred logins by two bookers on a small machine.
OPENS_IN_S = 75.0


class Crowd:
    """Three hundred members who want a place in one of ten sessions that open at the same instant."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._rules = ClubRules(id=CLUB_ID, name="Practice Club", base_url=HttpUrl(whole.club.base_url + "/"))
        self.sessions = self._sessions()
        self.wishes: dict[str, tuple[int, ClubSession]] = {}

    def _sessions(self) -> list[ClubSession]:
        opens_at = (datetime.now(UTC) + timedelta(seconds=OPENS_IN_S)).replace(microsecond=0)
        capacity = BOOKINGS // SESSIONS
        return [self._whole.club.add_session(NewSession(opens_at=opens_at, capacity=capacity)) for _ in range(SESSIONS)]

    async def wish(self) -> None:
        """Each asks for a place: a few on the web pages of both instances, the others straight at the store."""
        for number in range(BOOKINGS):
            at_club = self._whole.club.add_member(
                NewMember(email=f"spiller{number}@example.org", pin=PIN, name=f"Spiller {number}")
            )
            if number < ON_THE_PAGES:
                await self._wish_on_pages(at_club, number)
            else:
                await asyncio.to_thread(self._wish, at_club, number)

    async def _wish_on_pages(self, at_club: ClubMember, number: int) -> None:
        addresses = self._whole.system.api_urls
        session = self.sessions[number % SESSIONS]
        async with visiting(addresses[number % len(addresses)]) as visitor:
            await visitor.let_in(Person(at_club.email, PIN, SecretStr("et langt og godt passord")))
            booking_id = await visitor.book(self._whole.club.link(session))
        self.wishes[booking_id] = (at_club.id, session)

    def _wish(self, at_club: ClubMember, number: int) -> None:
        insight, club = self._whole.insight, self._whole.club
        now = datetime.now(UTC)
        member = Member(id=f"m-{number}", email=at_club.email, password_hash="unused", created_at=now).known_at(
            CLUB_ID, at_club.id
        )
        insight.store.add_member(member)
        keep_credentials(insight.vault, member.id, CLUB_ID, Credentials(email=at_club.email, password=PIN))
        session = self.sessions[number % SESSIONS]
        wanted = session_at(self._rules, club.link(session))
        wish = Wish(member_id=member.id, club_id=CLUB_ID, session=wanted, opening_at=opening_of(wanted, self._rules))
        booking, facts = requested(f"b-{number}", wish, now)
        insight.store.create((booking, facts))
        for fact in facts:
            insight.bus.publish(fact)
            insight.store.strike_off(fact)
        self.wishes[booking.id] = (at_club.id, session)

    def are_booked(self) -> bool:
        """Whether every booking says so."""
        store = self._whole.insight.store
        return all(store.booking(booking_id).state is State.BOOKED for booking_id in self.wishes)


@pytest.mark.long(115)
@pytest.mark.timeout(600)
async def test_three_hundred_bookings_of_one_opening_end_in_three_hundred_single_effects(tmp_path: Path) -> None:
    trouble = Delivery(duplicate=0.3, delay_s=2.0)
    backing = available(Backing.EMULATORS)
    async with whole_system_with_club(tmp_path, backing, instances=2, delivery=trouble) as whole:
        crowd = Crowd(whole)
        await crowd.wish()

        def taken() -> int:
            return sum(len(session.takers()) for session in crowd.sessions)

        await eventually(lambda: taken() >= BOOKINGS // 10, "the race is on", within_s=240)
        await whole.kill("booker-2")
        await eventually(lambda: taken() == BOOKINGS, "everybody is in", within_s=240)

        await eventually_beside(crowd.are_booked, "every booking says so", within_s=120)
        for session in crowd.sessions:
            wanted = [member for member, wished in crowd.wishes.values() if wished is session]
            accepted = [change["member_id"] for change in whole.club.session_report(session)["accepted"]]
            assert sorted(accepted) == sorted(session.takers()) == sorted(wanted)
        for booking_id in crowd.wishes:
            booking = await asyncio.to_thread(whole.insight.store.booking, booking_id)
            assert booking.requests_sent <= 60
        # Who was killed between committing and publishing has left that to the next sweep.
        await eventually_beside(lambda: not whole.insight.store.unpublished(), "all of it is published", within_s=120)
        assert await asyncio.to_thread(whole.insight.bus.dead_letters) == []
        assert await asyncio.to_thread(whole.insight.store.has_open) is False
