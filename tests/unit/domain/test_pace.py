"""When to shoot, what an answer asks for, and when to stop."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.pace import (
    KEPT_FOR_PROOF,
    Step,
    after_sign_up,
    burst,
    may_shoot,
    opens_later,
    patience_s,
    tail_gaps_s,
    watch_gaps_s,
)
from autotennis.values import Verdict, VerdictKind

EPOCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENING = EPOCH + timedelta(seconds=100)
RULES = RaceRules(shots=6)


def known_to(width_s: float) -> ClubClock:
    """A clock on which the opening comes at our reading 100, give or take half the width."""
    half_s = width_s / 2
    return ClubClock(EPOCH.timestamp() - half_s, EPOCH.timestamp() + half_s, round_trip_s=0.002, probes=13)


def verdict(kind: VerdictKind) -> Verdict:
    return Verdict(kind=kind)


def test_the_burst_spans_what_is_uncertain() -> None:
    plan = burst(OPENING, known_to(0.1), RULES, now_s=50.0)
    assert len(plan.at_s) == 6
    assert plan.at_s[0] == pytest.approx(99.95)
    assert plan.at_s[-1] == pytest.approx(100.05)
    gaps = [later - earlier for earlier, later in zip(plan.at_s, plan.at_s[1:], strict=False)]
    assert gaps == pytest.approx([0.02] * 5)


def test_a_well_known_clock_does_not_make_the_shots_bunch() -> None:
    plan = burst(OPENING, known_to(0.0002), RULES, now_s=50.0)
    assert plan.at_s[0] == pytest.approx(99.9999)
    assert plan.at_s[-1] - plan.at_s[0] == pytest.approx(0.005)


def test_an_opening_that_has_passed_is_shot_at_once_and_singly() -> None:
    assert burst(OPENING, known_to(0.1), RULES, now_s=150.0).at_s == (150.0,)


@given(width_s=st.floats(1e-5, 3), now_s=st.floats(0, 300))
def test_no_shot_is_planned_for_the_past_or_beyond_the_end(width_s: float, now_s: float) -> None:
    plan = burst(OPENING, known_to(width_s), RULES, now_s)
    assert 1 <= len(plan.at_s) <= RULES.shots
    assert all(now_s <= at_s < plan.until_s for at_s in plan.at_s)
    assert list(plan.at_s) == sorted(plan.at_s)


def test_a_club_of_one_shot_gets_one() -> None:
    assert len(burst(OPENING, known_to(0.01), RaceRules(shots=1), now_s=0.0).at_s) == 1


def test_the_tail_is_quick_first_and_gentle_in_the_end() -> None:
    gaps = list(islice(tail_gaps_s(), 40))
    assert gaps[0] == 0.015
    assert gaps == sorted(gaps)
    assert gaps[-1] == 4.0


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (VerdictKind.SIGNED_UP, Step.PROVE),
        (VerdictKind.NOT_OPEN, Step.SHOOT),
        (VerdictKind.FREE, Step.SHOOT),
        (VerdictKind.FULL, Step.STOP),
        (VerdictKind.CANCELLED, Step.STOP),
        (VerdictKind.NO_SESSION, Step.STOP),
        (VerdictKind.LOGGED_OUT, Step.LOG_IN),
        (VerdictKind.BUSY, Step.WAIT),
        (VerdictKind.NO_ANSWER, Step.LOOK),
        (VerdictKind.UNKNOWN, Step.LOOK),
    ],
)
def test_what_an_answer_after_the_opening_asks_for(kind: VerdictKind, step: Step) -> None:
    assert after_sign_up(verdict(kind), opened=True) is step


def test_full_says_nothing_before_the_opening() -> None:
    assert after_sign_up(verdict(VerdictKind.FULL), opened=False) is Step.SHOOT


@given(st.sampled_from(sorted(VerdictKind)), st.booleans())
def test_every_verdict_has_its_step(kind: VerdictKind, opened: bool) -> None:
    assert after_sign_up(verdict(kind), opened=opened) in Step


def test_the_last_requests_are_kept_for_the_proof() -> None:
    assert may_shoot(requests_left=KEPT_FOR_PROOF + 1, sign_ups_left=1)
    assert not may_shoot(requests_left=KEPT_FOR_PROOF, sign_ups_left=1)
    assert not may_shoot(requests_left=50, sign_ups_left=0)
    assert not may_shoot(requests_left=50, sign_ups_left=2, kept=2)


def test_a_late_club_is_looked_at_ever_more_gently() -> None:
    assert list(islice(watch_gaps_s(), 6)) == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_a_club_that_names_a_time_is_obeyed() -> None:
    assert patience_s(1, Verdict(kind=VerdictKind.BUSY, retry_after_s=30)) == 30
    assert [patience_s(tries) for tries in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_only_a_much_later_opening_is_not_waited_for() -> None:
    assert not opens_later(OPENING, OPENING + timedelta(minutes=5))
    assert opens_later(OPENING, OPENING + timedelta(hours=1))
    assert not opens_later(OPENING, OPENING - timedelta(hours=1))
