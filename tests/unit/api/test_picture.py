"""The scale of the picture of a timeline."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis_api.picture import WIDTH, Scale

MS = st.floats(min_value=-200_000, max_value=200_000)


@given(MS, MS, MS, MS)
def test_what_is_later_lies_further_to_the_right_and_all_lies_inside(a: float, b: float, c: float, d: float) -> None:
    first, earlier, later, last = sorted((a, b, c, d))
    scale = Scale(first, last)
    assert 0 < scale.x(first) <= scale.x(earlier) <= scale.x(later) <= scale.x(last) < WIDTH
    assert scale.x(first) <= scale.x(0) or first > 0


def test_a_millisecond_is_seen_beside_a_minute() -> None:
    scale = Scale(-90_000, 500)
    assert scale.x(1) - scale.x(-1) > 20
    assert scale.x(-60_000) - scale.x(-90_000) > 5


@pytest.mark.parametrize(("earliest", "latest"), [(-90_000, 500), (-3, 40), (0.2, 0.9), (5, 61_000)])
def test_ticks_show_the_opening_and_do_not_run_into_each_other(earliest: float, latest: float) -> None:
    scale = Scale(earliest, latest)
    ticks = scale.ticks()
    assert 0 in ticks
    places = [scale.x(ms) for ms in ticks]
    assert all(right - left >= 46 for left, right in pairwise(places))
