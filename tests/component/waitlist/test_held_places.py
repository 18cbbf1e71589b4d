"""Freed places at a club that holds them for some steps, and the club's own waiting list."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.box_office import Event
from support.box_office_desk import Counter, acts, open_counter

from autotennis.domain.booking import Booking, State
from autotennis.domain.session import starts_at
from autotennis.values import Action, FailureReason, WaitingWish

ON_THE_LIST = WaitingWish(club_list=True)


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncGenerator[Counter]:
    async with open_counter(tmp_path) as counter:
        yield counter


async def full(counter: Counter, wish: WaitingWish | None = None) -> tuple[Event, Booking]:
    """A booking that its race found full."""
    event = counter.office.event(-60)
    other = counter.office.member("somebody@example.org")
    counter.office.placed.append((other, event.slug))
    booking = await counter.raced(counter.booking(event, counter.member()[0], waiting=wish or WaitingWish()))
    assert booking.state is State.WAITING
    return event, booking


async def test_a_freed_place_is_held_made_the_members_and_proven(counter: Counter) -> None:
    _, booking = await full(counter)
    counter.office.placed.clear()
    await counter.looked()
    ended = counter.now(booking)
    assert ended.state is State.BOOKED
    assert acts(ended) == [Action.SIGN_UP, Action.COMPLETE]
    counter.is_well(ended)


async def test_a_freed_place_whose_steps_are_refused_is_let_go_of(counter: Counter) -> None:
    event, booking = await full(counter)
    counter.office.placed.clear()
    counter.office.moods.refuses_steps = True
    await counter.looked()
    ended = counter.now(booking)
    assert (ended.state, ended.failure and ended.failure.reason) == (State.FAILED, FailureReason.NOT_COMPLETED)
    assert acts(ended) == [Action.SIGN_UP, Action.COMPLETE, Action.RELEASE]
    assert counter.office.free(event) == 1
    counter.is_well(ended)


async def test_a_hold_that_runs_out_is_a_miss_and_the_booking_waits_on(counter: Counter) -> None:
    _, booking = await full(counter)
    counter.office.placed.clear()
    counter.office.moods.runs_out = 1
    await counter.looked()
    assert counter.now(booking).state is State.WAITING
    await counter.looked()
    assert counter.now(booking).state is State.BOOKED
    counter.is_well(booking)


async def test_a_place_that_a_try_left_held_is_made_the_members(counter: Counter) -> None:
    """Whoever tried died over it."""
    event, booking = await full(counter)
    counter.office.placed.clear()
    number = counter.office.members[counter.ports.store.member(booking.member_id).email]
    _try_that_died(counter, booking)
    counter.office.holds_for(number, event.slug)
    counter.office.held[0].until += timedelta(days=1)
    counter.clock.advance(timedelta(minutes=5))
    asked = counter.office.count("hold")
    await counter.looked()
    assert counter.now(booking).state is State.BOOKED
    assert counter.office.count("hold") == asked, "no other is asked for"
    assert counter.office.holds() == []


async def test_a_place_that_a_try_left_held_is_let_go_of_for_who_cancelled(counter: Counter) -> None:
    event, booking = await full(counter)
    counter.office.placed.clear()
    number = counter.office.members[counter.ports.store.member(booking.member_id).email]
    _try_that_died(counter, booking)
    now = counter.clock.now()
    assert counter.ports.store.change(booking.id, lambda it: it.cancelled(now)).cancel_asked_at
    counter.office.holds_for(number, event.slug)
    counter.office.held[0].until += timedelta(days=1)
    counter.clock.advance(timedelta(minutes=5))
    await counter.looked()
    assert counter.now(booking).state is State.CANCELLED
    assert counter.office.free(event) == 1


def _try_that_died(counter: Counter, booking: Booking) -> None:
    now = counter.clock.now()
    counter.ports.store.change(booking.id, lambda it: it.tried("another", counter.rules, now))


async def test_a_turn_on_the_clubs_list_is_asked_for_once_and_kept(counter: Counter) -> None:
    event, booking = await full(counter, ON_THE_LIST)
    assert acts(booking) == [Action.JOIN_LIST]
    assert booking.list_asked_at
    assert len(counter.office.listed) == 1
    counter.office.placed.clear()
    counter.office.moods.runs_out = 1
    await counter.looked()
    assert counter.now(booking).state is State.WAITING
    assert counter.office.listed == [(2, event.slug)]
    await counter.looked()
    assert counter.now(booking).state is State.BOOKED, "the line goes on being looked at"
    counter.is_well(booking)


async def test_nobody_is_put_on_the_list_who_did_not_ask_for_it(counter: Counter) -> None:
    _, booking = await full(counter)
    assert (acts(booking), counter.office.listed) == ([], [])


async def test_a_crash_before_it_is_told_asks_for_no_second_turn(counter: Counter) -> None:
    """What was asked for is kept before it is."""
    event = counter.office.event(-60)
    counter.office.placed.append((counter.office.member("somebody@example.org"), event.slug))
    booking = counter.booking(event, counter.member()[0], waiting=ON_THE_LIST)
    store, now, race = counter.ports.store, counter.clock.now(), counter.rules.race
    store.change(booking.id, lambda it: it.claimed("booker", race, now))
    store.change(booking.id, lambda it: it.list_asked("booker", now))
    ended = await counter.raced(booking)
    assert (ended.state, counter.office.count("list")) == (State.WAITING, 0)


async def test_who_is_on_the_list_by_their_page_does_not_ask_again(counter: Counter) -> None:
    event = counter.office.event(-60)
    counter.office.placed.append((counter.office.member("somebody@example.org"), event.slug))
    member, number = counter.member()
    counter.office.listed.append((number, event.slug))
    ended = await counter.raced(counter.booking(event, member, waiting=ON_THE_LIST))
    assert (ended.state, counter.office.count("list")) == (State.WAITING, 0)


@pytest.mark.parametrize("has_place", [False, True])
async def test_the_page_is_looked_at_before_who_is_on_the_list_is_told_that_they_waited_in_vain(
    counter: Counter, has_place: bool
) -> None:
    """The club may have given them a place by its own list, which nobody else sees."""
    event, booking = await full(counter, ON_THE_LIST)
    if has_place:
        counter.office.placed.append((2, event.slug))
    counter.clock.advance(starts_at(booking.session, counter.rules.zone) - counter.clock.now() + timedelta(seconds=1))
    await counter.looked()
    ended = counter.now(booking)
    assert ended.state is (State.BOOKED if has_place else State.FAILED)
