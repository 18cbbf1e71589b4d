"""A seed's plan: the same each time, each point by itself first, then several kills at random."""

import random
from collections import Counter

import pytest
from chaos.plans import Moment, Whole, plan_of
from chaos.points import POINTS

from practice_club.knobs import Knobs

BACKENDS = sorted(POINTS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_seed_is_the_same_plan_each_time_whatever_else_is_drawn(backend: str) -> None:
    first = [plan_of(seed, backend) for seed in range(1, 200)]
    random.seed(7)
    assert first == [plan_of(seed, backend) for seed in range(1, 200)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_first_seeds_kill_at_each_point_once_on_either_side(backend: str) -> None:
    sides = len(POINTS[backend]) * len(Moment)
    plans = [plan_of(seed, backend) for seed in range(1, sides + 1)]
    assert all(len(plan.kills) == 1 and not plan.blows for plan in plans)
    killed = {(plan.kills[0].program, plan.kills[0].point, plan.kills[0].when) for plan in plans}
    assert killed == {(point.program, point.name, when) for point in POINTS[backend] for when in Moment}


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_seeds_after_them_kill_several_and_at_times_everything(backend: str) -> None:
    sides = len(POINTS[backend]) * len(Moment)
    plans = [plan_of(seed, backend) for seed in range(sides + 1, sides + 201)]
    assert {len(plan.kills) for plan in plans} == {1, 2, 3, 4}
    assert set(Counter(blow.what for plan in plans for blow in plan.blows)) == set(Whole)
    assert all(len({kill.id for kill in plan.kills}) == len(plan.kills) for plan in plans)


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_plan_can_be_played(backend: str) -> None:
    for seed in range(1, 300):
        plan = plan_of(seed, backend)
        Knobs().turned(plan.knobs)
        # Whoever waits gets a place in the end: for each of them a rival leaves.
        for number, session in enumerate(plan.sessions):
            wished = sum(number in (wish.session, *wish.others) for wish in plan.wishes)
            assert wished <= session.capacity, "no place would be left for somebody"
