"""Weekly series through the timer's HTTP door, checked against the practice club's timetable."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, Desk, booking_desk
from support.ntnui_links import session_at
from support.other_kinds import BARE, BY_THE_RULE, NamingClub, named, number_of
from support.waiting import eventually

from autotennis.domain.booking import Booking, State
from autotennis.domain.opening import confirming_of, opening_of, wake_at
from autotennis.domain.series import Series, SeriesState, TroubleKind
from autotennis.domain.session import next_week
from autotennis.events import BookingRequested, OpeningDue, RaceDue, SeriesDue, SeriesInterrupted, SweepDue
from autotennis.flow import Service
from autotennis.ports import Traits
from autotennis.serving import listening, service_app
from autotennis.values import Seen
from autotennis_timer.handlers import Timer
from practice_club.knobs import Fault, FaultKind
from practice_club.orders import NewSession
from practice_club.people import Slot
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@dataclass
class Weekly:
    """A desk, and a timer to push to."""

    desk: Desk
    url: str

    def series(self, at_club: ClubSession, **more: object) -> Series:
        """A series whose next week is that session; it is due."""
        now = self.desk.ports.clock.now()
        session = session_at(self.desk.rules, self.desk.club.link(at_club))
        fields = {"id": self.desk.ids.new(), "member_id": self.desk.member()[0].id, "club_id": CLUB_ID}
        series = Series.model_validate(
            {**fields, "next": session, "plan_at": now, "created_at": now, "changed_at": now, **more}
        )
        self.desk.ports.store.add_series(series)
        return series

    async def due(self, series: Series) -> int:
        """Delivers SeriesDue."""
        event = SeriesDue(at=self.desk.ports.clock.now(), club_id=CLUB_ID, series_id=series.id)
        return await self.desk.push(event, self.url)

    async def opening_due(self, opening_at: datetime) -> None:
        """The wake-up before an opening comes, and what it has planned is delivered."""
        clock = self.desk.ports.clock
        self.desk.later(wake_at(opening_at) - clock.now())
        due = OpeningDue(at=clock.now(), club_id=CLUB_ID, opening_at=opening_at)
        assert await self.desk.push(due, self.url) == 204
        for event in [event for event in self.desk.told() if isinstance(event, SeriesDue)]:
            assert await self.desk.push(event, self.url) == 204

    def now(self, series: Series) -> Series:
        """The series as it is now."""
        return self.desk.ports.store.series(series.id)

    def bookings(self, series: Series) -> Sequence[Booking]:
        """Its bookings, the earliest session first."""
        return self.desk.ports.store.bookings_of(series.member_id)[::-1]

    def interruptions(self) -> list[SeriesInterrupted]:
        return [event for event in self.desk.told() if isinstance(event, SeriesInterrupted)]


@asynccontextmanager
async def weekly(directory: Path, now: datetime = NOW) -> AsyncGenerator[Weekly]:
    async with booking_desk(directory, now=now) as desk:
        app = service_app(Service.TIMER, Timer(desk.ports).handlers(), desk.ports)
        async with listening(app, "127.0.0.1", 0) as url:
            yield Weekly(desk, url)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncGenerator[Weekly]:
    async with weekly(tmp_path) as at:
        yield at


def slot(at: Weekly, start: str = "20261106T18:00:00", **more: object) -> ClubSession:
    return at.desk.club.add_session(NewSession.model_validate({"starts": start, **more}))


async def test_next_week_is_booked_with_the_series_wishes(at: Weekly) -> None:
    series = at.series(slot(at))
    assert await at.due(series) == 204
    (booking,) = at.bookings(series)
    assert (booking.session, booking.series_id, booking.state) == (series.next, series.id, State.REQUESTED)
    assert booking.opening_at == opening_of(series.next, at.desk.rules)
    assert booking.seen == Seen(level="M"), "as the timetable has it"
    assert at.now(series).next == next_week(series.next)
    assert [event.booking_id for event in at.desk.told() if isinstance(event, BookingRequested)] == [booking.id]
    assert at.desk.asked("login") == 0


async def test_a_week_gets_the_wishes_for_a_fixed_and_an_early_place(at: Weekly) -> None:
    # Ten days ahead, as when the opening of the week before falls due.
    series = at.series(slot(at, "20261112T18:00:00"), early=True, fixed=True)
    assert await at.due(series) == 204
    (booking,) = at.bookings(series)
    assert (booking.early, booking.fixed) == (True, True)
    assert booking.opening_at == confirming_of(series.next, at.desk.rules)
    assert at.now(series).plan_at == wake_at(opening_of(series.next, at.desk.rules)), "weeks go by their openings"


async def test_a_fixed_place_that_may_be_confirmed_already_is_due_now(at: Weekly) -> None:
    series = at.series(slot(at), fixed=True)
    assert confirming_of(series.next, at.desk.rules) < at.desk.ports.clock.now()
    assert await at.due(series) == 204
    (booking,) = at.bookings(series)
    assert (booking.fixed, booking.early) == (True, False)
    assert booking.opening_at <= at.desk.ports.clock.now()


async def test_a_week_that_is_open_already_is_raced_for_and_not_confirmed(at: Weekly) -> None:
    series = at.series(slot(at, "20261104T18:00:00"), fixed=True)
    assert await at.due(series) == 204
    (booking,) = at.bookings(series)
    assert (booking.fixed, booking.opening_at) == (False, opening_of(series.next, at.desk.rules))


async def test_fixed_places_of_weeks_over_a_change_of_the_clocks(tmp_path: Path) -> None:
    begin = datetime(2026, 10, 11, 12, 0, tzinfo=UTC)
    async with weekly(tmp_path, begin) as at:
        series = at.series(slot(at, "20261020T18:00:00"), fixed=True)
        assert await at.due(series) == 204
        for _ in range(2):
            await at.opening_due(opening_of(at.bookings(series)[-1].session, at.desk.rules))
        confirms = [f"{booking.opening_at:%m-%dT%H:%M}" for booking in at.bookings(series)]
        # The clocks go back on October 25th: where nobody knows how the club counts, the earlier one is planned for.
        assert confirms == ["10-13T16:00", "10-20T16:00", "10-27T17:00"]


async def test_delivered_again_it_plans_no_second_week(at: Weekly) -> None:
    series = at.series(slot(at))
    for _ in range(3):
        assert await at.due(series) == 204
    assert len(at.bookings(series)) == 1


async def test_a_crash_between_the_booking_and_the_series_makes_no_second_booking(at: Weekly) -> None:
    series = at.series(slot(at))
    assert await at.due(series) == 204
    at.desk.ports.store.change_series(series.id, lambda _: series)
    assert await at.due(series) == 204
    assert len(at.bookings(series)) == 1
    assert at.now(series).next == next_week(series.next)


@pytest.mark.parametrize("first", ["20261016T18:00:00", "20270319T18:00:00"], ids=["autumn", "spring"])
async def test_week_after_week_over_a_change_of_the_clocks(tmp_path: Path, first: str) -> None:
    begin = datetime.strptime(first, "%Y%m%dT%H:%M:%S").replace(tzinfo=UTC) - timedelta(days=5)
    async with weekly(tmp_path, begin) as at:
        series = at.series(slot(at, first))
        assert await at.due(series) == 204
        for _ in range(3):
            await at.opening_due(at.bookings(series)[-1].opening_at)
        starts = [booking.session.start for booking in at.bookings(series)]
        assert starts == [series.next.start + timedelta(days=7 * week) for week in range(4)]
        assert {start.hour for start in starts} == {18}
        assert at.interruptions() == []


async def test_a_week_that_is_skipped_is_passed_over_when_its_opening_comes(at: Weekly) -> None:
    first = slot(at)
    series = at.series(first, skipped={first.start.date()})
    assert await at.due(series) == 204
    assert at.bookings(series) == [], "the week after would be planned far too early, by a timetable that may lack it"
    opening = opening_of(series.next, at.desk.rules)
    assert at.now(series).plan_at == wake_at(opening)
    await at.opening_due(opening)
    (booking,) = at.bookings(series)
    assert booking.session.start == series.next.start + timedelta(days=7)


async def test_what_is_not_skipped_any_more_is_planned_though_it_was_passed_over(at: Weekly) -> None:
    first = slot(at)
    series = at.series(first, skipped={first.start.date()})
    assert await at.due(series) == 204
    now = at.desk.ports.clock.now()
    at.desk.ports.store.change_series(series.id, lambda it: it.including(first.start.date(), now))
    assert await at.due(series) == 204
    (booking,) = at.bookings(series)
    assert booking.session == series.next


async def test_many_series_read_the_timetable_once(at: Weekly) -> None:
    session = slot(at)
    series = [at.series(session) for _ in range(10)]
    for one in series:
        assert await at.due(one) == 204
    assert all(at.bookings(one) for one in series)
    assert at.desk.asked("index") == 1


async def test_a_club_that_asked_to_be_left_alone_is_left_alone(at: Weekly) -> None:
    series = [at.series(slot(at)), at.series(slot(at, "20261107T10:00:00"))]
    at.desk.club.turn(faults=(Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=600),))
    for _ in range(3):
        for one in series:
            assert await at.due(one) == 204
    assert at.desk.asked("index") == 1


async def test_a_timetable_without_any_session_ends_nobodys_week(at: Weekly) -> None:
    first = slot(at)
    at.desk.club.model.end_slot(first.slot.timeid, first.start.date() - timedelta(days=1))
    series = at.series(first)
    assert await at.due(series) == 204
    assert at.interruptions() == []
    assert at.now(series).next == series.next


async def test_a_series_of_a_club_that_is_gone_rests(at: Weekly) -> None:
    series = at.series(slot(at), club_id="gone")
    assert await at.due(series) == 204
    assert at.now(series).state is SeriesState.PAUSED


async def test_after_the_last_date_it_is_over(at: Weekly) -> None:
    first = slot(at)
    series = at.series(first, until=first.start.date() - timedelta(days=1))
    assert await at.due(series) == 204
    assert at.now(series).state is SeriesState.ENDED
    assert at.bookings(series) == []


async def test_while_it_is_paused_nothing_is_planned(at: Weekly) -> None:
    series = at.series(slot(at), state=SeriesState.PAUSED)
    assert await at.due(series) == 204
    assert at.bookings(series) == []


async def test_a_slot_that_has_vanished_is_told_and_the_week_after_is_looked_at(at: Weekly) -> None:
    first, _ = slot(at), slot(at, "20261107T10:00:00")
    at.desk.club.model.end_slot(first.slot.timeid, first.start.date() - timedelta(days=1))
    series = at.series(first)
    assert await at.due(series) == 204
    assert at.bookings(series) == []
    (told,) = at.interruptions()
    assert (told.reason, told.session) == ("gone", series.next)
    after = at.now(series)
    assert after.trouble
    assert after.trouble.kind is TroubleKind.GONE
    assert (after.next, after.state) == (next_week(series.next), SeriesState.ACTIVE)
    assert after.plan_at == wake_at(opening_of(series.next, at.desk.rules))


async def test_a_slot_that_was_given_to_another_hour_is_not_followed(at: Weekly) -> None:
    first = slot(at)
    other = Slot(
        timeid=first.slot.timeid, weekday=4, at=(first.start + timedelta(hours=2)).time(), first_date=first.start.date()
    )
    at.desk.club.model.reuse_timeid(other, first.start.date())
    series = at.series(first)
    assert await at.due(series) == 204
    assert at.bookings(series) == []
    (told,) = at.interruptions()
    assert (told.reason, told.seen) == ("moved", "2026-11-06T20:00")


async def test_a_slot_that_was_given_to_another_group_is_not_booked(at: Weekly) -> None:
    series = at.series(slot(at, level="N"), level="M")
    assert await at.due(series) == 204
    assert at.bookings(series) == []
    (told,) = at.interruptions()
    assert (told.reason, told.seen) == ("other_group", "N")


async def test_a_club_that_does_not_answer_is_asked_again_by_the_sweep(at: Weekly) -> None:
    series = at.series(slot(at))
    at.desk.club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE, times=1),))
    assert await at.due(series) == 204
    assert at.bookings(series) == []
    at.desk.later(timedelta(minutes=6))
    for _ in range(3):
        assert await at.desk.push(SweepDue(at=at.desk.ports.clock.now()), at.url) == 204
    (again,) = [event for event in at.desk.told() if isinstance(event, SeriesDue)]
    assert await at.desk.push(again, at.url) == 204
    assert len(at.bookings(series)) == 1


async def test_shortly_before_the_opening_it_is_planned_without_looking(at: Weekly) -> None:
    """The booker looks at the session's own page anyway."""
    series = at.series(slot(at, "20261105T18:00:00"))
    at.desk.club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE),))
    assert opening_of(series.next, at.desk.rules) - at.desk.ports.clock.now() < timedelta(days=1)
    assert await at.due(series) == 204
    assert len(at.bookings(series)) == 1


