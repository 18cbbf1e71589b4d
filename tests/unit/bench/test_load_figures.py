"""What is measured of load: whether something grows, and how it is told beside its baseline."""

import math

import pytest

from bench.load.slopes import slope_of
from bench.load.tables import Row, table


def samples(per_step: float, count: int = 60, noise: float = 50.0) -> list[float]:
    """A value that grows by so much with each step, with noise and three samples that are far off."""
    found = [1000 + per_step * number + noise * math.sin(12.9898 * number) for number in range(count)]
    for number in (10, 30, 50):
        found[number] += 5000
    return found


@pytest.mark.parametrize("per_step", [10.0, 2.0, -5.0])
def test_a_slope_is_found_through_noise_and_strange_samples(per_step: float) -> None:
    slope = slope_of(samples(per_step))
    assert slope.least <= per_step <= slope.most
    assert slope.per_step == pytest.approx(per_step, abs=1.5)
    assert slope.grows is (per_step > 0)


def test_what_only_varies_does_not_grow() -> None:
    assert not slope_of(samples(0.0)).grows
    assert not slope_of([7.0] * 20).grows


def test_of_few_samples_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="few"):
        slope_of([1.0, 2.0])


def test_a_row_is_told_beside_its_baseline() -> None:
    rows = [Row("a page, ms", 3.0, 2.0), Row("a thing that was not to be had", None, 2.0), Row("large", 12345.6, 0.0)]
    title, page, missing, large = table("what", ("ours", "bare"), rows).splitlines()
    assert title.split() == ["what", "ours", "bare", "ratio"]
    assert page.split()[-3:] == ["3.00", "2.00", "1.50"]
    assert missing.split()[-3:] == ["-", "2.00", "-"]
    assert large.split()[-3:] == ["12,346", "0.00", "-"]
