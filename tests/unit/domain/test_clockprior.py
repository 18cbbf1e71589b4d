"""A clock that was known before: believed while new answers fit it, and forgotten when they do not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.simulated_club import EPOCH_S, Measurement, SimulatedClub

from autotennis.domain.clockevidence import Prior
from autotennis.domain.clockmeasure import measured
from autotennis.domain.clubclock import Span
from autotennis.values import ClockDoubt, Lesson

NOW = datetime.fromtimestamp(EPOCH_S, UTC)


def prior_around(phi_s: float, *, ours: bool = False, half_s: float = 0.001, jitter_s: float = 0.0) -> Prior:
    return Prior(Span(phi_s - half_s, phi_s + half_s), 1000.0, 0.002, jitter_s, ours)


def lesson(age: timedelta = timedelta(minutes=10), *, offset_ms: float = 1370.0, bound_ms: float = 1.0) -> Lesson:
    return Lesson(at=NOW - age, bound_ms=bound_ms, round_trip_ms=20.0, jitter_ms=5.0, offset_ms=offset_ms)


@given(offset_s=st.floats(-5, 5), off_s=st.floats(-0.0009, 0.0009))
def test_a_right_prior_takes_two_probes_at_its_edges(offset_s: float, off_s: float) -> None:
    club = SimulatedClub(EPOCH_S + offset_s)
    measurement = Measurement(club.probed, prior=prior_around(EPOCH_S + offset_s + off_s))
    assert measurement.ask_until_known() == 2
    earlier, later = measurement.probes
    # The one nearly reads the later second, the other nearly the earlier one.
    assert earlier.date.timestamp() - earlier.sent_s == pytest.approx(measurement.known.low_s, abs=0.007)
    assert later.date.timestamp() + 1 - later.sent_s == pytest.approx(measurement.known.high_s, abs=0.007)
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s
    assert measurement.known.width_s < 0.003
    assert not measurement.known.doubts


@pytest.mark.parametrize("off_s", [0.01, 0.3, 1.0, 3600.0])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("ours", [True, False])
def test_a_wrong_prior_is_forgotten_and_all_is_measured_anew(off_s: float, sign: int, ours: bool) -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    measurement = Measurement(club.probed, prior=prior_around(EPOCH_S + 0.3 + sign * off_s, ours=ours))
    assert measurement.ask_until_known() <= 13
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s
    assert measurement.known.width_s < 0.003
    # Only what this process measured itself can have stepped; what was kept elsewhere was just wrong.
    assert (ClockDoubt.STEPPED in measurement.known.doubts) == ours
    assert ClockDoubt.SEVERAL_SERVERS not in measurement.known.doubts


@given(offset_s=st.floats(-5, 5), off_s=st.floats(-4000, 4000), seed=st.integers(0, 1000))
def test_no_prior_misleads_for_long(offset_s: float, off_s: float, seed: int) -> None:
    # A probe at the edge of a clock that is half a second off falls between two seconds, and its answer may fit both.
    assume(abs(off_s % 1 - 0.5) > 0.02)
    club = SimulatedClub(EPOCH_S + offset_s, 0.02, 0.005, seed=seed)
    # The way there is as it was then: where it has become slower, a late date may be a slow answer for ever.
    prior = replace(prior_around(EPOCH_S + offset_s + off_s, jitter_s=0.005), round_trip_s=0.02)
    measurement = Measurement(club.probed, prior=prior)
    measurement.ask_until_known(most=30)
    # Up to the distance at which a prior is verified, and what is taken for the jitter's.
    clock = measurement.known
    assert clock.low_s - 0.022 <= club.phi_at(0) <= clock.high_s + 0.022
    assert clock.width_s < 0.05


def test_a_vague_prior_is_cut_rather_than_verified_once_an_answer_fits_it() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    measurement = Measurement(club.probed, prior=prior_around(EPOCH_S + 0.28, half_s=0.05))
    assert measurement.known.questions[0].is_point
    measurement.ask()
    assert measurement.known.questions[0].width_s == pytest.approx(measurement.known.width_s)
    assert measurement.ask_until_known() <= 7
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s
    assert measurement.known.width_s <= 0.005


def test_a_prior_alone_is_an_estimate_that_has_seen_no_answer() -> None:
    clock = measured([], 1000.0 + 3600, prior_around(EPOCH_S))
    assert clock
    assert clock.probes == 0
    # 10 ppm at each end.
    assert clock.width_s == pytest.approx(0.002 + 0.072, abs=1e-6)


def test_a_lesson_of_an_earlier_opening_is_turned_into_our_present_readings() -> None:
    prior = Prior.taught(lesson(), NOW, 1000.0)
    assert prior
    # Stamped half a round trip after it is sent, by a clock that is 1.37 s ahead.
    assert prior.span.middle_s == pytest.approx(EPOCH_S - 1000 + 1.37 + 0.01, abs=1e-6)
    # Its own bound, ten minutes' drift, and what our own clock is off by now and then.
    assert prior.span.width_s == pytest.approx(2 * (0.001 + 0.006 + 0.002), abs=1e-6)
    assert (prior.round_trip_s, prior.jitter_s, prior.ours) == (0.02, 0.005, False)


def test_what_is_too_old_or_too_vague_is_no_help() -> None:
    assert Prior.taught(lesson(timedelta(hours=1)), NOW, 1000.0)
    assert Prior.taught(lesson(timedelta(hours=5)), NOW, 1000.0) is None
    assert Prior.taught(lesson(bound_ms=150.0), NOW, 1000.0) is None


def test_a_night_on_which_the_local_hour_changes_is_a_night_like_any_other() -> None:
    """Everything is counted in UTC: across the change of hour a prior is as old as the clock says."""
    for change in (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)):
        now = change + timedelta(minutes=5)
        taught = lesson().model_copy(update={"at": change - timedelta(minutes=5)})
        prior = Prior.taught(taught, now, 1000.0)
        assert prior
        assert prior.span.middle_s == pytest.approx(now.timestamp() - 1000 + 1.38, abs=1e-6)