async def test_what_the_member_has_booked_already_counts_as_planned(at: Weekly) -> None:
    member, _ = at.desk.member()
    session = slot(at)
    by_hand = at.desk.booking(member, session)
    series = at.series(session, member_id=member.id)
    assert await at.due(series) == 204
    assert [one.id for one in at.bookings(series)] == [by_hand.id]
    assert at.now(series).next == next_week(series.next)


async def test_one_stuck_series_keeps_no_other_from_being_planned(at: Weekly) -> None:
    stuck = at.series(slot(at), club_id="gone")
    series = at.series(slot(at, "20261107T10:00:00"))
    assert await at.desk.push(SweepDue(at=at.desk.ports.clock.now()), at.url) == 204
    for event in [event for event in at.desk.told() if isinstance(event, SeriesDue)]:
        assert await at.desk.push(event, at.url) == 204
    assert at.bookings(stuck) == []
    assert len(at.bookings(series)) == 1


async def test_many_series_at_a_club_that_hangs_keep_no_opening_from_being_handed_over(at: Weekly) -> None:
    """Each of them would wait for the club by itself, one after another."""
    series = [at.series(slot(at, f"202611{6 + number:02}T18:00:00")) for number in range(12)]
    booking = at.desk.booking(at.desk.member()[0], slot(at, "20261104T20:00:00"))
    at.desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=Action.INDEX, hold_s=600),))
    waiting = [asyncio.create_task(at.due(one)) for one in series]
    await eventually(lambda: at.desk.asked("index"), "the club was asked")
    due = OpeningDue(at=at.desk.ports.clock.now(), club_id=CLUB_ID, opening_at=booking.opening_at)
    assert await at.desk.push(due, at.url) == 204
    assert [event.booking_ids for event in at.desk.told() if isinstance(event, RaceDue)] == [(booking.id,)]
    assert not any(one.done() for one in waiting)
    assert set(await asyncio.gather(*waiting)) == {204}
    assert at.desk.asked("index") == 1, "nobody asks again at once"
    at.desk.club.turn(faults=())
    at.desk.later(timedelta(minutes=1))
    assert await at.due(series[0]) == 204
    assert len(at.bookings(series[0])) == 1


