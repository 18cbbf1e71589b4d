"""Who wishes to be asked first is asked once for each freed place, and may answer for so long."""

from datetime import datetime, timedelta

import pytest
from pydantic import HttpUrl
from support.records import CLUB, NOTHING_SENT, OPENING, a_wish, claimed

from autotennis.domain.booking import Booking, Outcome, State, requested
from autotennis.domain.club import ClubRules
from autotennis.errors import Stale
from autotennis.events import OfferAccepted, PlaceOffered
from autotennis.values import WaitingWish

START = OPENING + timedelta(days=3)
CLUB_RULES = ClubRules(id=CLUB, name="Club", base_url=HttpUrl("https://club.example.org/"))
LATER = OPENING + timedelta(hours=1)


def waiting(ask_min: int = 15, notice_min: int = 0) -> Booking:
    wish = a_wish().model_copy(update={"waiting": WaitingWish(ask_min=ask_min, notice_min=notice_min)})
    booking, _ = requested("b-1", wish, OPENING - timedelta(days=1))
    booking, _ = claimed(booking.wake_planned(OPENING - timedelta(days=1))[0])
    return booking.found_full(START, NOTHING_SENT, Outcome(), OPENING)[0]


def offered(booking: Booking, now: datetime = LATER) -> Booking:
    return booking.offered(now)[0]


def test_who_is_not_to_be_asked_gets_it_at_once() -> None:
    assert waiting(ask_min=0).may_take()
    assert not waiting().may_take()


def test_a_place_is_offered_once_and_told() -> None:
    booking, (fact,) = waiting().offered(LATER)
    assert isinstance(fact, PlaceOffered)
    assert fact.until == LATER + timedelta(minutes=15)
    assert booking.offer
    assert booking.offer.is_open(LATER)
    assert not booking.offer.is_open(fact.until)
    assert not booking.may_take()
    with pytest.raises(Stale):
        booking.offered(LATER + timedelta(hours=2))


def test_an_answer_is_not_awaited_beyond_the_notice() -> None:
    booking = offered(waiting(ask_min=60, notice_min=120), START - timedelta(minutes=130))
    assert booking.offer
    assert booking.offer.until == START - timedelta(minutes=120)


def test_yes_is_told_and_no_is_not() -> None:
    yes, (fact,) = offered(waiting()).answered(LATER, wants_it=True)
    assert isinstance(fact, OfferAccepted)
    assert yes.may_take()
    no, facts = offered(waiting()).answered(LATER, wants_it=False)
    assert facts == ()
    assert not no.may_take()
    for answered in (yes, no):
        with pytest.raises(Stale):
            answered.answered(LATER, wants_it=True)


def test_an_answer_that_comes_too_late_or_unasked_is_none() -> None:
    with pytest.raises(Stale):
        offered(waiting()).answered(LATER + timedelta(minutes=15), wants_it=True)
    with pytest.raises(Stale):
        waiting().answered(LATER, wants_it=True)
    cancelled = offered(waiting()).cancelled(LATER)[0]
    with pytest.raises(Stale):
        cancelled.answered(LATER, wants_it=True)


def test_of_the_next_place_the_member_is_told_anew_with_another_fact() -> None:
    booking, (first,) = waiting().offered(LATER)
    gone, facts = booking.offer_over(LATER + timedelta(minutes=1))
    assert (gone.offer, facts) == (None, ())
    _, (second,) = gone.offered(LATER + timedelta(minutes=2))
    assert first.id != second.id
    with pytest.raises(Stale):
        gone.offer_over(LATER)


def test_a_place_that_was_accepted_and_gone_is_asked_about_again() -> None:
    yes = offered(waiting()).answered(LATER, wants_it=True)[0]
    held = yes.tried("one", CLUB_RULES, LATER)[0]
    for cannot in (held.offered, held.offer_over):
        with pytest.raises(Stale):
            cannot(LATER)
    missed = held.missed("one", NOTHING_SENT, Outcome(), LATER)[0]
    assert (missed.state, missed.offer) == (State.WAITING, None)
    assert not missed.may_take()
