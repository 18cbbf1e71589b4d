"""Races at a quiet club and at clubs whose clock is hard to read: booked, with few requests, and doubts are told."""

import pytest
from support.situations import Situation, Stories, fixture_of

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules
from autotennis.values import ClockDoubt, PlanBasis
from practice_club.knobs import CachedPages, ClockStep, Fault, FaultKind, Knobs

# All races of this module are run at the same time, by one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("situations_clock")]

# As the project ships them.
RULES = RaceRules()
AHEAD_S = 14.0
STEPS_BEFORE_S = 8.0

QUIET = {
    "near": Situation(Knobs(latency_in_ms=1, latency_out_ms=1), RULES, AHEAD_S),
    "far": Situation(Knobs(latency_in_ms=10, latency_out_ms=10, jitter_in_ms=5, jitter_out_ms=5), RULES, AHEAD_S),
}
STRANGE = {
    "servers": (Situation(Knobs(servers=(0.0, 700.0)), RULES, AHEAD_S), ClockDoubt.SEVERAL_SERVERS),
    "step": (
        Situation(Knobs(clock_steps=(ClockStep(step_ms=700, after_s=AHEAD_S - STEPS_BEFORE_S),)), RULES, AHEAD_S),
        ClockDoubt.STEPPED,
    ),
    "step_back": (
        Situation(Knobs(clock_steps=(ClockStep(step_ms=-700, after_s=AHEAD_S - STEPS_BEFORE_S),)), RULES, AHEAD_S),
        ClockDoubt.STEPPED,
    ),
    "cache": (Situation(Knobs(cached_pages=CachedPages(seconds=60)), RULES, AHEAD_S), ClockDoubt.SECOND_HAND),
    "secret_cache": (
        Situation(Knobs(cached_pages=CachedPages(seconds=60, age=False)), RULES, AHEAD_S),
        ClockDoubt.STUCK,
    ),
    "no_date": (Situation(Knobs(faults=(Fault(kind=FaultKind.NO_DATE),)), RULES), ClockDoubt.NO_DATE),
}
SITUATIONS = {**QUIET, **{name: situation for name, (situation, _) in STRANGE.items()}}
# These clubs have one clock, and tell it.
READABLE = SITUATIONS.keys() - {"servers", "no_date"}


stories = fixture_of("clock", SITUATIONS)


@pytest.mark.parametrize("name", SITUATIONS)
async def test_caps_and_the_truth(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    told.keeps_the_promises()
    assert told.states == {State.BOOKED}


@pytest.mark.parametrize("name", QUIET)
async def test_a_quiet_club_gets_few_requests(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    # Login, look and proof; the probes that cut and those that verify; the burst, and one shot after it.
    assert len(told.requests) <= 3 + 8 + 9
    assert told.booking.clock
    assert told.booking.clock.doubts == ()
    assert told.booking.plan
    assert told.booking.plan.basis is PlanBasis.MEASURED


@pytest.mark.parametrize("name", sorted(READABLE))
async def test_the_clock_is_known_within_its_bound(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    clock = told.booking.clock
    assert clock
    assert clock.probes > 0
    assert abs(clock.offset_ms - told.ahead_ms) <= clock.bound_ms + 1


@pytest.mark.parametrize("name", STRANGE)
async def test_the_booking_says_what_was_strange(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert told.booking.clock
    assert STRANGE[name][1] in told.booking.clock.doubts


async def test_without_any_date_the_clubs_clock_is_taken_for_ours(stories: Stories) -> None:
    told = await stories.of("no_date")
    assert told.booking.clock
    assert told.booking.clock.probes == 0
    assert told.booking.plan
    assert told.booking.plan.basis is PlanBasis.ASSUMED