@asynccontextmanager
async def at_another_kind(directory: Path, traits: Traits, later: timedelta) -> AsyncGenerator[Weekly]:
    """The same at a club that names its slots."""
    async with weekly(directory) as at:
        clubs = {CLUB_ID: NamingClub(at.desk.ports.clubs[CLUB_ID], traits, later)}
        at.desk.ports = replace(at.desk.ports, clubs=clubs)
        app = service_app(Service.TIMER, Timer(at.desk.ports).handlers(), at.desk.ports)
        async with listening(app, "127.0.0.1", 0) as at.url:
            yield at


async def test_a_week_of_a_named_slot_has_the_number_and_the_opening_of_the_timetable(tmp_path: Path) -> None:
    later = timedelta(hours=5, seconds=7)
    async with at_another_kind(tmp_path, Traits(), later) as at:
        at_club = slot(at)
        wanted = named(session_at(at.desk.rules, at.desk.club.link(at_club)), with_number=False)
        series = at.series(at_club, next=wanted)
        assert await at.due(series) == 204
        (booking,) = at.bookings(series)
        opens_at = opening_of(wanted, at.desk.rules) + later
        assert (booking.session.timeid, booking.opening_at) == (number_of(wanted.start), opens_at)
        assert (at.now(series).plan_at, at.now(series).next.timeid) == (wake_at(opens_at), 0)


async def test_where_there_is_no_timetable_a_week_is_planned_by_the_rule_and_nobody_is_asked(tmp_path: Path) -> None:
    async with at_another_kind(tmp_path, BARE, BY_THE_RULE) as at:
        at_club = slot(at, "20261112T18:00:00")
        wanted = named(session_at(at.desk.rules, at.desk.club.link(at_club)), with_number=False)
        series = at.series(at_club, next=wanted)
        asked = len(at.desk.club.report()["requests"])
        assert await at.due(series) == 204
        (booking,) = at.bookings(series)
        assert (booking.session, booking.opening_at) == (wanted, opening_of(wanted, at.desk.rules))
        assert len(at.desk.club.report()["requests"]) == asked
