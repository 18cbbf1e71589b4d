"""Races by what a club declares to tolerate, and at clubs that open late: counted by the club's own record."""

import itertools

import pytest
from support.booking_desk import RACE
from support.situations import Situation, Stories, apart_ms, fixture_of, most_at_once

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules
from autotennis.values import FailureReason
from practice_club.knobs import Knobs
from practice_club.vocabulary import Action as ClubAction
from practice_club.vocabulary import Verdict as ClubVerdict

# All races of this module are run at the same time, by one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("situations_rules")]

SERVICE_MS = 40
SLOW = {"service_before_ms": SERVICE_MS / 2, "service_after_ms": SERVICE_MS / 2}
FAR = {"latency_in_ms": 10, "latency_out_ms": 10, "jitter_in_ms": 5, "jitter_out_ms": 5}
TIMID = RACE.model_copy(update={"early": False})
IN_ALL = 3

PUNISHED = {
    "quick": Situation(Knobs(), TIMID),
    "far": Situation(Knobs.model_validate(FAR), TIMID),
    "slow": Situation(Knobs.model_validate(SLOW), TIMID),
    "woken_late": Situation(Knobs(), TIMID, opens_in_s=1.0),
    "several_members": Situation(Knobs.model_validate(FAR), TIMID, members=3),
}
# A little late, so that several sign-ups come.
LOCKING = {
    "locks": Situation(Knobs.model_validate({**SLOW, "opening_late_s": 0.3})),
    "locks_several": Situation(Knobs.model_validate({**SLOW, "opening_late_s": 0.3}), members=4),
    "locks_and_is_far": Situation(Knobs.model_validate({**SLOW, **FAR, "opening_late_s": 0.3})),
}
LATE = {
    "late": Situation(Knobs(opening_late_s=2.0), RaceRules(give_up_s=10.0, prove_s=2.0)),
    "late_at_random": Situation(
        Knobs(opening_late_random_s=(1.0, 3.0)),
        RaceRules(give_up_s=10.0, prove_s=2.0),
        members=2,
        sessions=({}, {}),
    ),
    "closed": Situation(Knobs(opening_late_s=3600), RaceRules(sign_ups=12, requests=30, give_up_s=6.0)),
    "closed_for_all": Situation(
        Knobs(opening_late_s=3600), RaceRules(sign_ups=8, requests=20, give_up_s=2.0), members=3
    ),
}
SITUATIONS = {
    **LOCKING,
    "primes": Situation(Knobs(), RACE.model_copy(update={"primes": True}), opens_in_s=7.0),
    "one_in_flight": Situation(
        Knobs.model_validate({**SLOW, **FAR, "opening_late_s": 0.3}),
        RACE.model_copy(update={"in_flight": 1}),
        members=2,
    ),
    "three_in_flight_in_all": Situation(
        Knobs.model_validate({**FAR, "service_before_ms": 5}),
        RACE.model_copy(update={"in_flight_in_all": IN_ALL}),
        opens_in_s=6.0,
        members=6,
        sessions=({}, {"capacity": 3}),
    ),
    **PUNISHED,
    **LATE,
}
STAYS_CLOSED = frozenset({"closed", "closed_for_all"})


stories = fixture_of("rules", SITUATIONS)


@pytest.mark.parametrize("name", SITUATIONS)
async def test_caps_and_the_truth(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    told.keeps_the_promises()


@pytest.mark.parametrize("name", sorted(SITUATIONS.keys() - STAYS_CLOSED))
async def test_all_are_booked(stories: Stories, name: str) -> None:
    assert (await stories.of(name)).states == {State.BOOKED}


@pytest.mark.parametrize("name", LOCKING)
async def test_a_login_that_locks_is_not_asked_twice_at_a_time(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    for booking in told.bookings:
        assert booking.plan
        gaps_ms = [after - before for before, after in itertools.pairwise(booking.plan.shots_ms)]
        # What the network adds at random cannot be told from the club's work.
        assert min(gaps_ms, default=SERVICE_MS) >= 0.8 * SERVICE_MS


@pytest.mark.parametrize("name", PUNISHED)
async def test_where_it_is_punished_nobody_comes_early(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert [shot for shot in told.sign_ups if told.after_opening_ms(shot) < 0] == []
    assert ClubVerdict.NOT_OPEN not in {shot.verdict for shot in told.sign_ups}


async def test_a_club_that_wants_priming_has_shown_its_page_just_before(stories: Stories) -> None:
    told = await stories.of("primes")
    looks_ms = [told.after_opening_ms(look) for look in told.asked(ClubAction.VIEW)]
    before_ms = [look_ms for look_ms in looks_ms if look_ms < told.after_opening_ms(told.sign_ups[0])]
    assert len(before_ms) == 2, "one to see how it stands, one to prime"
    assert -4000 < before_ms[-1] < -1000


async def test_a_member_who_may_have_one_request_in_flight_never_has_two(stories: Stories) -> None:
    told = await stories.of("one_in_flight")
    for member_id in {shot.member_id for shot in told.sign_ups}:
        assert most_at_once(shot for shot in told.requests if shot.member_id == member_id) == 1


async def test_all_together_never_have_more_in_flight_than_the_club_tolerates(stories: Stories) -> None:
    told = await stories.of("three_in_flight_in_all")
    assert 1 < most_at_once(told.requests) <= IN_ALL


@pytest.mark.parametrize("name", sorted(LATE.keys() - STAYS_CLOSED))
async def test_when_the_club_opens_late_the_sign_ups_become_fewer_and_the_member_gets_in(
    stories: Stories, name: str
) -> None:
    told = await stories.of(name)
    for report in told.reports:
        before_ms = [late_ms for late_ms in report["sign_ups"]["arrived_ms"] if late_ms < 0]
        assert 1 < len(before_ms) <= told.rules.sign_ups - 1
        assert report["accepted"][0]["after_opening_ms"] < 6000


async def test_a_club_that_stays_closed_is_given_up(stories: Stories) -> None:
    for name in STAYS_CLOSED:
        for booking in (await stories.of(name)).bookings:
            assert booking.failure
            assert booking.failure.reason is FailureReason.NOT_OPENED


async def test_a_club_that_stays_closed_is_looked_at_ever_less_often(stories: Stories) -> None:
    told = await stories.of("closed")
    last_shot_ns = told.sign_ups[-1].arrived_ns
    looks = [look for look in told.asked(ClubAction.VIEW) if look.arrived_ns > last_shot_ns]
    assert len(looks) >= 3
    assert apart_ms(looks)[-1] > 1.5 * apart_ms(looks)[0]
