"""What takes days or months, in a town where they pass at once: every service, the web pages, the dispatcher, the club.

Members act on the web pages, and what is said there is checked against the club's own record.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from support.town import AT_REST, RUN_UP, Town, town
from support.waiting import eventually

from autotennis.domain.booking import Booking, State
from autotennis.domain.opening import wake_at
from autotennis.events import BookingCancelled, Failed, SeriesInterrupted, SessionFull
from autotennis.flow import Service
from autotennis.outbox import publish_outbox
from autotennis.values import FailureReason
from practice_club.clock import NS_PER_S
from practice_club.model import SessionKey
from practice_club.session import Session as ClubSession
from practice_club.times import instant_ns
from practice_club.vocabulary import Action

OPEN = -3600.0
NOVEMBER = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def test_a_place_freed_within_the_notice_is_left_to_others_and_the_page_says_so(tmp_path: Path) -> None:
    async with town(tmp_path, NOVEMBER) as at, at.reader() as (picky, picky_at_club), at.reader() as (patient, _):
        session = at.desk.session(OPEN, capacity=4, taken=4)
        link = at.desk.club.link(session)
        first = await at.ended(await picky.book(link, notice="120"))
        second = await at.ended(await patient.book(link))
        assert first.wait
        logins = at.desk.asked("login")
        await at.comes(first.wait.until - timedelta(minutes=119))
        at.desk.club.free(session)
        await at.later(timedelta(minutes=1))
        await at.settled()

        assert [at.booking(one.id).state for one in (first, second)] == [State.FAILED, State.BOOKED]
        (told,) = at.told(Failed)
        assert (told.booking_id, told.failure.reason) == (first.id, FailureReason.TOO_LATE)
        assert "a place became free, but later than you wished" in await picky.words(f"/bookings/{first.id}")
        assert "You have a place" in await patient.words(f"/bookings/{second.id}")
        assert at.desk.asked("login") == logins + 1, "nobody logs in for a place that is not wanted"
        assert picky_at_club.id not in session.takers()


async def in_line(at: Town, sessions: list[ClubSession], members: int) -> list[Booking]:
    """So many members wait, as many for each of the full sessions, since the booker has found that they are full.

    Their wishes are told as the pages would tell them: to type so many passwords would take minutes.
    """
    wishes = [at.desk.wished(at.desk.member()[0], sessions[number % len(sessions)]) for number in range(members)]
    already = len(at.told(SessionFull))
    for wish in wishes:
        publish_outbox(at.desk.ports, wish.id)
    await eventually(lambda: len(at.told(SessionFull)) == already + members, "all wait", within_s=120, every_s=0.05)
    await at.settled()
    return wishes


async def test_two_hundred_who_wait_for_forty_sessions_cost_the_club_one_look_in_half_a_minute(tmp_path: Path) -> None:
    async with town(tmp_path, NOVEMBER) as at, at.reader() as (reader, at_club):
        sessions = [at.desk.session(OPEN, capacity=4, taken=4) for _ in range(40)]
        mine = await at.ended(await reader.book(at.desk.club.link(sessions[7])))
        others = await in_line(at, sessions, 199)
        at.desk.club.record.clear()
        for _ in range(60):
            await at.later(timedelta(seconds=10))
        await at.settled()

        asked = list(at.desk.club.record.requests)
        assert {(request.action, request.member_id) for request in asked} == {(Action.INDEX, None)}
        apart_s = [(later.arrived_ns - earlier.arrived_ns) / NS_PER_S for earlier, later in pairwise(asked)]
        assert min(apart_s) >= 0.98 * at.desk.rules.watch.every_s, "a clock may tick a little early"
        assert max(apart_s) <= 120, "they are watched for all the time"

        at.desk.club.free(sessions[7])
        await at.later(timedelta(minutes=1))
        await at.settled()
        assert at.booking(mine.id).state is State.BOOKED
        assert {at.booking(other.id).state for other in others} == {State.WAITING}
        assert at.desk.asked("login") == at.desk.asked("sign_up") == 1
        assert at_club.id in sessions[7].takers()


@pytest.mark.parametrize("state", [State.REQUESTED, State.SCHEDULED])
async def test_cancelled_before_its_opening_it_asks_the_club_for_nothing(tmp_path: Path, state: State) -> None:
    async with town(tmp_path, NOVEMBER) as at, at.reader() as (reader, _):
        # Who does not hear of a wish cannot schedule it.
        at.closed |= {Service.TIMER} if state is State.REQUESTED else set()
        session = at.desk.session(timedelta(days=2).total_seconds())
        booking_id = await reader.book(at.desk.club.link(session))
        await at.settled()
        assert at.booking(booking_id).state is state
        at.desk.club.record.clear()
        await reader.cancel(booking_id)
        assert "You cancelled this booking" in await reader.words(f"/bookings/{booking_id}")
        at.closed.clear()
        await at.comes(at.booking(booking_id).opening_at - timedelta(minutes=2))
        await at.later(timedelta(minutes=3))
        await at.settled()
        assert at.booking(booking_id).state is State.CANCELLED
        assert [told.booking_id for told in at.told(BookingCancelled)] == [booking_id]
        assert list(at.desk.club.record.requests) == []
        assert session.history == []


async def test_who_leaves_the_line_leaves_a_freed_place_to_the_next_who_gives_it_back(tmp_path: Path) -> None:
    async with town(tmp_path, NOVEMBER) as at, at.reader() as (leaver, _), at.reader() as (next_one, at_club):
        session = at.desk.session(OPEN, capacity=4, taken=4)
        link = at.desk.club.link(session)
        left = await at.ended(await leaver.book(link))
        taken = await at.ended(await next_one.book(link))
        assert {left.state, taken.state} == {State.WAITING}
        logins = at.desk.asked("login")
        await leaver.cancel(left.id)
        at.desk.club.free(session)
        await at.later(timedelta(minutes=1))
        await at.settled()
        assert [at.booking(one.id).state for one in (left, taken)] == [State.CANCELLED, State.BOOKED]
        assert at.desk.asked("login") == logins + 1
        assert at_club.id in session.takers()

        await next_one.withdraw(taken.id)
        await at.settled()
        assert at.booking(taken.id).state is State.WITHDRAWN
        assert "Given back Seen on the club's page" in await next_one.words(f"/bookings/{taken.id}")
        assert at_club.id not in session.takers()
        at.desk.club.free(session)
        await at.later(timedelta(minutes=1))
        await at.settled()
        assert at.desk.asked("sign_up") == 1, "who gave up is not signed up again"


MONDAYS_AT_SIX = "20261019T18:00:00"
# When the sessions of these days open, 72 hours before 18:00 in Oslo. Over the night in which the clocks go back that
# is at 19:00 on the Friday before, over the one in which they go forward at 17:00.
OPENINGS = {
    date(2026, 10, 19): datetime(2026, 10, 16, 16, tzinfo=UTC),
    date(2026, 10, 26): datetime(2026, 10, 23, 17, tzinfo=UTC),
    date(2026, 11, 16): datetime(2026, 11, 13, 17, tzinfo=UTC),
    date(2027, 3, 22): datetime(2027, 3, 19, 17, tzinfo=UTC),
    date(2027, 3, 29): datetime(2027, 3, 26, 16, tzinfo=UTC),
    date(2027, 4, 5): datetime(2027, 4, 2, 16, tzinfo=UTC),
}
SKIPPED, OPENING_OF_THE_SKIPPED = date(2026, 11, 2), datetime(2026, 10, 30, 17, tzinfo=UTC)
VANISHED, OPENING_OF_THE_VANISHED = date(2026, 11, 9), datetime(2026, 11, 6, 17, tzinfo=UTC)
RESUMED_AT = datetime(2027, 3, 16, 12, tzinfo=UTC)


@dataclass
class Mondays:
    """A member's series in a town; `first` is the booking of its first week."""

    at: Town
    first: Booking

    @property
    def page(self) -> str:
        """Where its page is."""
        return f"/series/{self.first.series_id}"

    @property
    def bookings(self) -> dict[date, Booking]:
        """Its bookings by the days of their sessions."""
        mine = self.at.desk.ports.store.bookings_of(self.first.member_id)
        return {booking.session.start.date(): booking for booking in mine}

    def at_the_club(self, day: date) -> ClubSession:
        """What the club has on that day."""
        found = self.at.desk.club.model.find(self.key(day))
        assert found
        return found

    def key(self, day: date) -> SessionKey:
        """What the club calls the session of that day."""
        return SessionKey(self.first.session.timeid, datetime.combine(day, time(18), tzinfo=self.at.desk.rules.zone))

    async def openings_come(self, day: date) -> None:
        """Time passes until that day's session opens, by our rule or, where the club's page says so, an hour later."""
        while (booking := self.bookings[day]).state not in AT_REST:
            assert self.at.desk.family.wake.next_at() == wake_at(booking.opening_at)
            await self.at.comes(booking.opening_at - RUN_UP)
            await self.at.raced(booking)


