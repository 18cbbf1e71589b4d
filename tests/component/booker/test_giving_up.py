"""Cancelling while the booker has a booking in hand, and giving a place back: it ends in the truth at any moment."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import SPOILT, Desk, booking_desk, fault
from support.waiting import eventually

from autotennis.domain.booking import Booking, Change, State
from autotennis.events import BookingCancelled, Event, WithdrawalFailed, WithdrawalRequested, Withdrawn
from autotennis.values import FailureReason
from practice_club.knobs import Fault, FaultKind
from practice_club.model import SessionKey
from practice_club.vocabulary import Action


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        yield desk


def change(desk: Desk, booking: Booking, verb: str, *given: object) -> Booking:
    now = desk.ports.clock.now()

    def apply(found: Booking) -> Change:
        return getattr(found, verb)(*given, now)

    return desk.ports.store.change(booking.id, apply)


def now_of(desk: Desk, booking: Booking) -> Booking:
    return desk.ports.store.booking(booking.id)


def told(desk: Desk, booking: Booking) -> list[type[Event]]:
    """What happened to a booking, beside being asked for and booked."""
    kinds = (BookingCancelled, WithdrawalRequested, WithdrawalFailed, Withdrawn)
    return [type(event) for event in desk.told() if isinstance(event, kinds) and event.booking_id == booking.id]


async def withdrawn(desk: Desk, booking: Booking) -> Booking:
    """The booking after its WithdrawalRequested was delivered."""
    event = WithdrawalRequested(**booking.about(desk.ports.clock.now()))
    assert await desk.push(event) == 204
    return now_of(desk, booking)


async def test_cancelled_before_it_may_send_a_sign_up_it_sends_none(desk: Desk) -> None:
    """The log-in hangs for a while; meanwhile the member cancels, and that is that."""
    desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=Action.LOGIN, times=1, hold_s=1.0),))
    member, at_club = desk.member()
    session = desk.session(opens_in_s=4)
    booking = desk.booking(member, session)
    race = asyncio.create_task(desk.race(booking))
    await eventually(lambda: now_of(desk, booking).state is State.SIGNING_UP, "it is claimed")
    assert change(desk, booking, "cancelled").state is State.CANCELLED
    assert await race == 204
    assert desk.asked("sign_up") == 0
    assert at_club.id not in desk.report(session)["members"]


async def test_cancelled_when_it_is_ready_to_fire_it_does_not_fire(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=6)
    booking = desk.booking(member, session)
    race = asyncio.create_task(desk.race(booking))
    await eventually(lambda: now_of(desk, booking).reserved.sign_ups > 0, "it is armed")
    assert change(desk, booking, "cancelled").cancel_asked_at
    assert await race == 204
    assert now_of(desk, booking).state is State.CANCELLED
    assert desk.asked("sign_up") == 0
    assert at_club.id not in desk.report(session)["members"]
    assert told(desk, booking) == [BookingCancelled]


async def test_cancelled_too_late_the_place_is_given_back(desk: Desk) -> None:
    """The club takes the member, and its answer hangs; meanwhile the member cancels."""
    desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=Action.SIGN_UP, acts=True, hold_s=2.0),))
    member, at_club = desk.member()
    session = desk.session(opens_in_s=2)
    booking = desk.booking(member, session)
    race = asyncio.create_task(desk.race(booking))
    await eventually(lambda: at_club.id in desk.report(session)["members"], "the club has taken the member")
    assert change(desk, booking, "cancelled").cancel_asked_at
    assert await race == 204
    assert now_of(desk, booking).state is State.BOOKED
    desk.club.turn(faults=())
    assert told(desk, booking) == [WithdrawalRequested]
    ended = await withdrawn(desk, now_of(desk, booking))
    assert ended.state is State.WITHDRAWN
    assert at_club.id not in desk.report(session)["members"]


async def test_cancelled_while_nobody_had_it_in_hand_the_next_one_looks_and_does_not_fire(desk: Desk) -> None:
    """The booker died after it may have fired; the member cancels; who takes over finds out how it stands."""
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=-3600))
    change(desk, booking, "claimed", "another", desk.rules.race)
    change(desk, booking, "granted", "another", desk.rules.race)
    desk.ports.store.keep_alive("another", desk.ports.clock.now() - timedelta(seconds=1))
    assert change(desk, booking, "cancelled").state is State.SIGNING_UP
    assert await desk.race(booking) == 204
    assert now_of(desk, booking).state is State.CANCELLED
    assert desk.asked("sign_up") == 0


async def test_a_place_is_given_back_and_the_clubs_page_shows_it(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    assert at_club.id in desk.report(session)["members"]
    ended = await withdrawn(desk, change(desk, booking, "withdrawal_asked"))
    assert ended.state is State.WITHDRAWN
    assert ended.withdrawal
    assert ended.withdrawal.seen_at
    assert at_club.id not in desk.report(session)["members"]
    assert told(desk, booking)[-1] is Withdrawn
    assert desk.asked("withdraw") == 1


async def test_delivered_again_it_asks_the_club_for_nothing(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    asked = change(desk, booking, "withdrawal_asked")
    await withdrawn(desk, asked)
    requests = len(desk.club.report()["requests"])
    assert (await withdrawn(desk, asked)).state is State.WITHDRAWN
    assert len(desk.club.report()["requests"]) == requests


async def test_a_regular_players_own_place_is_declined(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=20, regulars=(at_club.id,))
    booking = await desk.raced(desk.booking(member, session))
    assert booking.state is State.BOOKED
    assert (await withdrawn(desk, change(desk, booking, "withdrawal_asked"))).state is State.WITHDRAWN
    assert (desk.asked("decline"), desk.asked("withdraw")) == (1, 0)


async def test_a_place_that_is_gone_already_needs_nothing_but_a_look(desk: Desk) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    desk.club.free(session, at_club.id)
    assert (await withdrawn(desk, change(desk, booking, "withdrawal_asked"))).state is State.WITHDRAWN
    assert desk.asked("withdraw") == 0


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Fault(kind=FaultKind.RESET, action=Action.WITHDRAW, times=1), FailureReason.STILL_SIGNED_UP),
        (Fault(kind=FaultKind.RESET), FailureReason.CLUB_UNREACHABLE),
        (Fault(kind=FaultKind.FORBIDDEN, retry_after_s=1), FailureReason.CLUB_BUSY),
        (fault(FaultKind.MOVED), FailureReason.PAGE_NOT_UNDERSTOOD),
        (Fault(kind=FaultKind.OTHER_LETTERS), FailureReason.PAGE_NOT_UNDERSTOOD),
        (Fault(kind=FaultKind.LOGIN_PAGE, action=Action.VIEW), FailureReason.PAGE_NOT_UNDERSTOOD),
    ],
)
async def test_what_could_not_be_given_back_is_said_and_may_be_asked_for_again(
    desk: Desk, trouble: Fault, reason: FailureReason
) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    desk.club.turn(faults=(trouble,))
    kept = await withdrawn(desk, change(desk, booking, "withdrawal_asked"))
    assert kept.state is State.BOOKED
    assert kept.withdrawal
    assert kept.withdrawal.failure
    assert kept.withdrawal.failure.reason is reason
    assert at_club.id in desk.report(session)["members"]
    desk.club.turn(faults=())
    assert (await withdrawn(desk, change(desk, kept, "withdrawal_asked"))).state is State.WITHDRAWN
    assert told(desk, booking)[-1] is Withdrawn


async def test_two_deliveries_at_once_log_in_once(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=-3600)))
    asked = change(desk, booking, "withdrawal_asked")
    logins = desk.asked("login")
    event = WithdrawalRequested(**asked.about(desk.ports.clock.now()))
    assert sorted(await asyncio.gather(*(desk.push(event) for _ in range(4)))) == [204, 503, 503, 503]
    assert now_of(desk, booking).state is State.WITHDRAWN
    assert desk.asked("login") == logins + 1


async def test_a_page_that_is_not_the_sessions_is_no_proof(desk: Desk) -> None:
    member, _ = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    desk.club.model.drop(SessionKey(session.slot.timeid, session.start))
    kept = await withdrawn(desk, change(desk, booking, "withdrawal_asked"))
    assert kept.state is State.BOOKED
    assert kept.withdrawal
    assert kept.withdrawal.failure
    assert kept.withdrawal.failure.reason is FailureReason.NO_SESSION


@pytest.mark.parametrize("kind", SPOILT)
async def test_an_answer_that_was_spoilt_is_looked_after(desk: Desk, kind: FaultKind) -> None:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=-3600)
    booking = await desk.raced(desk.booking(member, session))
    desk.club.turn(faults=(fault(kind, action=Action.WITHDRAW, acts=True, times=1),))
    assert (await withdrawn(desk, change(desk, booking, "withdrawal_asked"))).state is State.WITHDRAWN
    assert at_club.id not in desk.report(session)["members"]
    assert desk.asked("withdraw") == 1
