"""The club's clock from Date headers: never wrong by more than the quickest answer is too slow, and quickly narrow."""

from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.simulated_club import EPOCH_S, Measurement, SimulatedClub

from autotennis.domain.clockmeasure import measured, weighed

DELAYS = st.tuples(st.floats(0, 0.2), st.floats(0, 0.2))
# What the sums of floats of this size may be off by.
ROUNDING_S = 2e-6


def test_nothing_is_known_without_a_probe() -> None:
    assert measured([]) is None


@given(
    offset_s=st.floats(-5, 5),
    drift_ppm=st.floats(-10, 10),
    gap_s=st.floats(0.15, 100),
    delays=st.lists(DELAYS, min_size=1, max_size=30),
)
def test_the_truth_lies_within_whatever_the_network_does(
    offset_s: float, drift_ppm: float, gap_s: float, delays: list[tuple[float, float]]
) -> None:
    """Below the upper bound always; below the lower one by no more than the quickest answer was late."""
    club = SimulatedClub(EPOCH_S + offset_s, 0.02)
    club.drift_ppm = drift_ppm
    probes = [club.answered(1000 + n * gap_s, *delay) for n, delay in enumerate(delays)]
    now_s = probes[-1].received_s
    clock = measured(probes, now_s)
    assert clock
    quickest_late_s = min(sum(delay) for delay in delays)
    assert clock.low_s - quickest_late_s - ROUNDING_S <= club.phi_at(now_s) < clock.high_s + ROUNDING_S


@given(offset_s=st.floats(-5, 5), seed=st.integers(0, 10_000), jitter_s=st.sampled_from([0.0, 0.005, 0.02]))
def test_the_truth_lies_within_by_chance_as_well_when_probes_are_aimed(
    offset_s: float, seed: int, jitter_s: float
) -> None:
    club = SimulatedClub(EPOCH_S + offset_s, 0.02, jitter_s, seed=seed)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    quickest_late_s = min(probe.round_trip_s for probe in measurement.probes) - club.round_trip_s
    clock = measurement.known
    assert clock.low_s - quickest_late_s - ROUNDING_S <= club.phi_at(0) < clock.high_s + ROUNDING_S
    assert not clock.doubts


@given(offset_s=st.floats(-5, 5))
def test_each_aimed_probe_halves_what_is_open(offset_s: float) -> None:
    club = SimulatedClub(EPOCH_S + offset_s)
    measurement = Measurement(club.probed)
    measurement.ask()
    for probes in range(1, 9):
        # One second from the first answer, and what drift adds to it.
        assert measurement.known.width_s == pytest.approx(0.5 ** (probes - 1), rel=0.05)
        measurement.ask()


def test_login_look_and_eight_probes_tell_to_two_milliseconds_and_a_half() -> None:
    for seed in range(50):
        club = SimulatedClub(EPOCH_S + 0.0377 * seed, 0.002, seed=seed)
        club.work_s = 0.02
        measurement = Measurement(club.probed)
        measurement.ask(lambda sent_s: club.probed(sent_s, light=False))  # noqa: B023 (called at once)
        measurement.ask(lambda sent_s: club.probed(sent_s, light=False))  # noqa: B023 (called at once)
        begun_s = measurement.at_s
        assert measurement.ask_until_known() <= 9
        assert measurement.known.width_s <= 0.0025
        assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s
        assert measurement.at_s - begun_s < 10


