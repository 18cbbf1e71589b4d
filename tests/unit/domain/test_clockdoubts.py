"""Clocks that are hard to read: steps, several servers, caches. They end as doubts, and in an honest estimate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.simulated_club import EPOCH_S, Measurement, SimulatedClub

from autotennis.domain.clockevidence import Probe, is_plausible
from autotennis.domain.clockmeasure import measured
from autotennis.values import ClockDoubt

# What lies this far outside, and so many times the jitter, may be taken for a slow answer.
UNTOLD_S = 0.011
UNTOLD_JITTERS = 4


@given(
    offset_s=st.floats(-5, 5),
    step_s=st.floats(0.02, 30) | st.floats(-4, -0.02),
    before=st.integers(1, 20),
    jitter_s=st.sampled_from([0.0, 0.002]),
)
def test_a_step_at_any_time_is_found_by_verifying_and_measured_anew(
    offset_s: float, step_s: float, before: int, jitter_s: float
) -> None:
    club = SimulatedClub(EPOCH_S + offset_s, 0.002, jitter_s)
    measurement = Measurement(club.probed)
    measurement.ask_times(before)
    club.step(step_s)
    measurement.pass_by(21)
    measurement.ask_times(26)
    clock = measurement.known
    unsure_s = UNTOLD_S + UNTOLD_JITTERS * jitter_s
    assert clock.low_s - unsure_s <= club.phi_at(0) <= clock.high_s + unsure_s
    assert clock.width_s < 0.05
    assert ClockDoubt.SEVERAL_SERVERS not in clock.doubts


def test_a_step_of_what_was_known_well_is_called_one() -> None:
    club = SimulatedClub(EPOCH_S)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    club.step(0.3)
    measurement.pass_by(30)
    measurement.ask_until_known(most=14)
    assert measurement.known.doubts == (ClockDoubt.STEPPED,)
    assert measurement.known.width_s < 0.003
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s


def test_until_it_is_clear_whether_it_stepped_both_are_possible() -> None:
    club = SimulatedClub(EPOCH_S)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    before = club.phi_at(0)
    club.step(0.3)
    measurement.pass_by(30)
    while not measurement.known.doubts:
        measurement.ask()
    assert measurement.known.low_s <= before < club.phi_at(0) <= measurement.known.high_s


def test_in_a_hurry_a_step_is_measured_with_several_probes_a_second() -> None:
    club = SimulatedClub(EPOCH_S)
    measurement = Measurement(club.probed)
    measurement.ask_until_known()
    club.step(3.3)
    measurement.pass_by(30)
    measurement.ask()
    measurement.ask()
    begun_s = measurement.at_s
    while measurement.known.width_s > 0.15:
        measurement.ask(hurried=True)
    assert measurement.at_s - begun_s < 2.5
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s


def asked_over_two_connections(here: SimulatedClub, elsewhere: SimulatedClub, probes: int) -> Measurement:
    """What is known is verified elsewhere, and contradictions are asked about here and there in turn."""
    measurement = Measurement(here.probed)
    measurement.ask_until_known()
    measurement.pass_by(25)
    was_elsewhere = False
    for _ in range(probes):
        known = measurement.known
        was_elsewhere = not was_elsewhere if known.doubts else known.questions[0].is_point
        measurement.ask((elsewhere if was_elsewhere else here).probed)
    return measurement


@pytest.mark.parametrize("apart_s", [0.01, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("first_s", [0.0, 0.37])
def test_the_estimate_is_the_hull_of_several_servers(apart_s: float, first_s: float) -> None:
    low, high = SimulatedClub(EPOCH_S + first_s), SimulatedClub(EPOCH_S + first_s + apart_s)
    for here, elsewhere in ((low, high), (high, low)):
        clock = asked_over_two_connections(here, elsewhere, 4).known
        assert clock.doubts == (ClockDoubt.SEVERAL_SERVERS,)
        assert clock.low_s <= low.phi_at(0) < high.phi_at(0) <= clock.high_s


def test_the_hull_of_several_servers_gets_narrower_with_more_probes() -> None:
    low, high = SimulatedClub(EPOCH_S + 0.2), SimulatedClub(EPOCH_S + 0.25)
    widths: list[float] = []
    for probes in (4, 10, 25):
        clock = asked_over_two_connections(low, high, probes).known
        assert clock.low_s <= low.phi_at(0) < high.phi_at(0) <= clock.high_s
        widths.append(clock.width_s)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    assert widths[2] < 0.05 + 0.03


def test_small_contradictions_of_a_jittery_network_are_no_step() -> None:
    for seed in range(100):
        club = SimulatedClub(EPOCH_S + 0.0377 * seed, 0.08, 0.02, seed=seed)
        measurement = Measurement(club.probed)
        measurement.ask_times(30)
        assert not measurement.known.doubts, seed


def from_cache(copied: Probe, sent_s: float) -> Probe:
    return Probe(sent_s, sent_s + 0.002, copied.date)


@given(offset_s=st.floats(-5, 5), stuck_at_s=st.lists(st.floats(0, 30), min_size=1, max_size=10))
def test_a_date_that_stands_still_moves_nothing(offset_s: float, stuck_at_s: list[float]) -> None:
    club = SimulatedClub(EPOCH_S + offset_s)
    copied = club.answered(990.0)
    measurement = Measurement(club.probed)
    measurement.ask_times(9)
    copies = [copied, *(from_cache(copied, 995 + sent_s) for sent_s in stuck_at_s)]
    mixed = sorted([*measurement.probes, *copies], key=lambda probe: probe.sent_s)
    clock, without = measured(mixed, measurement.at_s), measurement.known
    assert clock
    assert (clock.low_s, clock.high_s) == (without.low_s, without.high_s)
    assert clock.doubts == (ClockDoubt.STUCK,)


def test_nothing_but_copies_tells_nothing() -> None:
    copied = SimulatedClub(EPOCH_S).answered(1000.0)
    assert measured([copied, from_cache(copied, 1003.0), from_cache(copied, 1007.0)]) is None


def test_what_was_copied_is_still_evidence_if_others_agree_with_it() -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    copied = club.answered(1000.0)
    clock = measured([club.answered(999.5), copied, from_cache(copied, 1003.0), from_cache(copied, 1007.0)])
    assert clock
    assert clock.probes == 2
    assert clock.doubts == (ClockDoubt.STUCK,)


def test_a_copy_that_says_so_gives_away_the_others_of_its_date() -> None:
    """A cache that is less than a second behind is an "age of 0", which is no sign of a copy by itself."""
    club = SimulatedClub(EPOCH_S + 0.3)
    copied = club.answered(1000.0)
    measurement = Measurement(club.probed, at_s=1010.0)
    measurement.ask_times(9)
    young, old = from_cache(copied, 1000.9), replace(from_cache(copied, 1001.2), second_hand=True)
    clock = measured([copied, young, old, *measurement.probes], measurement.at_s)
    assert clock
    assert clock.probes == 10
    assert clock.low_s <= club.phi_at(0) <= clock.high_s
    assert clock.doubts == (ClockDoubt.SECOND_HAND,)


@pytest.mark.parametrize("place", [0, 1, 5, 9])
def test_one_old_copy_among_the_answers_is_disregarded(place: int) -> None:
    club = SimulatedClub(EPOCH_S + 0.3)
    measurement = Measurement(club.probed, at_s=1050.0)
    measurement.ask_times(9)
    probes = list(measurement.probes)
    when_s = probes[place].sent_s - 0.05 if place < len(probes) else probes[-1].sent_s + 0.05
    probes.insert(place, from_cache(club.answered(1000.0), when_s))
    clock = measured(probes, measurement.at_s)
    assert clock
    assert (clock.low_s, clock.high_s) == (measurement.known.low_s, measurement.known.high_s)
    assert clock.doubts == (ClockDoubt.IMPLAUSIBLE,)


def test_a_clock_that_is_put_back_far_is_believed_at_the_second_answer() -> None:
    club = SimulatedClub(EPOCH_S)
    measurement = Measurement(club.probed)
    measurement.ask_times(9)
    known = measurement.known
    club.step(-40.0)
    measurement.ask()
    assert measurement.known.doubts == (ClockDoubt.IMPLAUSIBLE,)
    assert measurement.known.low_s == pytest.approx(known.low_s, abs=1e-4)
    measurement.ask()
    assert measurement.known.doubts == (ClockDoubt.STEPPED,)
    assert measurement.known.low_s <= club.phi_at(0) <= measurement.known.high_s


def test_a_server_that_is_minutes_off_is_no_clock() -> None:
    now = datetime.fromtimestamp(EPOCH_S, UTC)
    assert is_plausible(Probe(999.9, 1000.0, now - timedelta(seconds=290)), now, 1000.0)
    assert not is_plausible(Probe(999.9, 1000.0, now - timedelta(seconds=310)), now, 1000.0)
    assert not is_plausible(Probe(999.9, 1000.0, now + timedelta(hours=1)), now, 1000.0)
