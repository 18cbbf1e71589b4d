"""Bookings that are bound to each other race in their order, and what one gets decides what the others do."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, Desk, ShiftedClock
from support.waiting import eventually
from support.waiting_line import Line, waiting_line

from autotennis.domain.booking import Booking, State
from autotennis.errors import StoreBusy
from autotennis.events import BondSettled, WithdrawalRequested
from autotennis.ports import Store
from autotennis.values import Action, Choice, FailureReason, Party, WaitingWish
from practice_club.session import Session as ClubSession

OPEN = -3600.0


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


def alternatives(desk: Desk, *sessions: ClubSession, trade_up: bool = False) -> list[Booking]:
    """One member wants one of these, the first most of all."""
    member, _ = desk.member()
    return [
        desk.booking(member, session, bond=Choice(id="bond-1", rank=rank, trade_up=trade_up))
        for rank, session in enumerate(sessions)
    ]


def party(desk: Desk, session: ClubSession, size: int, *, all_or_none: bool = False, pins: str = "") -> list[Booking]:
    """So many members who go together."""
    bookings: list[Booking] = []
    for rank in range(size):
        member, _ = desk.member() if rank != size - 1 or not pins else desk.member(pin=pins)
        bond = Party(id="bond-1", rank=rank, asked_by="m-0", all_or_none=all_or_none)
        bookings.append(desk.booking(member, session, bond=bond))
    return bookings


def states(line: Line, bookings: list[Booking]) -> list[State]:
    return [line.now(one).state for one in bookings]


def sign_ups(line: Line, booking: Booking) -> int:
    return sum(attempt.action is Action.SIGN_UP for attempt in line.now(booking).timeline)


async def raced(line: Line, bookings: list[Booking]) -> list[State]:
    """How they stand once all of them have raced; those of one opening are handed over together, the last one first."""
    openings = {one.opening_at for one in bookings}
    shards = [[one for one in reversed(bookings) if one.opening_at == opening] for opening in openings]
    assert set(await asyncio.gather(*(line.desk.race(*shard) for shard in shards))) == {204}
    return states(line, bookings)


async def test_of_one_opening_the_dearer_one_is_won_and_nothing_is_asked_for_the_other(line: Line) -> None:
    desk = line.desk
    bookings = alternatives(desk, desk.session(opens_in_s=4), desk.session(opens_in_s=4))
    assert bookings[0].opening_at == bookings[1].opening_at
    assert await raced(line, bookings) == [State.BOOKED, State.CANCELLED]
    assert sign_ups(line, bookings[1]) == 0
    let_go = line.now(bookings[1]).let_go
    assert let_go
    assert let_go.because == bookings[0].id


async def test_where_the_dearer_one_is_full_the_lesser_one_is_tried_at_once(line: Line) -> None:
    desk = line.desk
    dear = desk.session(opens_in_s=4, capacity=4, taken=4)
    bookings = alternatives(desk, dear, desk.session(opens_in_s=4))
    assert await raced(line, bookings) == [State.WAITING, State.BOOKED]
    assert all(change["by_rival"] for change in desk.report(dear)["accepted"])
    await line.deliver(BondSettled)
    assert states(line, bookings) == [State.CANCELLED, State.BOOKED]
    let_go = line.now(bookings[0]).let_go
    assert let_go
    assert let_go.because == bookings[1].id


async def test_who_trades_up_goes_on_waiting_for_the_dearer_one_and_gives_the_lesser_one_back(line: Line) -> None:
    desk = line.desk
    dear, lesser = line.full(), desk.session(opens_in_s=OPEN)
    bookings = alternatives(desk, dear, lesser, trade_up=True)
    assert await raced(line, bookings) == [State.WAITING, State.BOOKED]
    await line.deliver(BondSettled)
    assert states(line, bookings) == [State.WAITING, State.BOOKED]
    desk.club.free(dear)
    await line.looked()
    await line.deliver(BondSettled)
    assert states(line, bookings)[0] is State.BOOKED
    (asked,) = [event for event in desk.told() if isinstance(event, WithdrawalRequested)]
    assert await desk.push(asked) == 204
    assert states(line, bookings) == [State.BOOKED, State.WITHDRAWN]
    assert desk.report(lesser)["members"] == []
    assert desk.report(dear)["overbooked"] is False


async def test_a_dearer_one_that_nobody_takes_in_hand_is_waited_for_only_so_long(line: Line) -> None:
    desk = line.desk
    bookings = alternatives(desk, desk.session(opens_in_s=OPEN), desk.session(opens_in_s=OPEN))
    race = asyncio.create_task(desk.race(bookings[1]))
    await eventually(lambda: desk.asked("view") == 1, "it is ready", within_s=10)
    assert desk.asked("sign_up") == 0
    clock = desk.ports.clock
    assert isinstance(clock, ShiftedClock)
    clock.advance(timedelta(seconds=10))
    assert await race == 204
    assert states(line, bookings) == [State.SCHEDULED, State.BOOKED]


async def test_four_go_together_and_three_places_are_left_open_already(line: Line) -> None:
    """One after another, in the order that was declared: whoever comes last waits."""
    desk = line.desk
    session = desk.session(opens_in_s=OPEN, capacity=4, taken=1)
    bookings = party(desk, session, 4)
    assert await raced(line, bookings) == [State.BOOKED] * 3 + [State.WAITING]
    assert desk.report(session)["overbooked"] is False


async def test_four_go_together_at_an_opening(line: Line) -> None:
    desk = line.desk
    session = desk.session(opens_in_s=5, capacity=4)
    bookings = party(desk, session, 4)
    assert await raced(line, bookings) == [State.BOOKED] * 4


async def test_all_or_none_gives_back_what_some_have_got(line: Line) -> None:
    desk = line.desk
    session = desk.session(opens_in_s=OPEN, capacity=4, taken=2)
    bookings = party(desk, session, 3, all_or_none=True)
    assert await raced(line, bookings) == [State.BOOKED, State.BOOKED, State.FAILED]
    failure = line.now(bookings[2]).failure
    assert failure
    assert failure.reason is FailureReason.FULL
    await line.deliver(BondSettled)
    for asked in [event for event in desk.told() if isinstance(event, WithdrawalRequested)]:
        assert await desk.push(asked) == 204
    assert states(line, bookings) == [State.WITHDRAWN, State.WITHDRAWN, State.FAILED]
    ours = {line.desk.ports.store.member(one.member_id).club_member_ids[CLUB_ID] for one in bookings}
    assert not ours & set(desk.report(session)["members"])


async def test_all_or_none_asks_for_nothing_once_one_of_them_cannot_log_in(line: Line) -> None:
    desk = line.desk
    session = desk.session(opens_in_s=6)
    bookings = party(desk, session, 3, all_or_none=True, pins="9999")
    await raced(line, bookings)
    assert states(line, bookings)[2] is State.FAILED
    await line.deliver(BondSettled)
    assert states(line, bookings) == [State.CANCELLED, State.CANCELLED, State.FAILED]
    assert desk.asked("sign_up") == 0


async def test_who_goes_together_waits_in_the_declared_order(line: Line) -> None:
    session = line.full()
    bookings = [line.joins(session, bond=Party(id="bond-1", rank=rank, asked_by="m-0")) for rank in (2, 0, 1)]
    line.desk.club.free(session)
    line.desk.club.free(session)
    await line.looked()
    assert states(line, bookings) == [State.WAITING, State.BOOKED, State.BOOKED]


async def test_of_two_places_that_are_freed_at_once_the_dearer_one_is_taken_only(line: Line) -> None:
    dear, lesser = line.full(), line.full()
    member, _ = line.desk.member()
    bookings = [
        line.joins(session, member, bond=Choice(id="bond-1", rank=rank)) for rank, session in enumerate((dear, lesser))
    ]
    line.desk.club.free(dear)
    line.desk.club.free(lesser)
    await line.looked()
    assert line.now(bookings[0]).state is State.BOOKED
    assert line.desk.asked("sign_up") == 1
    await line.deliver(BondSettled)
    assert states(line, bookings) == [State.BOOKED, State.CANCELLED]


async def test_the_wish_to_wait_is_kept_for_all_but_those_who_want_all_or_none(line: Line) -> None:
    desk = line.desk
    bookings = party(desk, line.full(), 2, all_or_none=True)
    assert set(await raced(line, bookings)) <= {State.FAILED, State.CANCELLED}
    waiting = desk.booking(desk.member()[0], line.full(), WaitingWish(wanted=False))
    assert (await desk.raced(waiting)).state is State.FAILED


async def test_whose_session_has_begun_is_not_given_back_for_a_dearer_one(line: Line) -> None:
    """It was played, or is being played: there is nothing to give back any more."""
    desk = line.desk
    dear, lesser = line.full(), desk.session(opens_in_s=-72 * 3600 + 1800)
    bookings = alternatives(desk, dear, lesser, trade_up=True)
    assert await raced(line, bookings) == [State.WAITING, State.BOOKED]
    line.later(timedelta(hours=1))
    desk.club.free(dear)
    logins = desk.asked("login")
    await line.looked()
    await line.deliver(BondSettled)
    assert states(line, bookings) == [State.CANCELLED, State.BOOKED], "one of several was wanted, and was had"
    assert line.now(bookings[1]).withdrawal is None
    assert desk.asked("login") == logins


async def test_a_store_that_is_busy_for_a_moment_costs_nobody_their_turn(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = line.desk
    bookings = alternatives(desk, desk.session(opens_in_s=OPEN), desk.session(opens_in_s=OPEN))
    # The dearer one is in the hands of an instance that does not end before this one has to renew its own claim.
    now, store = desk.ports.clock.now(), desk.ports.store
    store.change(bookings[0].id, lambda it: it.claimed("another", desk.rules.race, now))
    still_held = Booking.still_held

    def busy_once(*given: object) -> object:
        monkeypatch.setattr(Booking, "still_held", still_held)
        raise StoreBusy("The database is busy.")

    monkeypatch.setattr(Booking, "still_held", busy_once)
    race = asyncio.create_task(desk.race(bookings[1]))
    await eventually(lambda: Booking.still_held is still_held, "the claim is renewed", within_s=20)
    desk.later(timedelta(seconds=60))
    assert await race == 204


async def test_who_waits_for_a_fellow_is_not_woken_by_the_races_of_others(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would ask the store then, while the others race."""
    desk = line.desk
    bookings = alternatives(desk, desk.session(opens_in_s=OPEN), desk.session(opens_in_s=OPEN))
    now, store = desk.ports.clock.now(), desk.ports.store
    store.change(bookings[0].id, lambda it: it.claimed("another", desk.rules.race, now))
    asked: list[str] = []
    bound = type(store).bound

    def counted(self: Store, bond_id: str, limit: int = 100) -> Sequence[Booking]:
        asked.append(bond_id)
        return bound(self, bond_id, limit)

    monkeypatch.setattr(type(store), "bound", counted)
    race = asyncio.create_task(desk.race(bookings[1]))
    await eventually(lambda: len(asked) > 1, "it waits for its turn", within_s=10)
    before, begun_s = len(asked), desk.ports.clock.monotonic_s()
    for _ in range(12):
        await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=OPEN)))
    # Twice a second it asks by itself.
    took_s = desk.ports.clock.monotonic_s() - begun_s
    assert len(asked) - before <= 2 * took_s + 2
    desk.later(timedelta(seconds=60))
    assert await race == 204


async def test_members_who_go_together_race_side_by_side_where_our_clock_is_ahead_of_the_clubs(line: Line) -> None:
    """Whether it has opened already is for the club's clock to say."""
    desk = line.desk
    desk.club.step_clock(-6000)
    desk.club.turn(latency_out_ms=50.0)
    bookings = party(desk, desk.session(opens_in_s=8, capacity=4), 3)
    assert await raced(line, bookings) == [State.BOOKED] * 3
    firsts = [
        next(one.sent_ms for one in line.now(booking).timeline if one.action is Action.SIGN_UP) for booking in bookings
    ]
    assert max(firsts) - min(firsts) < 50, firsts
