"""A club that holds a place for some steps, by its own record: never two, none left, and booked when it shows."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import restarted_booker
from support.box_office_client import RACE
from support.box_office_desk import CLUB_ID, Counter, acts, open_counter

from autotennis.domain.booking import Booking, State
from autotennis.domain.checks import CheckRules
from autotennis.events import CheckDue
from autotennis.stopping import Stopping
from autotennis.values import Action, FailureReason

HELD_AND_MADE_THEIRS = [Action.SIGN_UP, Action.COMPLETE]


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncGenerator[Counter]:
    async with open_counter(tmp_path) as counter:
        yield counter


async def test_a_held_place_is_made_the_members_and_proven(counter: Counter) -> None:
    event = counter.office.event(opens_in_s=2.5)
    member, number = counter.member()
    booking = await counter.raced(counter.booking(event, member))
    assert booking.state is State.BOOKED
    assert acts(booking) == HELD_AND_MADE_THEIRS
    assert counter.office.placed == [(number, event.slug)]
    first = next(at for action, _, at in counter.office.asked if action == "hold")
    assert first >= event.opens_at, "none is sent early where that does harm"
    counter.is_well(booking)


@pytest.mark.parametrize("by_login", [False, True])
async def test_an_answer_to_the_steps_that_is_lost_is_looked_after(counter: Counter, by_login: bool) -> None:
    counter.office.moods.by_login = by_login
    counter.office.moods.loses["confirm"] = 1
    booking = await counter.raced(counter.booking(counter.office.event(-60), counter.member()[0]))
    assert booking.state is State.BOOKED
    assert acts(booking) == HELD_AND_MADE_THEIRS
    counter.is_well(booking)


async def test_a_step_that_never_came_is_taken_again(counter: Counter) -> None:
    counter.office.moods.loses["details"] = 1
    booking = await counter.raced(counter.booking(counter.office.event(-60), counter.member()[0]))
    assert booking.state is State.BOOKED
    assert acts(booking) == [*HELD_AND_MADE_THEIRS, Action.COMPLETE]
    counter.is_well(booking)


async def test_a_hold_that_ran_out_is_asked_for_once_more(counter: Counter) -> None:
    counter.office.moods.runs_out = 1
    booking = await counter.raced(counter.booking(counter.office.event(-60), counter.member()[0]))
    assert booking.state is State.BOOKED
    assert acts(booking) == HELD_AND_MADE_THEIRS * 2
    counter.is_well(booking)


async def test_a_hold_that_ran_out_for_somebody_else_ends_in_full(counter: Counter) -> None:
    event = counter.office.event(-60)
    counter.office.moods.runs_out = 1
    other = counter.office.member("somebody@example.org")
    counter.office.moods.before["details"] = lambda: counter.office.placed.append((other, event.slug))
    booking = await counter.raced(counter.booking(event, counter.member()[0]))
    assert (booking.state, booking.failure and booking.failure.reason) == (State.FAILED, FailureReason.FULL)
    counter.is_well(booking)


async def test_a_place_whose_steps_are_refused_is_let_go_of(counter: Counter) -> None:
    counter.office.moods.refuses_steps = True
    event = counter.office.event(-60)
    booking = await counter.raced(counter.booking(event, counter.member()[0]))
    assert (booking.state, booking.failure and booking.failure.reason) == (State.FAILED, FailureReason.NOT_COMPLETED)
    assert acts(booking) == [*HELD_AND_MADE_THEIRS, Action.RELEASE]
    assert counter.office.free(event) == 1
    counter.is_well(booking)


@pytest.mark.parametrize("by_login", [False, True])
async def test_a_sign_up_whose_answer_is_lost_is_looked_after_before_another(counter: Counter, by_login: bool) -> None:
    counter.office.moods.loses["hold"] = 1
    counter.office.moods.by_login = by_login
    event = counter.office.event(opens_in_s=2.5, places=5)
    booking = await counter.raced(counter.booking(event, counter.member()[0]))
    assert booking.state is State.BOOKED
    assert counter.office.count("hold") == 1
    counter.is_well(booking)


async def test_a_slow_sign_up_is_no_reason_for_a_second_one(counter: Counter) -> None:
    counter.office.moods.waits_s["hold"] = 2.5
    event = counter.office.event(opens_in_s=2.5, places=5)
    booking = await counter.raced(counter.booking(event, counter.member()[0]))
    assert booking.state is State.BOOKED
    assert counter.office.count("hold") == 1
    counter.is_well(booking)


async def test_who_cancels_while_a_place_is_held_gets_none(counter: Counter) -> None:
    event = counter.office.event(-60)
    booking = counter.booking(event, counter.member()[0])
    now = counter.clock.now()
    store = counter.ports.store
    counter.office.moods.before["hold"] = lambda: store.change(booking.id, lambda it: it.cancelled(now)) and None
    ended = await counter.raced(booking)
    assert ended.state is State.CANCELLED
    assert counter.office.free(event) == 1
    assert acts(ended) == [Action.SIGN_UP, Action.RELEASE]
    counter.is_well(ended)


async def test_a_club_that_falls_silent_over_the_steps_holds_nothing_for_the_next_try(counter: Counter) -> None:
    """Only the login that has the hold could see it, so it is let go of before another one asks for a place."""
    moods, event = counter.office.moods, counter.office.event(-60, places=5)
    moods.by_login = True
    moods.before["details"] = lambda: moods.loses.update({"details": 100, "view": 100})
    booking = counter.booking(event, counter.member()[0])
    assert await counter.race(booking) == 503
    assert counter.now(booking).state is State.SIGNING_UP
    assert counter.office.holds() == []
    moods.before.clear()
    moods.loses.clear()
    ended = await counter.raced(booking)
    assert ended.state is State.BOOKED
    assert Action.RELEASE in acts(ended)
    counter.is_well(ended)


async def test_who_is_told_to_stop_over_the_steps_lets_go_of_the_place(counter: Counter) -> None:
    stopping, event = Stopping(), counter.office.event(-60)
    booking = counter.booking(event, counter.member()[0])
    counter.office.moods.before["details"] = stopping.tell
    counter.office.moods.works_s["details"] = 30.0
    async with restarted_booker(counter.ports, "stopped", stopping=stopping) as url:
        assert await counter.race(booking, url) == 503
    left = counter.now(booking)
    assert (left.state, acts(left)) == (State.SIGNING_UP, [Action.SIGN_UP, Action.RELEASE])
    assert counter.office.holds() == []
    counter.office.moods.before.clear()
    counter.office.moods.works_s.clear()
    ended = await counter.raced(booking)
    assert ended.state is State.BOOKED
    counter.is_well(ended)


async def test_a_booker_after_a_crash_finds_the_place_held_and_asks_for_no_other(counter: Counter) -> None:
    event = counter.office.event(-60, places=5)
    member, number = counter.member()
    booking = await _died_over(counter, counter.booking(event, member), number)
    async with restarted_booker(counter.ports) as again:
        ended = await counter.raced(booking, again)
    assert ended.state is State.BOOKED
    assert counter.office.count("hold") == 0, "it is looked first"
    assert counter.office.taken_by(number, event.slug) == 1


async def test_a_hold_of_a_login_that_died_frees_itself(counter: Counter) -> None:
    """Where only that login sees it, another place is free, and the record shows what is held until it runs out."""
    counter.office.moods.by_login = True
    event = counter.office.event(-60, places=5)
    member, number = counter.member()
    booking = await _died_over(counter, counter.booking(event, member), number)
    async with restarted_booker(counter.ports) as again:
        ended = await counter.raced(booking, again)
    assert ended.state is State.BOOKED
    assert counter.office.placed == [(number, event.slug)]
    counter.clock.advance(timedelta(seconds=counter.office.moods.hold_s))
    assert counter.office.taken_by(number, event.slug) == 1


async def _died_over(counter: Counter, booking: Booking, number: int) -> Booking:
    """The booking as a booker leaves it that dies with a place held."""
    store, now, race = counter.ports.store, counter.clock.now(), counter.rules.race
    store.change(booking.id, lambda it: it.claimed("booker", race, now))
    left = store.change(booking.id, lambda it: it.granted("booker", race, now))
    counter.office.holds_for(number, booking.session.slot)
    return left


@pytest.mark.parametrize("off_s", [-1.5, 1.5, 0.8])
async def test_an_opening_that_the_page_tells_is_raced_for_at_once(counter: Counter, off_s: float) -> None:
    """It was planned for another instant, before or after."""
    event = counter.office.event(opens_in_s=4.0)
    booking = await counter.raced(counter.booking(event, counter.member()[0], off_s=off_s))
    assert booking.state is State.BOOKED
    assert booking.opening_at == event.opens_at
    hold = next(at for action, _, at in counter.office.asked if action == "hold")
    assert timedelta(0) <= hold - event.opens_at < timedelta(seconds=0.5)
    assert counter.office.count("login") == 2
    counter.is_well(booking)


async def test_what_lies_within_half_a_second_is_the_same_opening(counter: Counter) -> None:
    event = counter.office.event(opens_in_s=3.0)
    booking = await counter.raced(counter.booking(event, counter.member()[0], off_s=-0.4))
    assert booking.state is State.BOOKED
    assert counter.office.count("login") == 1
    counter.is_well(booking)


async def test_an_opening_that_the_page_tells_hours_ahead_is_woken_for(counter: Counter) -> None:
    event = counter.office.event(opens_in_s=3 * 3600)
    booking = await counter.raced(counter.booking(event, counter.member()[0], off_s=-3 * 3600 + 1))
    assert booking.is_given_back
    assert booking.opening_at == event.opens_at
    wakes = counter.ports.wake.next_at()  # type: ignore[attr-defined]
    assert wakes == event.opens_at - timedelta(seconds=120)
    assert counter.office.count("hold") == 0


@pytest.mark.parametrize("cap", [8, 12, 14, 17])
async def test_the_cap_keeps_room_for_the_steps_and_the_release(tmp_path: Path, cap: int) -> None:
    """Nobody has a place held whose steps they could not take, or which they could not let go of."""
    async with open_counter(tmp_path, RACE.model_copy(update={"requests": cap, "sign_ups": 8})) as counter:
        counter.office.moods.refuses_steps = True
        booking = await counter.raced(counter.booking(counter.office.event(-60), counter.member()[0]))
        reason = FailureReason.REQUEST_CAP if cap == 8 else FailureReason.NOT_COMPLETED
        assert (booking.state, booking.failure and booking.failure.reason) == (State.FAILED, reason)
        assert counter.office.count("hold") == counter.office.count("release") == (cap != 8)
        assert len(counter.office.asked) - counter.office.count("time") == booking.requests_sent
        counter.is_well(booking)


async def test_holds_that_run_out_again_and_again_end_within_the_cap(tmp_path: Path) -> None:
    async with open_counter(tmp_path, RACE.model_copy(update={"requests": 24, "sign_ups": 8})) as counter:
        counter.office.moods.runs_out = 100
        booking = counter.booking(counter.office.event(-60), counter.member()[0])
        ended = await counter.raced(booking)
        assert (ended.state, ended.failure and ended.failure.reason) == (State.FAILED, FailureReason.REQUEST_CAP)
        assert counter.office.count("hold") >= 2
        counter.is_well(ended)


async def _checked(counter: Counter, booking: Booking) -> Booking:
    due = CheckDue(at=counter.clock.now(), club_id=CLUB_ID, booking_ids=(booking.id,))
    assert await counter.push(due, counter.booker) == 204
    return counter.now(booking)


@pytest.mark.parametrize("off_s", [-7200.0, 7200.0, 1.0])
async def test_a_check_learns_of_another_opening_and_plans_for_it(counter: Counter, off_s: float) -> None:
    event = counter.office.event(opens_in_s=30 * 3600)
    before = counter.booking(event, counter.member()[0], off_s=off_s)
    checked = await _checked(counter, before)
    assert checked.opening_at == event.opens_at
    assert checked.checked
    assert checked.checked.failure is None, "that is no trouble"
    assert checked.check_at == checked.next_check(CheckRules(), counter.clock.now())
    assert counter.ports.wake.next_at() == event.opens_at - timedelta(seconds=120)  # type: ignore[attr-defined]
    assert counter.ports.store.due(CLUB_ID, event.opens_at, counter.clock.now()) == [before.id]


@pytest.mark.parametrize("tells_opening", [True, False])
async def test_a_check_that_finds_it_open_already_has_it_booked_now(counter: Counter, *, tells_opening: bool) -> None:
    counter.office.moods.tells_opening = tells_opening
    before = counter.booking(counter.office.event(opens_in_s=-60), counter.member()[0], off_s=24 * 3600)
    since = counter.clock.now()
    checked = await _checked(counter, before)
    assert since <= checked.opening_at <= counter.clock.now()
    assert counter.ports.store.due(CLUB_ID, checked.opening_at, counter.clock.now()) == [before.id]
    assert (await counter.raced(checked)).state is State.BOOKED


async def test_a_check_that_finds_it_closed_still_leaves_the_planned_opening(counter: Counter) -> None:
    counter.office.moods.tells_opening = False
    before = counter.booking(counter.office.event(opens_in_s=30 * 3600), counter.member()[0])
    assert (await _checked(counter, before)).opening_at == before.opening_at


async def test_a_check_that_finds_the_opening_as_planned_moves_nothing(counter: Counter) -> None:
    event = counter.office.event(opens_in_s=30 * 3600)
    before = counter.booking(event, counter.member()[0], off_s=0.4)
    checked = await _checked(counter, before)
    assert (checked.opening_at, checked.check_at) == (before.opening_at, before.check_at)
    assert counter.ports.wake.next_at() is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("logins", "throws_out", "state", "asked"),
    [
        (1, 1, State.FAILED, 1),
        (2, 1, State.BOOKED, 2),
        (2, 9, State.FAILED, 2),
        (3, 9, State.FAILED, 2),
    ],
)
async def test_nobody_logs_in_more_often_than_the_club_bears(
    tmp_path: Path, logins: int, throws_out: int, state: State, asked: int
) -> None:
    """A third time is only for seeing whether the club has taken the member."""
    async with open_counter(tmp_path, RACE.model_copy(update={"logins": logins})) as counter:
        counter.office.moods.throws_out = throws_out
        booking = await counter.raced(counter.booking(counter.office.event(-60), counter.member()[0]))
        assert (booking.state, counter.office.count("login")) == (state, asked)
        counter.is_well(booking)
