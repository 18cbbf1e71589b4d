"""While a pause is in force the booker asks nothing of the club, and what it says of that is true."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, Desk, booking_desk, restarted_booker
from support.waiting import eventually, never

from autotennis.domain.booking import Booking, State
from autotennis.domain.pause import Pause, PauseScope
from autotennis.events import Failed, WithdrawalRequested
from autotennis.values import FailureReason


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        yield desk


def pause(desk: Desk, scope: PauseScope = PauseScope.ALL, about: str = "") -> Pause:
    begun = Pause(scope=scope, about=about, reason="Their server smokes.", at=desk.ports.clock.now(), by="operator")
    desk.ports.store.change_pauses(lambda it: it.begun(begun))
    return begun


def resume(desk: Desk, begun: Pause) -> None:
    desk.ports.store.change_pauses(lambda it: it.ended(begun.key))


def now(desk: Desk, booking: Booking) -> Booking:
    return desk.ports.store.booking(booking.id)


def all_asked(desk: Desk) -> int:
    return len(desk.club.report()["requests"])


@pytest.mark.parametrize("scope", list(PauseScope))
async def test_a_booking_that_opens_while_it_is_paused_fails_and_says_why_and_nothing_is_asked(
    desk: Desk, scope: PauseScope
) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=1.5))
    pause(desk, scope, {PauseScope.ALL: "", PauseScope.CLUB: CLUB_ID, PauseScope.MEMBER: member.id}[scope])
    ended = await desk.raced(booking)
    assert ended.state is State.FAILED
    assert ended.failure
    assert ended.failure.reason is FailureReason.PAUSED
    assert ended.requests_sent == 0
    assert all_asked(desk) == 0
    (told,) = [event for event in desk.told() if isinstance(event, Failed)]
    assert told.failure.reason is FailureReason.PAUSED


async def test_a_pause_that_ends_before_the_opening_costs_nothing(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=9))
    begun = pause(desk)
    race = asyncio.create_task(desk.race(booking))
    await never(lambda: now(desk, booking).state is not State.SCHEDULED, "it is taken in hand", for_s=1.5)
    assert all_asked(desk) == 0
    resume(desk, begun)
    assert await race == 204
    assert now(desk, booking).state is State.BOOKED


async def test_a_pause_after_the_login_is_heeded_before_anything_is_fired(desk: Desk) -> None:
    member, _ = desk.member(known=False)
    session = desk.session(opens_in_s=100)
    booking = desk.booking(member, session)
    race = asyncio.create_task(desk.race(booking))
    await eventually(lambda: now(desk, booking).state is State.SIGNING_UP, "it is claimed")
    pause(desk)
    # The login waits for its turn, until about a minute and a half before the opening.
    await race
    ended = now(desk, booking)
    assert ended.failure
    assert ended.failure.reason is FailureReason.PAUSED
    assert desk.asked("sign_up") == 0
    assert desk.asked("login") == 1


async def test_the_pause_of_another_member_or_club_is_no_matter(desk: Desk) -> None:
    member, _ = desk.member()
    pause(desk, PauseScope.MEMBER, "somebody-else")
    pause(desk, PauseScope.CLUB, "another-club")
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    assert booking.state is State.BOOKED


async def test_one_that_may_have_got_its_place_before_is_not_said_to_have_failed(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=0.5))
    rules, at = desk.rules.race, desk.ports.clock.now()
    desk.ports.store.change(booking.id, lambda it: it.claimed("gone", rules, at - timedelta(hours=1)))
    desk.ports.store.change(booking.id, lambda it: it.granted("gone", rules, at - timedelta(hours=1)))
    begun = pause(desk)
    assert await desk.race(booking) == 204
    assert now(desk, booking).state is State.SIGNING_UP
    assert all_asked(desk) == 0
    resume(desk, begun)
    # The first one may go by what it has read for some seconds.
    async with restarted_booker(desk.ports, "another") as url:
        assert await desk.race(booking, url=url) == 204
    assert now(desk, booking).state is State.BOOKED


async def test_one_that_tried_before_its_opening_goes_on_as_planned(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=3600), early=True)
    at = desk.ports.clock.now()
    early = desk.ports.store.change(booking.id, lambda it: it.brought_forward(at))
    pause(desk)
    assert await desk.race(early) == 204
    given_back = now(desk, booking)
    assert given_back.state is State.SIGNING_UP
    assert given_back.claim is None
    assert given_back.opening_at == booking.opening_at
    assert all_asked(desk) == 0


async def test_a_place_is_given_back_all_the_same(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    pause(desk)
    at = desk.ports.clock.now()
    desk.ports.store.change(booking.id, lambda it: it.withdrawal_asked(at))
    (event,) = [one for one in desk.ports.store.unpublished(booking.id) if isinstance(one, WithdrawalRequested)]
    assert await desk.push(event) == 204
    assert now(desk, booking).state is State.WITHDRAWN
