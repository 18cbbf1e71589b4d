"""Races in which the club answers with trouble: it is heeded, and the outcome is the truth."""

import pytest
from support.booking_desk import RACE, Desk
from support.situations import Situation, Stories, fixture_of
from support.waiting import eventually

from autotennis.domain.booking import State
from practice_club.knobs import Fault, FaultKind, Knobs
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action as ClubAction
from practice_club.vocabulary import Verdict as ClubVerdict

# All races of this module are run at the same time, by one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("situations_answers")]

RETRY_AFTER_S = 2
# Some answers are trouble, and the others come too early: so the trouble is in mid-race.
LATE_S = 0.4
PATIENT = RACE.model_copy(update={"give_up_s": 8.0})
# The first sign-up cannot be early.
SURE = RACE.model_copy(update={"early": False})


def trouble(kind: FaultKind, *, late_s: float = LATE_S, **more: object) -> Knobs:
    """A club that has this trouble with sign-ups."""
    return Knobs(opening_late_s=late_s, faults=(Fault.model_validate({"kind": kind, "action": "sign_up", **more}),))


def busy(kind: FaultKind, times: int = 1, members: int = 1) -> Situation:
    """A club that asks to be left alone in mid-race."""
    return Situation(trouble(kind, skip=2, times=times, retry_after_s=RETRY_AFTER_S), PATIENT, members=members)


async def lose_the_login(desk: Desk, session: ClubSession) -> None:
    """The club forgets all logins as soon as a sign-up has come."""
    await eventually(lambda: desk.asked("sign_up"), "a sign-up came")
    desk.club.logins.expire(None)


SITUATIONS = {
    "slow_yes": Situation(trouble(FaultKind.TIMEOUT, late_s=0, acts=True, times=1), SURE),
    "all_answers_are_slow": Situation(trouble(FaultKind.TIMEOUT, late_s=0, acts=True)),
    "slow_no": Situation(trouble(FaultKind.TIMEOUT, times=1, skip=1), PATIENT),
    "busy": busy(FaultKind.TOO_MANY_REQUESTS),
    "busy_again": busy(FaultKind.UNAVAILABLE, times=2),
    "busy_for_all": busy(FaultKind.TOO_MANY_REQUESTS, members=3),
    "reset": Situation(trouble(FaultKind.RESET, times=2, skip=1)),
    "yes_and_reset": Situation(trouble(FaultKind.RESET, late_s=0, times=1, acts=True), SURE),
    "always_reset": Situation(trouble(FaultKind.RESET, late_s=0)),
    "always_yes_and_reset": Situation(trouble(FaultKind.RESET, late_s=0, acts=True)),
    "login_lost": Situation(Knobs(opening_late_s=2.0), PATIENT, meanwhile=lose_the_login),
    "login_lost_not_remembered": Situation(
        Knobs(opening_late_s=2.0, remember_login=False), PATIENT, meanwhile=lose_the_login
    ),
    "login_expires": Situation(Knobs(opening_late_s=1.5, login_expires_s=4.0), PATIENT, opens_in_s=3.5),
}


stories = fixture_of("answers", SITUATIONS)


@pytest.mark.parametrize("name", SITUATIONS)
async def test_caps_and_the_truth(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    told.keeps_the_promises()


@pytest.mark.parametrize("name", [name for name in SITUATIONS if name != "always_reset"])
async def test_booked_all_the_same(stories: Stories, name: str) -> None:
    assert (await stories.of(name)).states == {State.BOOKED}


@pytest.mark.parametrize("name", ["slow_yes", "yes_and_reset"])
async def test_an_answer_that_may_have_been_a_yes_is_looked_after_and_not_repeated(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert [request.verdict for request in told.sign_ups] == [ClubVerdict.SIGNED_UP]
    assert told.asked(ClubAction.VIEW)[-1].arrived_ns > told.sign_ups[0].arrived_ns


@pytest.mark.parametrize("name", ["all_answers_are_slow", "always_yes_and_reset"])
async def test_when_no_sign_up_is_ever_answered_those_of_the_burst_are_all(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert told.booking.plan
    assert len(told.sign_ups) <= len(told.booking.plan.shots_ms)
    assert [request.verdict for request in told.sign_ups].count(ClubVerdict.SIGNED_UP) == 1


@pytest.mark.parametrize("name", ["slow_no", "reset"])
async def test_after_an_answer_that_was_lost_the_page_is_read_before_shooting_on(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert told.booking.plan
    burst = len(told.booking.plan.shots_ms)
    # The first one may be ahead of the burst's end: but it comes before anything is shot that was not planned.
    looks = [look for look in told.asked(ClubAction.VIEW) if look.arrived_ns > told.sign_ups[0].arrived_ns]
    assert [shot for shot in told.sign_ups[burst:] if shot.arrived_ns < looks[0].arrived_ns] == []


@pytest.mark.parametrize("name", ["busy", "busy_again", "busy_for_all"])
async def test_nobody_asks_for_anything_while_the_club_wants_to_be_left_alone(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    assert [request for request in told.sign_ups if request.fault]
    told.is_quiet_when_asked_to_be(RETRY_AFTER_S)


@pytest.mark.parametrize("name", ["login_lost", "login_lost_not_remembered", "login_expires"])
async def test_a_login_that_was_lost_is_renewed_exactly_once_and_used(stories: Stories, name: str) -> None:
    told = await stories.of(name)
    first, second = told.asked(ClubAction.LOGIN)
    assert first.verdict is second.verdict is ClubVerdict.LOGGED_IN
    assert second.answered_ns
    after = [shot for shot in told.sign_ups if shot.arrived_ns > second.answered_ns]
    assert after
    assert ClubVerdict.NOT_LOGGED_IN not in {shot.verdict for shot in after}
