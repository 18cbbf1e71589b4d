"""How far a run has come: who may say so, and what is left of it."""

from datetime import datetime, timedelta

import pytest
from support.records import NOTHING_SENT, NOW, OPENING, RULES, a_request

from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.progress import Progress, Reached, Stage, further
from autotennis.errors import Stale
from autotennis.values import Proof


def scheduled() -> Booking:
    return a_request()[0].wake_planned(NOW)[0]


def claimed() -> Booking:
    return scheduled().claimed("one", RULES, NOW)[0]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def reached(*stages: Stage, seconds: float = 1) -> Progress:
    return tuple(Reached(stage=stage, at=at(seconds)) for stage in stages)


def stages(booking: Booking) -> list[Stage]:
    return [one.stage for one in booking.progress]


def test_a_new_booking_has_come_nowhere_and_a_planned_one_is_scheduled() -> None:
    assert a_request()[0].progress == ()
    assert scheduled().progress == (Reached(stage=Stage.SCHEDULED, at=NOW),)


def test_the_holder_of_the_claim_says_how_far_it_has_come() -> None:
    told, facts = claimed().progressed("one", reached(Stage.LOGGED_IN), at(2))
    assert stages(told) == [Stage.SCHEDULED, Stage.LOGGED_IN]
    assert told.changed_at == at(2)
    assert facts == ()


def test_nobody_else_says_so() -> None:
    for booking, holder in ((claimed(), "two"), (scheduled(), "one")):
        with pytest.raises(Stale):
            booking.progressed(holder, reached(Stage.LOGGED_IN), NOW)


def test_saying_it_again_is_stale_and_keeps_the_first_instant() -> None:
    told, _ = claimed().progressed("one", reached(Stage.LOGGED_IN), NOW)
    with pytest.raises(Stale):
        told.progressed("one", reached(Stage.LOGGED_IN, seconds=9), NOW)
    assert further(told.progress, reached(Stage.LOGGED_IN, seconds=9)) == told.progress


def test_stages_stand_in_their_order_whenever_they_are_told() -> None:
    told, _ = claimed().progressed("one", reached(Stage.FIRED), NOW)
    told, _ = told.progressed("one", reached(Stage.CLOCK_MEASURED, Stage.LOGGED_IN), NOW)
    assert stages(told) == [Stage.SCHEDULED, Stage.LOGGED_IN, Stage.CLOCK_MEASURED, Stage.FIRED]


def test_an_outcome_brings_along_what_was_not_told_and_a_proof_is_the_last_stage() -> None:
    outcome = Outcome(progress=reached(Stage.LOGGED_IN, Stage.FIRED))
    won, _ = claimed().booked(Proof(seen_at=OPENING), NOTHING_SENT, outcome, OPENING)
    assert stages(won) == [Stage.SCHEDULED, Stage.LOGGED_IN, Stage.FIRED, Stage.PROVEN]
    assert won.progress[-1].at == OPENING


def test_a_booking_that_opens_later_is_only_scheduled() -> None:
    told, _ = claimed().progressed("one", reached(Stage.LOGGED_IN), NOW)
    outcome = Outcome(progress=reached(Stage.FIRED))
    again, _ = told.reopened(OPENING + timedelta(hours=1), NOTHING_SENT, outcome, NOW)
    assert stages(again) == [Stage.SCHEDULED]
