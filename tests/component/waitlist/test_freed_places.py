"""A freed place goes to who waited longest and wants it, by one look for everybody; and what it says is true."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID
from support.other_kinds import BARE, NamingClub
from support.waiting_line import Line, another_waitlist, waiting_line

from autotennis.domain.booking import TRY_LASTS_S, Booking, Outcome, State
from autotennis.domain.club import WatchRules
from autotennis.events import Booked, Failed, WatchDue
from autotennis.values import FailureReason, QuietHours, WaitingWish
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action, Kind, Level


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


async def test_a_freed_place_is_taken_and_proven_and_nobody_logs_in_before(line: Line) -> None:
    member, at_club = line.desk.member()
    session = line.full()
    booking = line.joins(session, member)
    assert await line.tell_full(booking) == 204
    assert list(line.watched()) == [booking.club_id]
    (begin,) = [event for event in line.desk.told() if isinstance(event, WatchDue)]
    assert await line.desk.push(begin, line.url) == 204
    assert line.asked("index") == 1
    await line.looked()
    assert line.asked("login", "sign_up", "view") == 0
    assert line.now(booking).state is State.WAITING

    line.desk.club.free(session)
    await line.looked()
    taken = line.now(booking)
    assert taken.state is State.BOOKED
    assert taken.proof
    assert at_club.id in line.desk.report(session)["members"]
    assert line.asked("login") == line.asked("sign_up") == 1
    assert line.desk.ports.vault.get(member.id, f"door-code/{booking.id}")
    assert [type(event) for event in line.desk.told() if isinstance(event, Booked | Failed)] == [Booked]


async def test_who_waited_longest_is_first_whoever_asked_first(line: Line) -> None:
    session = line.full()
    members = [line.desk.member() for _ in range(3)]
    bookings: list[Booking] = []
    for member, _ in reversed(members):
        bookings.append(line.joins(session, member))
        line.later(timedelta(seconds=1))
    line.desk.club.free(session)
    await line.looked()
    assert [line.now(one).state for one in bookings] == [State.BOOKED, State.WAITING, State.WAITING]
    assert line.asked("login") == 1, "the others have no reason to"
    assert members[-1][1].id in line.desk.report(session)["members"]


async def test_as_many_are_taken_as_places_became_free(line: Line) -> None:
    session = line.full()
    bookings = [line.joins(session) for _ in range(3)]
    line.desk.club.free(session)
    line.desk.club.free(session)
    await line.looked()
    assert [line.now(one).state for one in bookings] == [State.BOOKED, State.BOOKED, State.WAITING]
    assert line.desk.report(session)["overbooked"] is False


async def test_who_cannot_log_in_is_told_and_holds_up_nobody(line: Line) -> None:
    session = line.full()
    stranger, _ = line.desk.member(pin="9999")
    refused, next_one = line.joins(session, stranger), line.joins(session)
    line.desk.club.free(session)
    await line.looked()
    failure = line.now(refused).failure
    assert failure
    assert failure.reason is FailureReason.LOGIN_REFUSED
    assert line.now(next_one).state is State.BOOKED


async def test_a_place_that_comes_too_late_is_not_taken_and_that_is_said(line: Line) -> None:
    session = line.full()
    picky = line.joins(session, wish=WaitingWish(notice_min=120))
    patient = line.joins(session)
    assert picky.wait
    line.later(picky.wait.until - line.desk.ports.clock.now() - timedelta(minutes=119))
    line.desk.club.free(session)
    assert await line.watch_due() == 204
    failure = line.now(picky).failure
    assert failure
    assert failure.reason is FailureReason.TOO_LATE
    assert line.now(patient).state is State.BOOKED


async def test_in_quiet_hours_the_place_is_left_to_the_next_and_the_wait_goes_on(tmp_path: Path) -> None:
    async with waiting_line(tmp_path, now=datetime(2026, 11, 24, 2, 30, tzinfo=UTC)) as line:
        session = line.full()
        asleep = line.joins(session, wish=WaitingWish(quiet=QuietHours(from_hour=23, until_hour=7)))
        line.desk.club.free(session)
        assert await line.watch_due() == 204
        assert line.now(asleep).state is State.WAITING
        assert line.asked("login") == 0
        line.later(timedelta(hours=4))
        assert await line.watch_due() == 204
        assert line.now(asleep).state is State.BOOKED


@pytest.mark.parametrize(
    "now", [datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)], ids=["summer", "winter"]
)
async def test_the_wait_ends_when_the_session_starts_in_the_clubs_zone(tmp_path: Path, now: datetime) -> None:
    async with waiting_line(tmp_path, now=now) as line:
        session = line.full()
        booking = line.joins(session)
        assert booking.wait
        assert booking.wait.until == session.start.astimezone(UTC)
        line.later(booking.wait.until - line.desk.ports.clock.now() - timedelta(seconds=5))
        assert await line.watch_due() == 204
        assert line.now(booking).state is State.WAITING
        line.desk.club.free(session)
        line.later(timedelta(seconds=5))
        assert await line.watch_due() == 204
        failure = line.now(booking).failure
        assert failure
        assert failure.reason is FailureReason.FULL
        assert line.asked("login") == 0
        assert line.watched() == []


async def test_two_hundred_members_on_forty_sessions_cost_the_club_one_look(line: Line) -> None:
    sessions = [line.full() for _ in range(40)]
    members = [line.desk.member()[0] for _ in range(5)]
    bookings = [line.joins(session, member) for session in sessions for member in members]
    line.desk.club.record.requests.clear()
    for _ in range(3):
        await line.looked()
        assert await line.watch_due() == 204, "delivered twice: nobody looks twice for that"
    assert line.asked("index") == len(line.desk.club.record.requests) == 3
    line.desk.club.free(sessions[7])
    await line.looked()
    assert [line.now(one).state for one in bookings].count(State.BOOKED) == 1
    assert line.asked("login") == 1


async def test_a_crowd_that_comes_into_the_line_begins_one_watch(line: Line) -> None:
    session = line.full()
    for _ in range(20):
        assert await line.tell_full(line.joins(session)) == 204
    assert len([event for event in line.desk.told() if isinstance(event, WatchDue)]) == 1


async def test_who_comes_into_an_empty_line_begins_a_watch_at_once_however_soon_after_the_last(line: Line) -> None:
    first = line.joins(line.full())
    assert await line.tell_full(first) == 204
    line.desk.ports.store.change(first.id, lambda it: it.cancelled(line.desk.ports.clock.now()))
    assert await line.watch_due() == 204
    assert line.watched() == []
    assert await line.tell_full(line.joins(line.full())) == 204
    assert len([event for event in line.desk.told() if isinstance(event, WatchDue)]) == 2


async def test_two_instances_look_no_more_often_than_one(line: Line) -> None:
    line.joins(line.full())
    async with another_waitlist(line.desk.ports, "another") as url:
        await line.looked()
        assert await line.watch_due(url=url) == 204
    assert line.asked("index") == 1


async def test_a_session_that_the_front_page_does_not_show_is_looked_at_once_for_all(line: Line) -> None:
    """A regular player's declined place is free long before the opening (saved pages of 2017)."""
    _, regular = line.desk.member()
    session = line.desk.session(opens_in_s=9 * 86_400, regulars=(regular.id,), capacity=1)
    bookings = [line.joins(session) for _ in range(3)]
    await line.looked()
    assert (line.asked("index"), line.asked("view"), line.asked("login")) == (1, 1, 0)
    assert {line.now(one).state for one in bookings} == {State.WAITING}


