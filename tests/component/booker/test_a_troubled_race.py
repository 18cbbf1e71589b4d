"""Races against a club in trouble: the caps hold, nobody is flooded, and the outcome is the truth."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import RACE, Desk, booking_desk, desk_alone, restarted_booker, sign_ups
from support.town import LeapingClock
from support.waiting import eventually

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules
from autotennis.domain.pace import PROBES
from autotennis.values import ClockDoubt, FailureReason, VerdictKind
from practice_club.knobs import Fault, FaultKind, Knobs
from practice_club.vocabulary import Action as ClubAction


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """An ordinary club; each test gives it its trouble."""
    async with booking_desk(tmp_path) as desk:
        yield desk


async def test_a_club_that_stays_closed_gets_no_more_than_the_cap(tmp_path: Path) -> None:
    rules = RaceRules(sign_ups=12, requests=40, give_up_s=20)
    async with booking_desk(tmp_path, race=rules) as desk:
        desk.club.turn(opening_late_s=3600)
        member, _ = desk.member()
        session = desk.session(opens_in_s=1.5)
        booking = await desk.raced(desk.booking(member, session))
        assert booking.failure
        assert booking.failure.reason is FailureReason.NOT_OPENED
        assert len(desk.report(session)["sign_ups"]["arrived_ms"]) <= rules.sign_ups
        assert booking.requests_sent <= rules.requests


async def test_a_club_that_opens_a_little_late(desk: Desk) -> None:
    desk.club.turn(opening_late_s=1.0)
    member, at_club = desk.member()
    session = desk.session(opens_in_s=2)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert len(sign_ups(booking)) <= RACE.sign_ups


@pytest.mark.parametrize("late_s", [2.0, 6.0])
async def test_a_club_that_opens_seconds_late(tmp_path: Path, late_s: float) -> None:
    rules = RaceRules(give_up_s=15)
    async with booking_desk(tmp_path, race=rules) as desk:
        desk.club.turn(opening_late_s=late_s)
        member, at_club = desk.member()
        session = desk.session(opens_in_s=1.5)
        booking = await desk.raced(desk.booking(member, session))
        assert booking.state is State.BOOKED
        assert desk.report(session)["members"] == [at_club.id]
        assert len(sign_ups(booking)) <= rules.sign_ups


@pytest.mark.parametrize("late_s", [(60, 300), (600, 600)])
async def test_a_club_that_opens_minutes_late(tmp_path: Path, late_s: tuple[float, float]) -> None:
    """By the rules as they are shipped; minutes pass at once, whenever the race waits for longer than a moment."""
    clock = LeapingClock()
    knobs = Knobs(opening_late_random_s=late_s)
    async with (
        desk_alone(tmp_path, clock, knobs, race=RaceRules()) as desk,
        restarted_booker(desk.ports) as desk.url,
    ):
        member, at_club = desk.member()
        session = desk.session(opens_in_s=3)
        racing = asyncio.create_task(desk.raced(desk.booking(member, session)))
        await eventually(lambda: desk.asked("view") > 3, "the quick shots are over")
        while not racing.done():
            await eventually(lambda: racing.done() or clock.asleep, "it waits")
            desk.later(timedelta(seconds=4))
            await asyncio.sleep(0)
        booking = await racing
        won = late_s[1] < RaceRules().give_up_s
        assert booking.state is (State.BOOKED if won else State.FAILED)
        assert desk.report(session)["members"] == ([at_club.id] if won else [])
        assert won or (booking.failure and booking.failure.reason is FailureReason.NOT_OPENED)
        assert len(desk.club.report()["requests"]) <= RaceRules().requests + PROBES
        assert len(sign_ups(booking)) <= RaceRules().sign_ups


async def test_one_members_busy_club_does_not_end_anothers_race(desk: Desk) -> None:
    members = [desk.member(), desk.member()]
    session = desk.session(opens_in_s=-3600)
    bookings = [desk.booking(member, session) for member, _ in members]
    first = members[0][1].id
    fault = Fault(
        kind=FaultKind.TOO_MANY_REQUESTS, action=ClubAction.SIGN_UP, member_id=first, times=1, retry_after_s=2
    )
    desk.club.turn(faults=(fault,))
    assert await desk.race(*bookings) == 204
    assert [desk.ports.store.booking(booking.id).state for booking in bookings] == [State.BOOKED] * 2


async def test_a_probe_that_hangs_holds_up_nobody(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=ClubAction.PAGE, skip=2, times=1, hold_s=30),))
    member, _ = desk.member()
    session = desk.session(opens_in_s=6)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert min(desk.report(session)["sign_ups"]["arrived_ms"]) < 500


async def test_a_login_that_expires_again_and_again_leaves_no_doubt(desk: Desk) -> None:
    """Logged out before the opening, and once more after the club's yes: the proof has a login of its own."""
    member, at_club = desk.member()
    session = desk.session(opens_in_s=3)
    racing = asyncio.create_task(desk.raced(desk.booking(member, session)))
    await eventually(lambda: desk.asked("view"), "the page was read")
    desk.club.logins.expire(None)
    await eventually(lambda: at_club.id in session.takers(), "the club said yes")
    desk.club.logins.expire(None)
    booking = await racing
    assert booking.state is State.BOOKED