@pytest.mark.parametrize(
    ("round_trip_s", "jitter_s", "probes", "error_s"), [(0.02, 0.005, 9, 0.005), (0.08, 0.02, 8, 0.02)]
)
def test_in_a_jittery_network_no_probe_is_spent_on_what_cannot_be_told(
    round_trip_s: float, jitter_s: float, probes: int, error_s: float
) -> None:
    """In nine cases of ten the middle is right to about one way's jitter, and the jitter is known by then."""
    spent: list[int] = []
    errors: list[float] = []
    for seed in range(200):
        club = SimulatedClub(EPOCH_S + 0.0377 * seed, round_trip_s, jitter_s, seed=seed)
        measurement = Measurement(club.probed)
        measurement.ask_times(2)
        spent.append(measurement.ask_until_known())
        errors.append(abs(measurement.known.phi_s - club.phi_at(0)))
        assert measurement.known.jitter_s <= 2 * jitter_s
    assert sum(spent) / len(spent) <= probes
    assert quantiles(errors, n=10)[-1] <= error_s


def test_old_probes_are_trusted_less() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    narrow_s = measurement.known.width_s
    measurement.pass_by(10_000)
    # 10 ppm at each end.
    assert measurement.known.width_s == pytest.approx(narrow_s + 0.2, abs=0.001)


def test_what_heavy_pages_take_is_no_jitter() -> None:
    club = SimulatedClub(EPOCH_S)
    club.work_s = 0.4
    measurement = Measurement(club.probed)
    for _ in range(9):
        measurement.ask(lambda sent_s: club.probed(sent_s, light=False))
    measurement.ask_times(3)
    assert measurement.known.jitter_s < 0.001
    assert measurement.known.round_trip_s == pytest.approx(0.002, abs=1e-6)


def test_what_is_known_is_verified_at_its_edges_before_it_is_relied_on_again() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    measurement.pass_by(60)
    below, above = measurement.known.questions
    assert below.is_point
    assert above.is_point
    assert below.low_s < measurement.known.low_s < measurement.known.high_s < above.high_s
    assert measurement.ask_until_known() == 2


def test_answers_of_the_same_moment_prove_no_more_than_one() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    one, three = measured([club.answered(1000.2)]), measured([club.answered(1000.2)] * 3)
    assert one
    assert three
    assert (three.low_s, three.high_s) == pytest.approx((one.low_s, one.high_s), abs=ROUNDING_S)
    assert three.probes == 3


def test_the_likely_half_of_what_is_open_is_likely() -> None:
    likely, told = 0, 0
    for seed in range(200):
        club = SimulatedClub(EPOCH_S + 0.0377 * seed, 0.02, 0.005, seed=seed)
        measurement = Measurement(club.probed)
        measurement.ask_times(9)
        clock = weighed(measurement.known, measurement.probes)
        place = (club.phi_at(0) - clock.low_s) / clock.width_s * len(clock.weights)
        if 0 <= place < len(clock.weights):
            told += 1
            likely += clock.weights[int(place)] >= median(clock.weights)
    assert told >= 180
    assert likely / told >= 0.7


def test_without_jitter_all_of_what_is_open_is_as_likely() -> None:
    measurement = Measurement(SimulatedClub(EPOCH_S + 0.3).probed)
    measurement.ask_times(6)
    weights = weighed(measurement.known, measurement.probes).weights
    assert max(weights[1:-1]) == pytest.approx(min(weights[1:-1]))


def test_where_no_answer_agrees_nothing_is_weighed() -> None:
    measurement = Measurement(SimulatedClub(EPOCH_S + 0.3).probed)
    measurement.ask_times(3)
    assert weighed(measurement.known, []) == measurement.known


@pytest.mark.parametrize("step_s", [0.58, -0.42])
@pytest.mark.parametrize(("round_trip_s", "jitter_s"), [(0.02, 0.005), (0.001, 0.004)])
def test_a_step_is_not_hidden_by_jitter(step_s: float, round_trip_s: float, jitter_s: float) -> None:
    for seed in range(100):
        club = SimulatedClub(EPOCH_S + 0.0377 * seed, round_trip_s, jitter_s, seed=seed)
        measurement = Measurement(club.probed)
        measurement.ask_times(2)
        club.step(step_s)
        measurement.ask_until_known(most=16)
        assert measurement.known.phi_s == pytest.approx(club.phi_at(measurement.at_s), abs=0.1)
