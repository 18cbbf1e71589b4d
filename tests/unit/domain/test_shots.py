"""Which shots are planned around an opening, for every kind of club."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.experience import Experience
from autotennis.domain.shots import Burst, Forecast, at_once, planned
from autotennis.values import ClockDoubt, Lesson, PlanBasis

EPOCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPENING = EPOCH + timedelta(seconds=100)
FILLED = Lesson(at=OPENING, bound_ms=1, round_trip_ms=2, jitter_ms=0, offset_ms=0, filled=True)
FREE = RaceRules(locks_login=False)
LOCKED = RaceRules(locks_login=True)
# Floats of today's seconds since 1970 are this coarse.
COARSE_S = 1e-6


def known_to(
    width_s: float,
    round_trip_s: float = 0.02,
    jitter_s: float = 0.0,
    probes: int = 7,
    weights: tuple[float, ...] = (),
) -> ClubClock:
    """A clock by which the opening is due at our reading 100, give or take half the width."""
    half_s = width_s / 2
    low_s, high_s = EPOCH.timestamp() - half_s, EPOCH.timestamp() + half_s
    return ClubClock(low_s, high_s, round_trip_s, probes, jitter_s, weights=weights)


def learned(centre_ms: float) -> Experience:
    """A club that has been seen often, with its threshold there."""
    taught = Lesson(
        at=EPOCH,
        refused_ms=centre_ms - 0.5,
        accepted_ms=centre_ms + 0.5,
        bound_ms=0.5,
        service_ms=80.0,
        round_trip_ms=20.0,
        jitter_ms=0.0,
        offset_ms=0.0,
    )
    return Experience(lessons=(taught,) * 6)


def forecast(clock: ClubClock, service_s: float = 0.0, rush_s: float = 0.0) -> Forecast:
    return Forecast(OPENING, clock, Experience(), service_s, rush_s, shots_left=12)


def ms(plan: Burst) -> list[float]:
    """When the shots are sent, in ms from our reading 100."""
    return [(at_s - 100) * 1000 for at_s in plan.at_s]


def test_without_jitter_the_shots_are_spread_evenly_over_what_is_uncertain() -> None:
    plan = planned(forecast(known_to(0.006)), FREE, now_s=50.0)
    assert ms(plan) == pytest.approx([-2, -1, 0, 1, 2, 3], abs=0.001)
    assert (plan.basis, plan.uncertain_s) == (PlanBasis.MEASURED, pytest.approx(0.006, abs=COARSE_S))


def test_jitter_spreads_shots_that_are_sent_together() -> None:
    plan = planned(forecast(known_to(0.012, 0.08, jitter_s=0.02)), FREE, now_s=50.0)
    assert len(plan.at_s) == 8
    assert ms(plan) == pytest.approx([ms(plan)[0]] * 8, abs=0.001)
    assert -6 < ms(plan)[0] < -3


def test_with_some_jitter_one_shot_is_sent_that_cannot_be_early() -> None:
    plan = planned(forecast(known_to(0.012, jitter_s=0.005)), FREE, now_s=50.0)
    assert ms(plan)[-1] == pytest.approx(6, abs=0.001)
    assert ms(plan)[-2] < 0.0
    assert plan.at_s[-1] == plan.open_s


def test_shots_go_where_the_threshold_is_likely() -> None:
    clock = known_to(0.012, jitter_s=0.003)
    # The later the club's clock, the earlier the instant at which the opening is due.
    early = planned(forecast(replace(clock, weights=(0, 0, 0, 1, 3, 1))), FREE, now_s=50.0)
    late = planned(forecast(replace(clock, weights=(1, 3, 1, 0, 0, 0))), FREE, now_s=50.0)
    assert max(ms(early)[:-1]) < 0 < ms(late)[0] + 5


def test_a_booking_is_thrifty_unless_the_clock_is_in_doubt() -> None:
    asked = replace(forecast(known_to(0.04)), asked=10)
    doubted = replace(asked, clock=replace(asked.clock, doubts=(ClockDoubt.STEPPED,)))
    assert len(planned(asked, FREE, now_s=50.0).at_s) == 5
    assert len(planned(doubted, FREE, now_s=50.0).at_s) == FREE.shots
    assert len(planned(replace(asked, asked=30), FREE, now_s=50.0).at_s) == 4


def test_an_unlearned_slow_club_is_tried_from_one_service_time_before_the_due_instant() -> None:
    slow = replace(forecast(known_to(0.005, jitter_s=0.005), service_s=0.08), stamp_s=0.002)
    plan = planned(slow, FREE, now_s=50.0)
    assert len(plan.at_s) == FREE.shots
    assert -82.5 < ms(plan)[0] < -60
    assert ms(plan)[-1] == pytest.approx(4.5, abs=0.001)


def test_a_club_that_stamps_after_its_work_may_take_sign_ups_later_than_due() -> None:
    plan = planned(forecast(known_to(0.005), service_s=0.08), FREE, now_s=50.0)
    assert ms(plan)[-1] == pytest.approx(82.5, abs=0.001)


def test_what_was_learned_narrows_the_shots() -> None:
    plan = planned(replace(forecast(known_to(0.002), service_s=0.08), experience=learned(-30.0)), FREE, now_s=50.0)
    assert plan.basis is PlanBasis.LEARNED
    assert len(plan.at_s) == 4
    assert all(-31.7 < at_ms < -28.3 for at_ms in ms(plan))


def test_where_others_race_every_shot_is_used() -> None:
    contested = replace(forecast(known_to(0.002)), experience=Experience(lessons=(FILLED,)))
    assert len(planned(contested, FREE, now_s=50.0).at_s) == FREE.shots


def test_a_club_that_locks_logins_gets_its_shots_one_service_time_apart() -> None:
    plan = planned(forecast(known_to(0.02), service_s=0.01), LOCKED, now_s=50.0)
    gaps = [(later - earlier) * 1000 for earlier, later in pairwise(plan.at_s)]
    assert gaps == pytest.approx([10.0] * len(gaps), abs=0.001)
    assert plan.at_s[-1] >= plan.open_s - COARSE_S


def test_a_slow_club_that_locks_logins_gets_the_single_best_shot_once_it_is_learned() -> None:
    known = replace(forecast(known_to(0.002), service_s=0.08), experience=learned(-30.0))
    plan = planned(known, LOCKED, now_s=50.0)
    assert ms(plan) == pytest.approx([-28.7], abs=0.7)


def test_a_club_with_a_queue_is_joined_early() -> None:
    plan = planned(forecast(known_to(0.005), service_s=0.02, rush_s=0.16), FREE, now_s=50.0)
    assert plan.basis is PlanBasis.RUSH
    assert -250 < ms(plan)[0] < -160
    assert all(later - earlier < 0.04 for earlier, later in pairwise(plan.at_s))


def test_where_early_does_harm_nothing_is_sent_before_the_opening_has_certainly_come() -> None:
    careful = RaceRules(early=False, locks_login=False)
    plan = planned(forecast(known_to(0.01, jitter_s=0.005), service_s=0.03), careful, now_s=50.0)
    assert ms(plan) == pytest.approx([35.0] * 3, abs=0.001)
    assert len(planned(forecast(known_to(0.01)), careful, now_s=50.0).at_s) == 1


def test_a_club_without_a_clock_is_shot_at_by_ours() -> None:
    plan = planned(forecast(ClubClock.assumed(EPOCH, 0.0)), FREE, now_s=50.0)
    assert plan.basis is PlanBasis.ASSUMED
    assert ms(plan)[-1] == pytest.approx(1000, abs=0.001)


def test_an_opening_that_has_passed_is_shot_at_once_and_singly() -> None:
    assert planned(forecast(known_to(0.1)), FREE, now_s=150.0) == at_once(FREE, 150.0)
    assert at_once(FREE, 150.0).at_s == (150.0,)


experiences = (Experience(), learned(0.0), learned(-30.0), learned(200.0))
forecasts = st.builds(
    Forecast,
    st.just(OPENING),
    st.builds(
        known_to,
        st.floats(1e-4, 2),
        st.floats(1e-4, 0.5),
        st.floats(0, 0.1),
        st.integers(0, 13),
        st.just(()) | st.lists(st.floats(1e-9, 1), min_size=24, max_size=24).map(tuple),
    ),
    st.sampled_from([*experiences, *(known.taught(FILLED) for known in experiences)]),
    st.floats(0, 0.3),
    st.floats(0, 1),
    st.integers(0, 12),
    st.none() | st.floats(0, 0.3),
)
all_rules = st.builds(
    RaceRules,
    shots=st.integers(1, 12),
    in_flight=st.integers(1, 12),
    early=st.booleans(),
    locks_login=st.booleans(),
)


@given(forecasts, all_rules, st.floats(90, 102))
def test_no_rule_is_broken_whatever_is_forecast(known: Forecast, rules: RaceRules, now_s: float) -> None:
    plan = planned(known, rules, now_s)
    at_s = plan.at_s
    assert 1 <= len(at_s) <= max(1, min(rules.shots, known.shots_left))
    assert list(at_s) == sorted(at_s)
    assert all(now_s <= one for one in at_s)
    assert at_s[0] < plan.until_s
    if not rules.early:
        assert at_s[0] >= known.clock.send_window_s(OPENING)[1]
    for first, last in zip(at_s, at_s[rules.in_flight :], strict=False):
        assert last - first >= known.answer_s - COARSE_S
    if rules.locks_login and not known.experience.lessons:
        assert all(later - earlier >= known.service_s - COARSE_S for earlier, later in pairwise(at_s))


@given(st.floats(0.0, 0.5), st.floats(0.0, 0.3), st.floats(0.0, 0.05), st.floats(-0.5, 0.5))
def test_where_early_sign_ups_do_harm_none_can_be_early(
    width_s: float, service_s: float, jitter_s: float, now_s: float
) -> None:
    """Not by the latest that the opening can be, even if the club stamps after its work, and whatever was learned."""
    rules = RaceRules(early=False, repeats=False, shots=1, in_flight=1)
    clock = known_to(width_s, jitter_s=jitter_s)
    certainly_s = clock.send_window_s(OPENING)[1] + service_s
    for experience in (Experience(), learned(-80.0)):
        plan = planned(replace(forecast(clock, service_s), experience=experience), rules, 100 + now_s)
        assert len(plan.at_s) == 1
        assert plan.at_s[0] >= certainly_s - COARSE_S