@pytest.mark.parametrize("kind", [FaultKind.FORBIDDEN, FaultKind.TOO_MANY_REQUESTS, FaultKind.UNAVAILABLE])
async def test_a_busy_club_is_left_alone_for_a_while_and_asked_again(desk: Desk, kind: FaultKind) -> None:
    desk.club.turn(faults=(Fault(kind=kind, action=ClubAction.SIGN_UP, times=2, retry_after_s=1),))
    member, _ = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    busy, *later = sign_ups(booking)
    assert busy.verdict.kind is VerdictKind.BUSY
    assert later[0].sent_ms - busy.sent_ms >= 1000


async def test_a_club_that_never_answers_ends_in_failed(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.RESET),))
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    assert booking.failure
    assert booking.failure.reason is FailureReason.CLUB_UNREACHABLE
    assert booking.requests_sent <= 10


async def test_silence_after_a_possible_yes_is_no_failure(desk: Desk) -> None:
    """The answer to the sign-up is lost, and so is every look: the delivery comes again until a look succeeds."""
    desk.club.turn(
        faults=(
            Fault(kind=FaultKind.RESET, action=ClubAction.SIGN_UP, acts=True),
            Fault(kind=FaultKind.RESET, action=ClubAction.VIEW, skip=1),
        )
    )
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = desk.booking(member, session)
    assert await desk.race(booking) == 503
    assert desk.ports.store.booking(booking.id).state is State.SIGNING_UP

    desk.club.turn(faults=())
    ended = await desk.raced(booking)
    assert ended.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]
    assert desk.asked("sign_up") == 1


async def test_a_club_that_never_answers_for_good_ends_too(desk: Desk) -> None:
    """Runs that may have signed up and can never look end when the cap is spent, and not before."""
    desk.club.turn(
        faults=(
            Fault(kind=FaultKind.RESET, action=ClubAction.SIGN_UP),
            Fault(kind=FaultKind.RESET, action=ClubAction.VIEW, skip=1),
        )
    )
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=-3600))
    statuses = [await desk.race(booking) for _ in range(12)]
    ended = desk.ports.store.booking(booking.id)
    assert statuses[0] == 503
    assert statuses[-1] == 204
    assert ended.failure
    assert ended.failure.reason is FailureReason.REQUEST_CAP
    assert len(desk.club.report()["requests"]) <= RACE.requests


async def test_a_page_that_nobody_understands(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.TRUNCATED, action=ClubAction.VIEW),))
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    assert booking.failure
    assert booking.failure.reason in (FailureReason.CLUB_UNREACHABLE, FailureReason.PAGE_NOT_UNDERSTOOD)


async def test_without_any_date_the_clubs_clock_is_taken_for_ours(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.NO_DATE),))
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=3)))
    assert booking.state is State.BOOKED
    assert booking.clock
    assert booking.clock.probes == 0
    assert ClockDoubt.NO_DATE in booking.clock.doubts


async def test_a_slow_club(desk: Desk) -> None:
    desk.club.turn(latency_in_ms=150, latency_out_ms=150, jitter_in_ms=50, service_before_ms=50)
    member, at_club = desk.member()
    session = desk.session(opens_in_s=5)
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert desk.report(session)["members"] == [at_club.id]


async def test_crash_after_crash_stays_below_the_cap(desk: Desk) -> None:
    """A booker that dies over a booking again and again asks the club for less each time, and for no more in all."""
    desk.club.turn(opening_late_s=3600)
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=1))
    for _ in range(6):
        now = desk.ports.clock.now()
        desk.ports.store.change(booking.id, lambda found, now=now: found.claimed("booker", RACE, now))
    ended = await desk.raced(booking)
    assert ended.failure
    assert ended.requests_sent <= RACE.requests
    assert len(desk.club.report()["requests"]) <= RACE.requests
