"""Who wishes to be asked before a freed place is taken is asked, and the next in line has it if they do not want it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.waiting_line import Line, another_waitlist, waiting_line

from autotennis.domain.booking import Booking, State
from autotennis.events import OfferAccepted, PlaceOffered
from autotennis.values import FailureReason, QuietHours, WaitingWish
from autotennis.visiting.gate import Gate
from autotennis_waitlist.trying import Turn, Turns
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action

ASKED = WaitingWish(ask_min=15)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


def answer(line: Line, booking: Booking, *, wants_it: bool) -> None:
    """As the page does it."""
    ports = line.desk.ports
    now = ports.clock.now()
    ports.store.change(booking.id, lambda it: it.answered(now, wants_it=wants_it))


async def accept(line: Line, booking: Booking) -> Booking:
    """The member says yes, and the waitlist is told."""
    answer(line, booking, wants_it=True)
    event = OfferAccepted(**booking.about(line.desk.ports.clock.now()))
    assert await line.desk.push(event, line.url) == 204
    return line.now(booking)


def offers(line: Line) -> list[str]:
    return [event.booking_id for event in line.desk.told() if isinstance(event, PlaceOffered)]


async def test_the_member_is_asked_and_nothing_is_asked_of_the_club_before_the_answer(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    await line.looked()
    assert offers(line) == [booking.id], "once, however often the place is seen"
    assert line.asked("login", "sign_up", "view") == 0
    assert (await accept(line, booking)).state is State.BOOKED
    assert line.asked("sign_up") == 1


async def test_until_the_answer_is_due_the_place_is_nobody_elses(line: Line) -> None:
    session = line.full()
    first, second = line.joins(session, wish=ASKED), line.joins(session)
    line.desk.club.free(session)
    await line.looked()
    assert line.now(second).state is State.WAITING
    line.later(timedelta(minutes=15))
    await line.looked()
    assert line.now(second).state is State.BOOKED
    assert line.now(first).state is State.WAITING, "they keep their place in the line"


async def test_who_says_no_leaves_it_to_the_next_one(line: Line) -> None:
    session = line.full()
    first, second = line.joins(session, wish=ASKED), line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    answer(line, first, wants_it=False)
    await line.looked()
    assert offers(line) == [first.id, second.id]
    assert (await accept(line, second)).state is State.BOOKED


async def test_about_the_next_place_the_member_is_asked_anew(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    taker, at_club = line.desk.member()
    line.desk.club.free(session)
    await line.looked()
    answer(line, booking, wants_it=False)
    other = line.joins(session, taker)
    await line.looked()
    assert line.now(other).state is State.BOOKED
    await line.looked()
    assert line.now(booking).offer is None
    line.desk.club.free(session, at_club.id)
    await line.looked()
    assert offers(line) == [booking.id] * 2


async def test_a_place_that_is_gone_when_the_member_says_yes_is_not_told_as_theirs(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    stranger, _ = line.desk.member()
    quick = line.desk.booking(stranger, session)
    assert (await line.desk.raced(quick)).state is State.BOOKED
    missed = await accept(line, booking)
    assert (missed.state, missed.offer) == (State.WAITING, None)
    assert line.asked("sign_up") == 1, "by the quick one"


async def test_a_yes_that_was_lost_on_the_way_is_found_at_the_next_look(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    answer(line, booking, wants_it=True)
    line.later(timedelta(minutes=30))
    await line.looked()
    assert line.now(booking).state is State.BOOKED


async def test_a_yes_told_twice_and_to_two_instances_takes_one_place(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    line.desk.club.free(session)
    await line.looked()
    assert (await accept(line, booking)).state is State.BOOKED
    async with another_waitlist(line.desk.ports, "other") as url:
        event = OfferAccepted(**booking.about(line.desk.ports.clock.now()))
        assert await line.desk.push(event, url) == 204
        assert await line.desk.push(event, line.url) == 204
    assert line.asked("sign_up") == 1


async def test_an_instance_that_knows_nothing_of_the_question_goes_on_with_it(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    async with another_waitlist(line.desk.ports, "other") as url:
        line.later(timedelta(seconds=60))
        assert await line.watch_due(url=url) == 204
        assert offers(line) == [booking.id]
        answer(line, booking, wants_it=True)
        line.later(timedelta(seconds=60))
        assert await line.watch_due(url=url) == 204
    assert line.now(booking).state is State.BOOKED


async def test_while_the_club_wants_to_be_left_alone_a_yes_waits(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    line.desk.club.turn(
        faults=(Fault(kind=FaultKind.TOO_MANY_REQUESTS, action=Action.INDEX, times=1, retry_after_s=600),)
    )
    await line.looked()
    assert (await accept(line, booking)).state is State.WAITING
    assert line.asked("login") == 0


async def test_a_question_ends_with_the_time_for_a_place(line: Line) -> None:
    session = line.full(opens_in_s=-72 * 3600 + 3 * 3600)
    booking = line.joins(session, wish=WaitingWish(ask_min=60, notice_min=60))
    line.desk.club.free(session)
    line.later(timedelta(minutes=90))
    await line.looked()
    offer = line.now(booking).offer
    assert offer
    line.later(timedelta(minutes=35))
    await line.looked()
    failure = line.now(booking).failure
    assert failure
    assert failure.reason is FailureReason.TOO_LATE


async def test_a_yes_is_acted_on_in_quiet_hours_too(tmp_path: Path) -> None:
    """Whoever answers is awake, and was told that the place is being tried for."""
    async with waiting_line(tmp_path, now=datetime(2026, 11, 24, 21, 50, tzinfo=UTC)) as line:
        session = line.full()
        wish = WaitingWish(ask_min=30, quiet=QuietHours(from_hour=23, until_hour=7))
        booking = line.joins(session, wish=wish)
        line.desk.club.free(session)
        await line.looked()
        assert offers(line) == [booking.id]
        line.later(timedelta(minutes=15))
        assert (await accept(line, booking)).state is State.BOOKED


def turns_of_a_slow_look(line: Line) -> Turns:
    """Those of an instance whose look began before another one's."""
    ports = line.desk.ports
    (club,) = ports.clubs.values()
    return Turns(ports, club, Gate(ports.clock, 2), "slow")


async def test_a_question_that_another_instance_asked_meanwhile_holds_up_the_line_too(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    assert await turns_of_a_slow_look(line).ask(booking) is Turn.OVER
    assert offers(line) == [booking.id]


async def test_a_yes_in_the_last_moment_is_not_passed_over_by_a_look_that_began_before_it(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    asked = line.now(booking)
    answer(line, booking, wants_it=True)
    line.later(timedelta(minutes=16))
    await turns_of_a_slow_look(line).ask(asked)
    assert line.now(booking).state is State.BOOKED


async def test_whoever_has_cancelled_meanwhile_holds_up_nobody(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=ASKED)
    line.desk.club.free(session)
    await line.looked()
    asked, now = line.now(booking), line.desk.ports.clock.now()
    line.desk.ports.store.change(booking.id, lambda it: it.cancelled(now))
    assert await turns_of_a_slow_look(line).ask(asked) is Turn.NEXT
