"""The club's clock as it is known: when to send, what was sent when, and what to ask next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.simulated_club import EPOCH_S

from autotennis.domain.clubclock import APART_S, ClubClock, Span, good_moment, next_probe_at
from autotennis.values import ClockDoubt

EPOCH = datetime.fromtimestamp(EPOCH_S, UTC)
HALF_OPEN = Span(EPOCH_S - 0.2, EPOCH_S + 0.3)


def asking(*questions: Span) -> ClubClock:
    return ClubClock(HALF_OPEN.low_s, HALF_OPEN.high_s, 0.01, 1, questions=questions)


def turned(sent_s: float, phi_s: float) -> bool:
    """Whether a request sent then tells on which side of `phi_s` the club's phi lies."""
    return abs((sent_s + phi_s + 0.5) % 1 - 0.5) < 1e-6


def test_what_to_send_when_and_what_was_sent_when() -> None:
    opening = EPOCH + timedelta(seconds=100)
    clock = ClubClock(low_s=EPOCH_S + 1.369, high_s=EPOCH_S + 1.371, round_trip_s=0.02, probes=13)
    assert clock.send_window_s(opening) == pytest.approx((98.629, 98.631))
    # Stamped at the opening, but sent one way earlier.
    assert clock.sent_after_ms(opening, 98.63) == pytest.approx(-10.0, abs=0.01)
    assert not clock.has_come(opening, 98.6309)
    assert clock.has_come(opening, 98.6311)


def test_the_reading_tells_the_offset_between_the_wall_clocks_and_what_was_strange() -> None:
    doubts = (ClockDoubt.STEPPED,)
    clock = ClubClock(EPOCH_S + 1.37, EPOCH_S + 1.38, round_trip_s=0.01, probes=13, doubts=doubts)
    reading = clock.reading(EPOCH + timedelta(seconds=50), 50.0)
    assert reading.offset_ms == pytest.approx(1370.0, abs=0.01)
    assert reading.bound_ms == pytest.approx(10.0, abs=0.01)
    assert reading.doubts == doubts


def test_a_club_that_tells_nothing_is_taken_to_keep_our_time() -> None:
    clock = ClubClock.assumed(EPOCH, 50.0)
    assert clock.reading(EPOCH, 50.0).offset_ms == pytest.approx(0.0, abs=1e-3)
    assert clock.reading(EPOCH, 50.0).bound_ms == pytest.approx(1000.0, abs=1e-3)


@given(low_s=st.floats(-5, 5), width_s=st.floats(0, 2), not_before_s=st.floats(1000, 1001))
def test_the_next_probe_turns_a_second_in_the_middle_of_the_question(
    low_s: float, width_s: float, not_before_s: float
) -> None:
    question = Span(EPOCH_S + low_s, EPOCH_S + low_s + width_s)
    at_s = next_probe_at(asking(question, HALF_OPEN), not_before_s)
    assert not_before_s - 1e-6 <= at_s <= not_before_s + 1.000001
    assert turned(at_s, question.middle_s)


@given(width_s=st.floats(0.001, 1), not_before_s=st.floats(1000, 1001))
def test_in_a_hurry_a_probe_goes_as_soon_as_it_cuts_off_a_quarter(width_s: float, not_before_s: float) -> None:
    question = Span(EPOCH_S, EPOCH_S + width_s)
    at_s = next_probe_at(asking(question), not_before_s, hurried=True)
    assert not_before_s <= at_s <= next_probe_at(asking(question), not_before_s) + 1e-6
    cut_s = -at_s % 1
    assert width_s / 4 - 1e-6 <= cut_s <= 3 * width_s / 4 + 1e-6


def test_where_there_is_no_question_any_moment_will_do() -> None:
    assert next_probe_at(None, 1000.3) == 1000.3
    assert next_probe_at(asking(), 1000.3) == 1000.3
    assert good_moment(None, 1000.3, 1.1, []) == 1000.3
    assert good_moment(asking(), 1000.3, 1.1, []) == 1000.3


def test_how_many_probes_are_to_go() -> None:
    assert asking().probes_to_go == 0
    assert asking(Span(EPOCH_S, EPOCH_S), Span(EPOCH_S, EPOCH_S)).probes_to_go == 2
    # Half a second, down to 2 ms and a half.
    assert asking(HALF_OPEN).probes_to_go == 8


def test_several_who_ask_at_once_cut_the_question_into_equal_pieces() -> None:
    moments: list[float] = []
    for _ in range(7):
        moments.append(good_moment(asking(HALF_OPEN), 1000.0, 1.1, moments))
    cuts = sorted(-at_s % 1 if -at_s % 1 < 0.5 else -at_s % 1 - 1 for at_s in moments)
    assert cuts == pytest.approx([-0.2 + 0.5 * n / 8 for n in range(1, 8)], abs=1e-6)


def test_who_could_tell_nothing_more_goes_at_the_first_free_moment() -> None:
    narrow = asking(Span(EPOCH_S + 0.5, EPOCH_S + 0.501))
    first = good_moment(narrow, 1000.0, 1.1, [])
    assert turned(first, EPOCH_S + 0.5005)
    assert good_moment(narrow, 1000.0, 1.1, [first]) == 1000.0
    assert good_moment(narrow, 1000.0, 1.1, [first, 1000.0]) == 1000.0 + APART_S


@given(count=st.integers(1, 120), questions=st.sampled_from([(), (HALF_OPEN,), (Span(EPOCH_S, EPOCH_S),)]))
def test_bookings_never_bunch_nor_wait_too_long(count: int, questions: tuple[Span, ...]) -> None:
    moments: list[float] = []
    for _ in range(count):
        moments.append(good_moment(asking(*questions), 1000.0, 1.1, moments))
    assert all(1000.0 <= at_s <= 1001.1 for at_s in moments)
    gaps = [after - before for before, after in zip(sorted(moments), sorted(moments)[1:], strict=False)]
    # While there is room they keep their distance; where there is none, they share it.
    assert min(gaps, default=1.0) >= (APART_S - 1e-6 if count <= 21 else 1.1 / (4 * count))
