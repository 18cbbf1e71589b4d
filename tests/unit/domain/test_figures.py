"""What is reckoned from bookings that ended."""

from datetime import timedelta

import pytest
from support.past_races import fired
from support.records import NOTHING_SENT, NOW, OPENING, RULES, a_request, scheduled

from autotennis.domain import figures
from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.values import Failure, FailureReason, Plan, PlanBasis, Proof


def raced(outcome: Outcome, sent: Budget = NOTHING_SENT) -> Booking:
    booking, _ = scheduled(a_request()[0])
    booking, _ = booking.claimed("one", RULES, NOW)
    proof = Proof(seen_at=OPENING + timedelta(milliseconds=250))
    return booking.booked(proof, sent, outcome, OPENING)[0]


def failed(reason: FailureReason) -> Booking:
    booking, _ = scheduled(a_request()[0])
    booking, _ = booking.claimed("one", RULES, NOW)
    return booking.failed(Failure(reason=reason), NOTHING_SENT, Outcome(), OPENING)[0]


def test_the_fire_error_is_when_the_first_sign_up_arrived_that_was_not_too_early() -> None:
    assert figures.fire_error_ms(raced(fired(10.0))) == pytest.approx(14.0)
    assert figures.fire_error_ms(raced(fired(-2.0))) == pytest.approx(2.0)


def test_it_is_never_below_nothing() -> None:
    assert figures.fire_error_ms(raced(fired(-9.0))) == 0.0


def test_where_nothing_was_fired_at_an_opening_there_is_none() -> None:
    at_once = fired(10.0).model_copy(update={"plan": Plan(basis=PlanBasis.AT_ONCE, shots_ms=(), uncertain_ms=0)})
    assert figures.fire_error_ms(raced(at_once)) is None
    assert figures.proof_s(raced(at_once)) is None
    assert figures.fire_error_ms(raced(Outcome())) is None
    assert figures.fire_error_ms(failed(FailureReason.PAUSED)) is None


def test_the_time_to_proof_is_counted_from_the_opening() -> None:
    assert figures.proof_s(raced(fired(1.0))) == pytest.approx(0.25)
    assert figures.proof_s(failed(FailureReason.FULL)) is None


def test_a_value_on_a_bound_belongs_below_it() -> None:
    found = figures.histogram([0.5, 1.0, 1.1, 99.0], (1.0, 2.0))
    assert (found.counts, found.total) == ((2, 1, 1), 4)


def test_who_cancelled_counts_neither_way() -> None:
    cancelled, _ = a_request()[0].cancelled(NOW)
    found = figures.success([raced(fired(1.0)), failed(FailureReason.FULL), cancelled])
    assert (found.won, found.lost, found.share) == (1, 1, 0.5)
    assert figures.success([cancelled]).share is None


def test_what_was_sent_is_summed_and_the_most_is_kept() -> None:
    some = [raced(fired(1.0), Budget(requests=number, sign_ups=1)) for number in (3, 9, 5)]
    (load,) = figures.loads(some).values()
    assert (load.requests, load.sign_ups, load.most_requests, load.most_sign_ups) == (17, 3, 9, 1)


def test_the_club_was_heard_when_its_last_answer_came() -> None:
    booking = raced(fired(10.0))
    assert figures.last_heard([booking]) == {booking.club_id: OPENING + timedelta(milliseconds=40)}
    assert figures.last_heard([failed(FailureReason.FULL)]) == {}