async def test_a_series_over_both_changes_of_the_clocks_with_a_skipped_and_a_vanished_week(tmp_path: Path) -> None:
    async with town(tmp_path, datetime(2026, 10, 14, 12, tzinfo=UTC)) as at, at.reader() as (reader, at_club):
        session = at.desk.session(None, starts=MONDAYS_AT_SIX)
        at.desk.session(None, starts="20261018T10:00:00")
        booking_id = await reader.book(at.desk.club.link(session), weekly="1")
        mondays = Mondays(at, at.booking(booking_id))
        at.desk.club.model.drop(mondays.key(VANISHED))
        await reader.press(mondays.page, "skip", day=SKIPPED.isoformat())
        await at.settled()

        for day in (date(2026, 10, 19), date(2026, 10, 26)):
            await mondays.openings_come(day)
        assert at.told(SeriesInterrupted) == []
        await at.comes(wake_at(OPENING_OF_THE_SKIPPED))
        await at.settled()
        (told,) = at.told(SeriesInterrupted)
        assert (told.reason, told.session.start.date()) == ("gone", VANISHED)
        said = "Monday 9 November 2026 was not booked: the club's timetable does not show the session."
        assert said in await reader.words(mondays.page)
        await at.comes(wake_at(OPENING_OF_THE_VANISHED))
        await at.settled()

        await reader.press(mondays.page, "pause")
        await mondays.openings_come(date(2026, 11, 16))
        await at.comes(RESUMED_AT)
        await reader.press(mondays.page, "resume")
        await at.settled()
        for day in (date(2027, 3, 22), date(2027, 3, 29)):
            await mondays.openings_come(day)

        found = mondays.bookings
        assert {day: booking.opening_at for day, booking in found.items()} == OPENINGS
        *booked, planned = sorted(found)
        assert found[planned].state is State.SCHEDULED
        rules = at.desk.club.model.rules
        for day in booked:
            assert found[day].state is State.BOOKED
            at_the_club = mondays.at_the_club(day)
            assert at_the_club.takers() == [at_club.id]
            assert at_the_club.opens_ns(rules) == instant_ns(OPENINGS[day])
        assert len(at.told(SeriesInterrupted)) == 1
