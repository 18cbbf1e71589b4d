"""When a club is asked anew, and when it is left alone."""

from datetime import timedelta

import pytest
from support.records import NOW

from autotennis.domain.courtesy import LEAST_REST, Rest, is_younger

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ago", "is_good"),
    [(timedelta(0), True), (59 * MINUTE / 60, True), (MINUTE, False), (-MINUTE / 2, True), (-MINUTE, False)],
)
def test_what_was_read_is_good_for_a_while(ago: timedelta, is_good: bool) -> None:
    assert is_younger(NOW - ago, MINUTE, NOW) is is_good


def test_what_was_never_read_is_not_young() -> None:
    assert not is_younger(None, timedelta(days=9999), NOW)


def test_a_club_that_never_was_busy_does_not_rest() -> None:
    assert Rest().left_s(NOW) == 0


@pytest.mark.parametrize(("asked_s", "rests_s"), [(None, 300), (0, 300), (10, 300), (300, 300), (1800, 1800)])
def test_a_busy_club_is_left_alone_as_long_as_it_asks_and_five_minutes_at_least(
    asked_s: float | None, rests_s: float
) -> None:
    rest = Rest().after_busy(asked_s, NOW)
    assert rest.left_s(NOW) == rests_s
    assert rest.left_s(NOW + timedelta(seconds=rests_s - 1)) == 1
    assert rest.left_s(NOW + timedelta(seconds=rests_s)) == 0
    assert rest.left_s(NOW + timedelta(days=1)) == 0


def test_busy_again_it_rests_no_shorter_than_before() -> None:
    long = Rest().after_busy(3600, NOW)
    assert long.after_busy(None, NOW + MINUTE) == long
    again = Rest().after_busy(None, NOW).after_busy(None, NOW + MINUTE)
    assert again.until == NOW + MINUTE + LEAST_REST