@pytest.mark.parametrize("kind", [Kind.PADEL, Kind.DROP_IN])
async def test_other_kinds_of_sessions_are_watched_too(line: Line, kind: Kind) -> None:
    level = Level.P if kind is Kind.PADEL else Level.D
    session = line.desk.session(opens_in_s=-3600, capacity=2, taken=2, kind=kind, level=level)
    booking = line.joins(session)
    await line.looked()
    line.desk.club.free(session)
    await line.looked()
    assert line.now(booking).state is State.BOOKED
    assert line.asked("login") == 1


async def test_a_busy_club_is_left_alone_for_as_long_as_it_asks_by_all(line: Line) -> None:
    line.joins(line.full())
    fault = Fault(kind=FaultKind.TOO_MANY_REQUESTS, action=Action.INDEX, times=1, retry_after_s=100)
    line.desk.club.turn(faults=(fault,))
    await line.looked()
    await line.looked()
    assert line.asked("index") == 1


async def test_when_nobody_waits_any_more_the_watch_is_paused(line: Line) -> None:
    booking = line.joins(line.full())
    await line.tell_full(booking)
    assert line.watched()
    line.desk.ports.store.change(booking.id, lambda it: it.cancelled(line.desk.ports.clock.now()))
    await line.looked()
    assert line.watched() == []
    asked = line.asked("index")
    await line.looked()
    assert line.asked("index") == asked


