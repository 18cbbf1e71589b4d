"""The club's own waiting list: who asks for a turn on it, and that nobody does so twice."""

from datetime import timedelta

import pytest
from support.records import CLUB, NOW, RULES, a_wish

from autotennis.domain.booking import TRY, Booking, Budget, Outcome, requested
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.errors import Stale
from autotennis.values import Party, WaitingWish

NOTHING = Budget(requests=0, sign_ups=0)


def racing(waiting: WaitingWish, **more: object) -> Booking:
    """A booking that is raced for, of somebody who waits so."""
    wish = a_wish().model_copy(update={"waiting": waiting, **more})
    booking = requested("b-1", wish, NOW)[0].wake_planned(NOW)[0]
    return booking.claimed("one", RULES, NOW)[0]


def test_who_wishes_it_asks_once() -> None:
    asked, facts = racing(WaitingWish(club_list=True)).list_asked("one", NOW)
    assert (asked.list_asked_at, facts, asked.wants_list) == (NOW, (), False)
    with pytest.raises(Stale):
        asked.list_asked("one", NOW)


def test_what_was_asked_for_stays_known_while_it_waits() -> None:
    asked = racing(WaitingWish(club_list=True)).list_asked("one", NOW)[0]
    waiting, _ = asked.found_full(NOW + timedelta(days=1), NOTHING, Outcome(), NOW)
    assert waiting.list_asked_at == NOW


@pytest.mark.parametrize(
    "booking",
    [
        racing(WaitingWish()),
        racing(WaitingWish(club_list=True, wanted=False)),
        racing(WaitingWish(club_list=True), bond=Party(id="p", rank=0, asked_by="m-1", all_or_none=True)),
    ],
)
def test_who_does_not_wish_it_or_does_not_wait_is_not_put_on_it(booking: Booking) -> None:
    assert not booking.wants_list
    with pytest.raises(Stale):
        booking.list_asked("one", NOW)


def test_nor_is_who_cancels_or_is_in_other_hands() -> None:
    booking = racing(WaitingWish(club_list=True))
    with pytest.raises(Stale):
        booking.list_asked("another", NOW)
    shooting = booking.granted("one", RULES, NOW)[0]
    with pytest.raises(Stale):
        shooting.cancelled(NOW)[0].list_asked("one", NOW)


def test_a_try_is_given_what_the_steps_take_beside() -> None:
    rules = ClubRules.model_validate({"id": CLUB, "name": "C", "base_url": "https://example.org", "race": {"steps": 3}})
    waiting, _ = racing(WaitingWish()).found_full(NOW + timedelta(days=1), NOTHING, Outcome(), NOW)
    tried, _ = waiting.tried("one", rules, NOW)
    assert tried.reserved.requests == TRY + 5
    plain = rules.model_copy(update={"race": RaceRules()})
    assert waiting.tried("one", plain, NOW)[0].reserved.requests == TRY
