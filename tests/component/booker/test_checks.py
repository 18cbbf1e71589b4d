"""Bookings are checked before they open, at a practice club over real sockets."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.booking_desk import CLUB_ID, PIN, Desk, booking_desk, fault, restarted_booker
from support.other_kinds import BARE, NamingClub

from autotennis.domain.booking import Booking, State
from autotennis.domain.member import Credentials
from autotennis.domain.pause import Pause, PauseScope
from autotennis.events import CheckDue, CheckFailed
from autotennis.member_secrets import keep_credentials
from autotennis.values import FailureReason
from practice_club.knobs import Fault, FaultKind
from practice_club.model import SessionKey
from practice_club.people import Slot
from practice_club.vocabulary import Action

DAY_S = 24 * 3600.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        yield desk


async def check(desk: Desk, *bookings: Booking) -> CheckDue:
    event = CheckDue(at=desk.ports.clock.now(), club_id=CLUB_ID, booking_ids=tuple(one.id for one in bookings))
    assert await desk.push(event) == 204
    return event


def now(desk: Desk, booking: Booking) -> Booking:
    return desk.ports.store.booking(booking.id)


def reason_of(desk: Desk, booking: Booking) -> FailureReason | None:
    checked = now(desk, booking).checked
    assert checked, "it was checked"
    return checked.failure.reason if checked.failure else None


def complaints(desk: Desk) -> list[CheckFailed]:
    return [event for event in desk.told() if isinstance(event, CheckFailed)]


def asked(desk: Desk) -> list[str]:
    return [request["action"] for request in desk.club.report()["requests"]]


async def test_all_is_well_and_one_log_in_serves_all_bookings_of_a_member(desk: Desk) -> None:
    member, _ = desk.member()
    mine = [desk.booking(member, desk.session(opens_in_s=DAY_S + 60 * number)) for number in range(3)]
    await check(desk, *mine)
    assert [reason_of(desk, one) for one in mine] == [None] * 3
    assert asked(desk).count("login") == 1
    assert complaints(desk) == []
    assert {now(desk, one).state for one in mine} == {State.SCHEDULED}
    assert {now(desk, one).requests_sent for one in mine} == {0}, "a race's requests are not spent by checks"


async def test_the_timetable_is_read_once_for_all_members(desk: Desk) -> None:
    session = desk.session(opens_in_s=DAY_S)
    mine = [desk.booking(desk.member()[0], session) for _ in range(2)]
    await check(desk, *mine)
    assert [reason_of(desk, one) for one in mine] == [None] * 2
    assert asked(desk).count("login") == 2
    assert asked(desk).count("index") == 1


async def test_a_wrong_password_is_told_once_and_never_tried_again(desk: Desk) -> None:
    member, _ = desk.member(pin="0000")
    booking, other = (desk.booking(member, desk.session(opens_in_s=DAY_S)) for _ in range(2))
    await check(desk, booking)
    assert reason_of(desk, booking) is FailureReason.LOGIN_REFUSED
    (told,) = complaints(desk)
    assert (told.booking_id, told.failure.reason) == (booking.id, FailureReason.LOGIN_REFUSED)
    assert "0000" not in told.model_dump_json()
    before = len(asked(desk))
    await check(desk, booking, other)
    assert len(asked(desk)) == before, "the same password is not sent twice"
    assert len(complaints(desk)) == 2, "the other booking's member is told, and nobody twice"
    assert now(desk, booking).state is State.SCHEDULED


async def test_the_mended_password_is_checked_and_then_it_is_raced_for(desk: Desk) -> None:
    member, _ = desk.member(pin="0000")
    booking = desk.booking(member, desk.session(opens_in_s=600))
    await check(desk, booking)
    assert reason_of(desk, booking) is FailureReason.LOGIN_REFUSED
    new = Credentials(email=member.email, password=SecretStr(PIN))
    keep_credentials(desk.ports.vault, member.id, CLUB_ID, new)
    await check(desk, booking)
    assert reason_of(desk, booking) is None
    desk.later(now(desk, booking).opening_at - desk.ports.clock.now() - timedelta(seconds=3))
    assert (await desk.raced(booking)).state is State.BOOKED


async def test_a_moved_session_is_told_with_its_new_time(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=DAY_S)
    booking = desk.booking(member, session)
    moved = (session.start + timedelta(hours=-1 if session.start.hour else 1)).replace(tzinfo=None)
    slot = Slot(timeid=session.slot.timeid, weekday=moved.weekday(), at=moved.time())
    desk.club.model.sessions.clear()
    desk.club.model.reuse_timeid(slot, moved.date())
    await check(desk, booking)
    assert reason_of(desk, booking) is FailureReason.SESSION_MOVED
    (told,) = complaints(desk)
    assert told.moved_to
    assert told.moved_to.start == moved


@pytest.mark.parametrize(
    ("order", "reason"), [("cancel", FailureReason.SESSION_CANCELLED), ("drop", FailureReason.NO_SESSION)]
)
async def test_a_session_that_is_not_held_is_told(desk: Desk, order: str, reason: FailureReason) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=DAY_S)
    booking = desk.booking(member, session)
    if order == "cancel":
        desk.club.cancel(session)
    else:
        desk.club.model.drop(SessionKey(session.slot.timeid, session.start))
    await check(desk, booking)
    assert reason_of(desk, booking) is reason
    assert [one.failure.reason for one in complaints(desk)] == [reason]


async def test_who_is_in_already_is_told(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=DAY_S)
    booking = desk.booking(member, session)
    desk.club.take(session, at_club.id)
    await check(desk, booking)
    assert reason_of(desk, booking) is FailureReason.ALREADY_IN


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (fault(FaultKind.MOVED), FailureReason.PAGE_NOT_UNDERSTOOD),
        (fault(FaultKind.MOVED, action=Action.VIEW), FailureReason.PAGE_NOT_UNDERSTOOD),
        (fault(FaultKind.OTHER_LETTERS, action=Action.LOGIN), FailureReason.PAGE_NOT_UNDERSTOOD),
        (fault(FaultKind.LOGIN_PAGE, action=Action.LOGIN), FailureReason.LOGIN_REFUSED),
        (fault(FaultKind.TRUNCATED), FailureReason.CLUB_UNREACHABLE),
    ],
)
async def test_what_the_club_says_instead_is_told_and_ends_nothing(
    desk: Desk, trouble: Fault, reason: FailureReason
) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=600))
    desk.club.turn(faults=(trouble,))
    await check(desk, booking)
    assert reason_of(desk, booking) is reason
    assert [one.failure.reason for one in complaints(desk)] == [reason]
    assert now(desk, booking).state is State.SCHEDULED


async def test_a_busy_club_is_asked_later_and_that_is_no_failure(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=DAY_S))
    desk.club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE, retry_after_s=120),))
    await check(desk, booking)
    found = now(desk, booking)
    assert found.checked is None
    assert found.check_at
    assert found.check_at > desk.ports.clock.now()
    assert complaints(desk) == []
    before = len(asked(desk))
    desk.club.turn(faults=())
    await check(desk, booking)
    assert len(asked(desk)) == before, "it asked to be left alone"


async def test_the_club_is_left_alone_around_an_opening(desk: Desk) -> None:
    member, other = desk.member()[0], desk.member()[0]
    booking = desk.booking(member, desk.session(opens_in_s=DAY_S))
    near = desk.booking(other, desk.session(opens_in_s=120))
    await check(desk, booking)
    assert asked(desk) == []
    assert now(desk, booking).check_at
    desk.later(near.opening_at - desk.ports.clock.now() + timedelta(minutes=3))
    await check(desk, booking)
    assert reason_of(desk, booking) is None


async def test_nothing_is_asked_while_it_is_paused(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=DAY_S))
    pause = Pause(scope=PauseScope.ALL, about="", reason="Their server smokes.", at=desk.ports.clock.now(), by="o")
    desk.ports.store.change_pauses(lambda it: it.begun(pause))
    await check(desk, booking)
    assert asked(desk) == []
    assert now(desk, booking).check_at


async def test_a_redelivery_asks_nothing_and_tells_nothing(desk: Desk) -> None:
    member, _ = desk.member(pin="0000")
    booking = desk.booking(member, desk.session(opens_in_s=DAY_S))
    event = await check(desk, booking)
    before = len(asked(desk))
    assert await desk.push(event) == 204
    assert len(asked(desk)) == before
    assert len(complaints(desk)) == 1


async def test_a_booking_that_was_cancelled_is_not_checked(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=DAY_S))
    at = desk.ports.clock.now()
    desk.ports.store.change(booking.id, lambda it: it.cancelled(at))
    await check(desk, booking)
    assert asked(desk) == []


async def test_a_silent_club_is_asked_again_and_told_only_once_there_is_no_time_for_that(desk: Desk) -> None:
    far = desk.booking(desk.member()[0], desk.session(opens_in_s=DAY_S))
    near = desk.booking(desk.member()[0], desk.session(opens_in_s=600))
    desk.club.turn(faults=(Fault(kind=FaultKind.RESET),))
    await check(desk, far, near)
    assert now(desk, far).checked is None
    assert now(desk, far).check_at
    assert reason_of(desk, near) is FailureReason.CLUB_UNREACHABLE
    assert [one.booking_id for one in complaints(desk)] == [near.id]


async def test_where_there_is_no_timetable_the_sessions_own_page_has_to_do(desk: Desk) -> None:
    fine = desk.booking(desk.member()[0], desk.session(opens_in_s=DAY_S))
    cancelled_at_club = desk.session(opens_in_s=DAY_S + 60)
    cancelled = desk.booking(desk.member()[0], cancelled_at_club)
    desk.club.cancel(cancelled_at_club)
    ports = replace(desk.ports, clubs={CLUB_ID: NamingClub(desk.ports.clubs[CLUB_ID], BARE)})
    async with restarted_booker(ports) as desk.url:
        await check(desk, fine, cancelled)
    assert (reason_of(desk, fine), reason_of(desk, cancelled)) == (None, FailureReason.SESSION_CANCELLED)
    assert asked(desk).count("index") == 0