async def test_who_left_the_line_gets_no_place(line: Line) -> None:
    session = line.full()
    booking = line.joins(session)
    line.desk.ports.store.change(booking.id, lambda it: it.cancelled(line.desk.ports.clock.now()))
    line.desk.club.free(session)
    await line.looked()
    assert line.now(booking).state is State.CANCELLED
    assert line.asked("login") == 0


async def test_who_spent_all_requests_in_the_line_is_told(tmp_path: Path) -> None:
    async with waiting_line(tmp_path, watch=WatchRules(every_s=60, sign_ups=1, requests=8)) as line:
        session = line.full()
        booking = line.joins(session)
        store, rules, now = line.desk.ports.store, line.desk.rules, line.desk.ports.clock.now()
        while line.now(booking).may_try(rules):
            store.change(booking.id, lambda it: it.tried("one", rules, now))
            store.change(booking.id, lambda it: it.missed("one", it.reserved, Outcome(), now))
        line.desk.club.free(session)
        await line.looked()
        failure = line.now(booking).failure
        assert failure
        assert failure.reason is FailureReason.REQUEST_CAP


async def test_killed_after_the_clubs_yes_it_finds_out_and_takes_no_place_twice(line: Line) -> None:
    session = line.full()
    member, at_club = line.desk.member()
    booking, other = line.joins(session, member), line.joins(session)
    store, now = line.desk.ports.store, line.desk.ports.clock.now()
    store.change(booking.id, lambda it: it.tried("one-that-died", line.desk.rules, now))
    line.desk.club.free(session)
    line.desk.club.take(session, at_club.id)

    await line.looked()
    assert line.now(booking).state is State.WAITING, "whoever tries may be at it still"
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    assert line.now(booking).state is State.BOOKED
    assert line.now(other).state is State.WAITING
    assert line.asked("sign_up") == 0


async def test_killed_before_that_it_keeps_its_place_in_the_line(line: Line) -> None:
    session = line.full()
    first, second = line.joins(session), line.joins(session)
    store, now = line.desk.ports.store, line.desk.ports.clock.now()
    # The waitlist of one machine bears the name of the one that died, and knows at once.
    store.change(first.id, lambda it: it.tried("waitlist", line.desk.rules, now))
    await line.looked()
    assert line.now(first).state is State.WAITING
    assert line.now(first).claim is None
    line.desk.club.free(session)
    await line.looked()
    assert [line.now(one).state for one in (first, second)] == [State.BOOKED, State.WAITING]


async def test_a_yes_that_was_lost_is_looked_after_and_not_asked_for_again(line: Line) -> None:
    session = line.full()
    booking = line.joins(session)
    line.desk.club.turn(
        faults=(
            Fault(kind=FaultKind.RESET, action=Action.SIGN_UP, acts=True),
            Fault(kind=FaultKind.RESET, action=Action.VIEW, skip=1, times=4),
        )
    )
    line.desk.club.free(session)
    await line.looked()
    assert line.now(booking).state is State.WAITING
    line.desk.club.turn(faults=())
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    assert line.now(booking).state is State.BOOKED
    assert line.asked("sign_up") == 1


async def test_who_cancels_in_the_middle_of_a_try_is_not_signed_up_after_it(line: Line) -> None:
    session = line.full()
    booking = line.joins(session)
    store, now = line.desk.ports.store, line.desk.ports.clock.now()
    store.change(booking.id, lambda it: it.tried("waitlist", line.desk.rules, now))
    assert store.change(booking.id, lambda it: it.cancelled(now)).cancel_asked_at
    line.desk.club.free(session)
    await line.looked()
    assert line.now(booking).state is State.CANCELLED
    assert line.asked("sign_up") == 0


async def test_where_no_week_is_shown_the_sessions_own_page_is_looked_at_once_for_all(line: Line) -> None:
    session = line.full()
    first, second = line.joins(session), line.joins(session)
    clubs = {CLUB_ID: NamingClub(line.desk.ports.clubs[CLUB_ID], BARE)}
    async with another_waitlist(replace(line.desk.ports, clubs=clubs)) as url:
        assert await line.watch_due(url=url) == 204
        assert (line.asked("index"), line.asked("view"), line.asked("login")) == (0, 1, 0)
        line.desk.club.free(session)
        line.later(timedelta(seconds=60))
        assert await line.watch_due(url=url) == 204
    assert (line.now(first).state, line.now(second).state) == (State.BOOKED, State.WAITING)
    assert line.asked("index") == 0
