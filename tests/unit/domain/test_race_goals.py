"""What the pace comes to: simulated openings of several kinds of club, with fixed seeds."""

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean

import pytest
from support.simulated_openings import Cell, Result, late_ms, opening

from autotennis.domain.club import RaceRules
from autotennis.domain.experience import Experience

FREE = RaceRules(locks_login=False)
NEAR = Cell(one_way_s=0.001, jitter_s=0.0, clock_s=0.002)
USUAL = Cell(one_way_s=0.010, jitter_s=0.005, clock_s=0.005)
FAR = Cell(one_way_s=0.040, jitter_s=0.020, clock_s=0.0125)
SLOW = replace(USUAL, before_s=0.030, after_s=0.050)
STAMPING_LATE = replace(SLOW, stamp_s=0.080)
QUEUE = replace(USUAL, before_s=0.020, stamp_s=0.020, workers=4, rivals=20)


def first_ones(cell: Cell, rules: RaceRules = FREE, clubs: int = 60) -> list[Result]:
    """The first opening of so many clubs."""
    rng = random.Random(1)  # noqa: S311 - a repeatable simulation, no secret
    return [opening(cell, rules, Experience(), rng)[0] for _ in range(clubs)]


def later_ones(cell: Cell, rules: RaceRules = FREE, *, contested: bool = False, races: int = 40) -> list[Result]:
    """So many races at each of six clubs, with what ten openings have taught.

    What a club has taught is a matter of luck, so that a median over few of them says little.
    """
    rng, results = random.Random(2), list[Result]()  # noqa: S311 - a repeatable simulation, no secret
    for _ in range(6):
        experience = Experience()
        for _ in range(10):
            _, experience = opening(cell, rules, experience, rng, contested=contested)
        results += [opening(cell, rules, experience, rng, contested=contested)[0] for _ in range(races)]
    return results


def percentile(results: Sequence[Result], percent: float) -> float:
    """How late the first yes came in that share of the openings at most, in ms."""
    late = late_ms(results)
    return late[min(len(late) - 1, int(len(late) * percent / 100))]


def most_shots(results: Sequence[Result]) -> int:
    return max(one.shots for one in results)


@pytest.mark.parametrize(
    ("cell", "median_ms", "worst_ms", "shots"),
    [(NEAR, 1, 6, 6), (USUAL, 1.4, 10, 7), (FAR, 2.5, 30, 8), (SLOW, 6, 20, 8), (STAMPING_LATE, 18, 25, 8)],
)
def test_a_club_that_nobody_has_learned(cell: Cell, median_ms: float, worst_ms: float, shots: int) -> None:
    results = first_ones(cell)
    assert percentile(results, 50) <= median_ms
    assert percentile(results, 99) <= worst_ms
    assert most_shots(results) <= shots


@pytest.mark.parametrize(
    ("cell", "median_ms", "worst_ms", "shots"),
    [(NEAR, 2, 6, 4), (USUAL, 1.5, 10, 5), (FAR, 2.5, 20, 8.1), (SLOW, 1.5, 10, 5.1), (STAMPING_LATE, 1.5, 10, 5.3)],
)
def test_a_club_that_has_been_learned(cell: Cell, median_ms: float, worst_ms: float, shots: float) -> None:
    results = later_ones(cell)
    assert percentile(results, 50) <= median_ms
    assert percentile(results, 99) <= worst_ms
    assert mean(one.shots for one in results) <= shots


def test_where_others_race_it_is_decided_within_a_millisecond() -> None:
    results = later_ones(SLOW, contested=True)
    assert mean(late_ms(results)) <= 1.0
    assert mean(one.shots for one in results) <= 8.05


def test_floods_of_rivals_are_beaten() -> None:
    flooded = replace(SLOW, rivals=8, rivals_from_s=(1.0, 0.5))
    results = later_ones(flooded, contested=True, races=10)
    # One of them is decided about every 13 ms; each ms of delay costs a win in thirteen.
    assert mean(one.wins for one in results) >= 0.8


@pytest.mark.parametrize(("cell", "median_ms"), [(NEAR, 2), (USUAL, 2), (FAR, 3.5), (SLOW, 25)])
def test_a_club_that_locks_logins(cell: Cell, median_ms: float) -> None:
    results = first_ones(replace(cell, locks=True), RaceRules(locks_login=True))
    assert percentile(results, 50) <= median_ms
    assert most_shots(results) <= 8


def test_a_club_with_a_queue_works_on_one_of_the_shots_soon() -> None:
    results = first_ones(replace(QUEUE, rivals_from_s=(2.5, 2.0)), clubs=10)
    # A loop of requests, one after another, comes to its turn every 100 ms: half of that in the median.
    assert percentile(results, 50) <= 50 / 3
    assert most_shots(results) <= 20
