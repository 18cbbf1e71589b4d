"""Bookings that are bound to each other: in whatever order things happen, what was wished for is kept."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import (
    CLUB,
    NOTHING_SENT,
    NOW,
    OPENING,
    RULES,
    SESSION,
    booked,
    cancelled,
    claimed,
    failed,
    scheduled,
)

from autotennis.domain.bonds import dearest_first, goes_first, in_turn, ranked, stopped_by
from autotennis.domain.booking import Booking, LetGo, Outcome, State, Wish, requested
from autotennis.domain.runs import LetGoReason
from autotennis.errors import Stale
from autotennis.events import BondSettled, BookingCancelled, WithdrawalRequested
from autotennis.values import Bond, Choice, Party, Session

EARLIER = OPENING - timedelta(hours=2)


def bound(bond: Bond, opening_at: datetime = OPENING) -> Booking:
    """Scheduled, and named after its rank; alternatives are of different sessions."""
    start = SESSION.start + timedelta(days=bond.rank if isinstance(bond, Choice) else 0)
    session = Session(timeid=194 + bond.rank, start=start) if isinstance(bond, Choice) else SESSION
    member_id = f"m-{bond.rank}" if isinstance(bond, Party) else "m-1"
    wish = Wish(member_id=member_id, club_id=CLUB, session=session, opening_at=opening_at, bond=bond)
    return requested(f"b-{bond.rank}", wish, NOW)[0].wake_planned(NOW)[0]


def choices(count: int = 3, *, trade_up: bool = False) -> list[Booking]:
    return [bound(Choice(id="bond-1", rank=rank, trade_up=trade_up)) for rank in range(count)]


def party(count: int = 3, *, all_or_none: bool = False) -> list[Booking]:
    return [bound(Party(id="bond-1", rank=rank, asked_by="m-0", all_or_none=all_or_none)) for rank in range(count)]


def won(booking: Booking) -> Booking:
    return booked(claimed(booking)[0])[0]


def in_vain(booking: Booking) -> Booking:
    return failed(claimed(booking)[0])[0]


def stopped(booking: Booking, bookings: Sequence[Booking], *begun: Booking) -> LetGo | None:
    """Why it is to be given up, once the sessions of those in `begun` have."""
    return stopped_by(booking, bookings, lambda one: one in begun)


def full(booking: Booking) -> Booking:
    until = OPENING + timedelta(days=3)
    return claimed(booking)[0].found_full(until, NOTHING_SENT, Outcome(), OPENING)[0]


def test_the_first_that_is_won_stops_the_others() -> None:
    dear, middle, least = choices()
    bookings = [dear, won(middle), full(least)]
    outdone = LetGo(because="b-1", reason=LetGoReason.OUTDONE)
    assert [stopped(one, bookings) for one in bookings] == [outdone, None, outdone]


def test_who_wishes_to_trade_up_goes_on_for_the_dearer_ones_only() -> None:
    dear, middle, least = choices(trade_up=True)
    bookings = [dear, won(middle), least]
    assert stopped(dear, bookings) is None
    assert stopped(least, bookings) == LetGo(because="b-1", reason=LetGoReason.OUTDONE)
    bookings[0] = won(dear)
    assert stopped(bookings[1], bookings) == LetGo(because="b-0", reason=LetGoReason.OUTDONE)
    assert stopped(bookings[0], bookings) is None


def test_of_two_that_were_won_at_once_the_dearer_one_is_kept() -> None:
    bookings = [won(one) for one in choices(2)]
    assert [stopped(one, bookings) is None for one in bookings] == [True, False]


def test_one_that_was_played_ends_the_wish_and_is_not_given_back() -> None:
    dear, least = full(choices(2, trade_up=True)[0]), won(choices(2, trade_up=True)[1])
    bookings = [dear, least]
    assert stopped(dear, bookings) is None
    assert stopped(dear, bookings, least) == LetGo(because=least.id, reason=LetGoReason.OUTDONE)
    bookings = [won(choices(2, trade_up=True)[0]), least]
    assert stopped(least, bookings) is not None
    assert stopped(least, bookings, least) is None


def test_a_place_that_is_being_given_back_stops_nobody() -> None:
    dear, least = choices(2)
    bookings = [dear, won(least).withdrawal_asked(NOW)[0]]
    assert stopped(dear, bookings) is None


def test_all_or_none_of_a_party() -> None:
    first, second, third = party(all_or_none=True)
    bookings = [won(first), in_vain(second), third]
    not_all = LetGo(because="b-1", reason=LetGoReason.NOT_ALL)
    assert [stopped(one, bookings) for one in bookings] == [not_all, None, not_all]
    assert not first.waits_when_full(), "a place that is freed some day is for one, not for all"
    gone = [first, cancelled(second)[0], third]
    assert [stopped(one, gone) for one in gone] == [None, None, None], "who has cancelled is not one of them"


def test_as_many_as_possible_of_a_party() -> None:
    bookings = [won(party()[0]), in_vain(party()[1]), full(party()[2])]
    assert [stopped(one, bookings) for one in bookings] == [None, None, None]
    assert party()[0].waits_when_full()


def test_the_end_of_one_is_told_to_the_others() -> None:
    for end in (booked, failed):
        _, facts = end(claimed(choices()[0])[0])
        (settled,) = [fact for fact in facts if isinstance(fact, BondSettled)]
        assert settled.bond_id == "bond-1"
    alone = scheduled(requested("b-9", Wish(member_id="m", club_id=CLUB, session=SESSION, opening_at=OPENING), NOW)[0])
    assert not [fact for fact in booked(claimed(alone[0])[0])[1] if isinstance(fact, BondSettled)]


def test_what_is_let_go_is_cancelled_or_given_back_and_says_why() -> None:
    why = LetGo(because="b-0", reason=LetGoReason.OUTDONE)
    gone, (fact,) = choices()[1].let_go_for(why, NOW)
    assert isinstance(fact, BookingCancelled)
    assert (gone.state, gone.let_go) == (State.CANCELLED, why)
    back, (fact,) = won(choices()[1]).let_go_for(why, NOW)
    assert isinstance(fact, WithdrawalRequested)
    assert (back.state, back.let_go) == (State.BOOKED, why)
    for over in (gone, back, in_vain(choices()[1])):
        with pytest.raises(Stale):
            over.let_go_for(why, NOW)


def ids(bookings: Sequence[Booking]) -> list[str]:
    return [one.id for one in bookings]


def test_within_one_opening_the_dearer_ones_go_first() -> None:
    dear, middle, least = bookings = choices()
    before = OPENING - timedelta(seconds=90)
    assert [ids(goes_first(one, bookings, before)) for one in bookings] == [[], ["b-0"], ["b-0", "b-1"]]
    bookings = [full(dear), claimed(middle)[0], least]
    assert ids(goes_first(least, bookings, OPENING)) == ["b-1"]


def test_a_dearer_one_that_opens_later_is_not_waited_for() -> None:
    later = bound(Choice(id="bond-1", rank=0), OPENING + timedelta(hours=1))
    lesser = bound(Choice(id="bond-1", rank=1))
    assert goes_first(lesser, [later, lesser], OPENING) == []
    assert ids(goes_first(lesser, [later, lesser], OPENING + timedelta(hours=1))) == ["b-0"]


def test_a_party_races_side_by_side_for_an_opening_and_in_its_order_where_it_is_open() -> None:
    bookings = party()
    assert goes_first(bookings[2], bookings, OPENING - timedelta(seconds=1)) == []
    assert ids(goes_first(bookings[2], bookings, OPENING)) == ["b-0", "b-1"]


def test_a_party_stands_in_line_in_its_order_on_the_places_that_it_has() -> None:
    first, second, third = (full(one) for one in party())
    other = full(
        requested("other", Wish(member_id="m-9", club_id=CLUB, session=SESSION, opening_at=OPENING), NOW)[
            0
        ].wake_planned(NOW)[0]
    )
    assert ids(in_turn([third, other, first, second])) == ["b-0", "other", "b-1", "b-2"]
    assert ids(ranked([third, first, second])) == ["b-0", "b-1", "b-2"]


def test_the_dearer_session_is_served_before_a_lesser_one_whatever_its_number() -> None:
    line = [full(one) for one in choices()]
    sessions = [one.session for one in reversed(line)]
    assert dearest_first(line, sessions) == [one.session for one in line]
    assert dearest_first([], sessions) == [one.session for one in line], "else by their numbers"


class Play:
    """Four alternatives, and what the services do with them; `seen` is how one of them saw them a while ago."""

    def __init__(self, *, trade_up: bool) -> None:
        self.bookings = choices(4, trade_up=trade_up)
        self.seen = list(self.bookings)
        self.ever_won = False

    def look(self, _index: int) -> None:
        self.seen = list(self.bookings)

    def settle(self, index: int) -> None:
        """By what was seen, as the waitlist does it: decided once more on the newest of the booking itself."""
        if why := stopped(self.bookings[index], self.seen):
            with suppress(Stale):
                self.bookings[index] = self.bookings[index].let_go_for(why, NOW)[0]

    def race(self, index: int) -> None:
        if (it := self.bookings[index]).state is State.SCHEDULED:
            self.bookings[index] = claimed(it)[0].granted("one", RULES, NOW)[0]

    def win(self, index: int) -> None:
        if (it := self.bookings[index]).state in (State.SIGNING_UP, State.WAITING):
            self.bookings[index] = booked(it)[0]
            self.ever_won = True

    def be_full(self, index: int) -> None:
        if (it := self.bookings[index]).state is State.SIGNING_UP:
            until = OPENING + timedelta(days=3)
            self.bookings[index] = it.found_full(until, NOTHING_SENT, Outcome(), OPENING)[0]

    def lose(self, index: int) -> None:
        if (it := self.bookings[index]).state is State.SIGNING_UP:
            self.bookings[index] = failed(it)[0]

    def give_back(self, index: int) -> None:
        if (it := self.bookings[index]).state is State.BOOKED and it.withdrawal:
            self.bookings[index] = it.withdrawing(NOW)[0].withdrawn(NOW, NOTHING_SENT, Outcome(), NOW)[0]

    def end(self) -> None:
        """All that is left to be told is told."""
        for _ in range(2):
            self.look(0)
            for index in range(4):
                self.settle(index)
                self.give_back(index)


DEEDS = [Play.look, Play.settle, Play.race, Play.win, Play.be_full, Play.lose, Play.give_back]


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 3)), max_size=30), st.booleans())
def test_whatever_happens_in_whatever_order_one_place_is_kept_at_most_and_none_lost(
    deeds: list[tuple[Callable[[Play, int], None], int]], trade_up: bool
) -> None:
    play = Play(trade_up=trade_up)
    for deed, index in deeds:
        deed(play, index)
    play.end()
    kept = [one for one in play.bookings if one.state is State.BOOKED]
    assert len(kept) <= 1
    assert bool(kept) == play.ever_won
    if kept and not trade_up:
        assert not [one for one in play.bookings if one.state in (State.SCHEDULED, State.WAITING)]
