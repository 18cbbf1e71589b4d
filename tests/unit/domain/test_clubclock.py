"""The club's clock from Date headers: never wrong by more than its bound, and quickly narrow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.domain.clubclock import ClubClock, Probe, measured, next_probe_at

EPOCH = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Club:
    """A club whose clock is `phi_s` (of the stamp, on the quickest path) from our readings."""

    def __init__(self, phi_s: float, round_trip_s: float) -> None:
        self.phi_s = phi_s
        self.round_trip_s = round_trip_s

    def probed(self, sent_s: float, delay_there_s: float = 0.0, delay_back_s: float = 0.0) -> Probe:
        stamp = int(sent_s + self.phi_s + delay_there_s)
        received_s = sent_s + self.round_trip_s + delay_there_s + delay_back_s
        return Probe(sent_s, received_s, datetime.fromtimestamp(stamp, UTC))

    def measured_in(self, count: int) -> ClubClock:
        probes: list[Probe] = []
        clock: ClubClock | None = None
        at_s = 1000.0
        for _ in range(count):
            at_s = next_probe_at(clock, at_s + 0.15)
            probes.append(self.probed(at_s))
            clock = measured(probes)
        assert clock
        return clock


def test_nothing_is_known_without_a_probe() -> None:
    assert measured([]) is None


@given(offset_s=st.floats(-5, 5), delays=st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 0.2)), max_size=20))
def test_the_truth_lies_within_the_bound_whatever_the_network_does(
    offset_s: float, delays: list[tuple[float, float]]
) -> None:
    club = Club(EPOCH.timestamp() + offset_s, 0.02)
    probes = [club.probed(1000.0)]
    probes += [club.probed(1001.37 + 0.613 * n, *delay) for n, delay in enumerate(delays)]
    clock = measured(probes)
    assert clock
    assert clock.low_s - 1e-6 <= club.phi_s <= clock.high_s + 1e-6
    assert clock.probes == len(probes)


@pytest.mark.parametrize("offset_s", [-4.2, 0.0, 0.4999, 1.37])
def test_each_aimed_probe_halves_what_is_open(offset_s: float) -> None:
    club = Club(EPOCH.timestamp() + offset_s, 0.002)
    clock = club.measured_in(12)
    assert clock.width_s < 0.002
    assert abs(clock.phi_s - club.phi_s) < 0.002


def test_a_step_of_the_clock_makes_the_older_probes_forgotten() -> None:
    before, after = Club(EPOCH.timestamp(), 0.002), Club(EPOCH.timestamp() + 3, 0.002)
    probes = [before.probed(1000.0 + 0.7 * n) for n in range(5)] + [after.probed(1010.0 + 0.7 * n) for n in range(6)]
    clock = measured(probes)
    assert clock
    assert clock.low_s <= after.phi_s <= clock.high_s
    assert clock.probes <= 6


def test_old_probes_are_trusted_less() -> None:
    club = Club(EPOCH.timestamp(), 0.002)
    old, new = club.probed(1000.0), club.probed(1000.5 + 10_000)
    fresh = measured([old])
    aged = measured([old, new])
    assert fresh
    assert aged
    # 10 ppm of 10 000 s.
    assert aged.high_s - fresh.high_s == pytest.approx(0.1, abs=0.01) or aged.width_s < fresh.width_s


def test_the_next_probe_turns_a_second_in_the_middle_of_what_is_open() -> None:
    clock = ClubClock(low_s=EPOCH.timestamp() - 0.2, high_s=EPOCH.timestamp() + 0.4, round_trip_s=0.01, probes=1)
    at_s = next_probe_at(clock, 1000.05)
    assert 1000.05 <= at_s <= 1001.05
    assert (at_s + clock.phi_s) % 1 == pytest.approx(0.0, abs=1e-6)


def test_what_to_send_when_and_what_was_sent_when() -> None:
    opening = EPOCH + timedelta(seconds=100)
    clock = ClubClock(low_s=EPOCH.timestamp() + 1.369, high_s=EPOCH.timestamp() + 1.371, round_trip_s=0.02, probes=13)
    first_s, last_s = clock.send_window_s(opening)
    assert (first_s, last_s) == pytest.approx((98.629, 98.631))
    # Stamped at the opening, but sent one way earlier.
    assert clock.sent_after_ms(opening, 98.63) == pytest.approx(-10.0, abs=0.01)


def test_the_reading_tells_the_offset_between_the_wall_clocks() -> None:
    clock = ClubClock(low_s=EPOCH.timestamp() + 1.37, high_s=EPOCH.timestamp() + 1.38, round_trip_s=0.01, probes=13)
    reading = clock.reading(EPOCH + timedelta(seconds=50), 50.0)
    assert reading.offset_ms == pytest.approx(1370.0, abs=0.01)
    assert reading.bound_ms == pytest.approx(10.0, abs=0.01)


def test_a_club_that_tells_nothing_is_taken_to_keep_our_time() -> None:
    clock = ClubClock.assumed(EPOCH, 50.0)
    assert clock.reading(EPOCH, 50.0).offset_ms == pytest.approx(0.0, abs=1e-3)
    assert clock.reading(EPOCH, 50.0).bound_ms == pytest.approx(1000.0, abs=1e-3)
