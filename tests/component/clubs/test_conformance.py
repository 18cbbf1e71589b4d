"""The conformance kit: it passes our client of the practice club, and finds what is wrong with broken ones."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
from support import broken_clubs
from support.broken_clubs import ClubWith, Scene, results_of, scene_at

from autotennis.adapters.clubs.ntnui.client import NtnuiVisit
from autotennis.adapters.system import SystemClock
from autotennis.conformance.checking import check
from autotennis.conformance.desk import Order
from autotennis.conformance.outcome import Outcome, Result
from practice_club.club import PracticeClub
from practice_club.server import running_club
from practice_club.vocabulary import Action as ClubAction


@pytest.fixture
async def practice() -> AsyncGenerator[PracticeClub]:
    async with running_club() as practice:
        yield practice


@pytest.fixture
def scene(practice: PracticeClub) -> Scene:
    return scene_at(practice)


async def test_our_own_client_keeps_every_promise(practice: PracticeClub) -> None:
    practice.turn(clock_offset_ms=1370)
    scene = scene_at(practice, opens_soon_in_s=30)
    results = await results_of(ClubWith(practice), scene)
    said = {case: str(one) for case, one in results.items()}
    assert {case for case, one in results.items() if one.outcome is Outcome.FAILED} == set(), said
    # One step is all that a sign-up takes here.
    assert {case for case, one in results.items() if one.outcome is Outcome.SKIPPED} == {"release"}, said
    assert "is taken" in said["opening instant"]
    assert "told by its countdown" in said["not open"]
    assert "3 of 4 free places are left" in said["sign-up"]
    assert sum(one.requests for one in results.values()) == len(practice.record.requests)
    assert len([one for one in practice.record.requests if one.action is ClubAction.LOGIN]) == 3
    assert not scene.free.substitutes


async def test_an_opening_that_comes_later_than_it_is_told_is_found(practice: PracticeClub) -> None:
    practice.turn(opening_late_s=600)
    scene = scene_at(practice, opens_soon_in_s=25)
    result = (await results_of(ClubWith(practice), scene))["opening instant"]
    assert result.outcome is Outcome.FAILED
    assert "a sign-up sent then is answered with `not_open`" in result.said


@pytest.mark.parametrize(
    ("visits", "case", "said"),
    [
        (broken_clubs.SaysSignedUp, "sign-up", "but a look at the page says `free`"),
        (broken_clubs.SaysSignedUpEverywhere, "sign-up", "the page of a free session says `signed_up`"),
        (broken_clubs.RepeatsLogin, "refused login", "is it sent again"),
        (broken_clubs.LetsAnybodyIn, "refused login", "`logged_in` instead of LoginRefused"),
        (broken_clubs.FullIsFree, "full", "the page of a full session says `free`"),
        (broken_clubs.OpensAnHourLate, "not open", "the countdown and the rule (72 h) disagree"),
        (broken_clubs.EveryPageIsFree, "bad page", "the page says `free`"),
        (broken_clubs.CancelledIsFull, "cancelled", "says `full`"),
        (broken_clubs.KeepsPlaces, "withdraw", "after the withdrawal the page says `signed_up`"),
        (broken_clubs.TellsNoTime, "clock", "has no Date"),
        (broken_clubs.RaisesOnPages, "full", "ValueError at "),
        (broken_clubs.UnreachablePages, "full", "ClubUnreachable"),
    ],
)
async def test_a_client_that_breaks_a_promise_is_found(
    practice: PracticeClub, scene: Scene, visits: type[NtnuiVisit], case: str, said: str
) -> None:
    results = await results_of(ClubWith(practice, visits), scene)
    assert results[case].outcome is Outcome.FAILED, str(results[case])
    assert said in results[case].said
    assert "2580" not in str(results)


async def test_a_link_that_does_not_read_back_is_found(practice: PracticeClub, scene: Scene) -> None:
    result = (await results_of(broken_clubs.LinksElsewhere(practice), scene))["links"]
    assert result.outcome is Outcome.FAILED
    assert "which leads to" in result.said


async def test_links_of_a_plan_that_lead_to_one_session_are_found(practice: PracticeClub, scene: Scene) -> None:
    links = scene.plan.links.model_copy(update={"full": scene.plan.links.free})
    plan = scene.plan.model_copy(update={"links": links})
    result = (await results_of(ClubWith(practice), replace(scene, plan=plan), look_only=True))["links"]
    assert result.outcome is Outcome.FAILED
    assert "`free` and `full` lead to the same session" in result.said


async def test_a_client_that_takes_any_link_is_found(practice: PracticeClub, scene: Scene) -> None:
    result = (await results_of(broken_clubs.TakesAnyLink(practice), scene))["links of others"]
    assert result.outcome is Outcome.FAILED
    assert "the club's front page is taken for a session" in result.said


async def test_a_sign_up_that_takes_two_places_is_found(practice: PracticeClub, scene: Scene) -> None:
    club = ClubWith(practice, broken_clubs.taking_two(practice, scene.free))
    result = (await results_of(club, scene))["sign-up"]
    assert result.outcome is Outcome.FAILED
    assert "changed the free places from 3 to 1" in result.said


async def test_what_was_taken_is_given_back_however_a_case_ends(practice: PracticeClub, scene: Scene) -> None:
    club = ClubWith(practice, broken_clubs.taking_two(practice, scene.free))
    results = await results_of(club, scene)
    assert results["given back"].outcome is Outcome.PASSED
    emails = {login.email for login in scene.logins}
    ours = {member.id for member in practice.model.members.values() if member.email in emails}
    assert len(ours) == 2
    assert scene.free.substitutes
    assert not ours & scene.free.substitutes.keys()


async def test_what_was_taken_is_given_back_when_somebody_interrupts(practice: PracticeClub, scene: Scene) -> None:
    told: list[Result] = []

    def tell(result: Result) -> None:
        told.append(result)
        if result.case == "sign-up":
            assert scene.free.substitutes
            checking.cancel()

    order = Order(ClubWith(practice), SystemClock(), scene.plan, scene.logins)
    checking = asyncio.create_task(check(order, tell))
    with pytest.raises(asyncio.CancelledError):
        await checking
    assert [(one.case, one.outcome) for one in told[-1:]] == [("given back", Outcome.PASSED)]
    assert not scene.free.substitutes


async def test_a_place_that_cannot_be_given_back_is_told(practice: PracticeClub, scene: Scene) -> None:
    results = await results_of(ClubWith(practice, broken_clubs.KeepsPlaces), scene)
    assert results["given back"].outcome is Outcome.FAILED
    assert practice.link(scene.free).split("?")[0] in results["given back"].said


async def test_where_only_looks_are_wanted_nobody_is_signed_up(practice: PracticeClub, scene: Scene) -> None:
    results = await results_of(ClubWith(practice), scene, look_only=True)
    assert {one.outcome for one in results.values()} == {Outcome.PASSED, Outcome.SKIPPED}
    assert results["sign-up"].outcome is Outcome.SKIPPED
    asked = {one.action for one in practice.record.requests}
    assert not asked & {ClubAction.SIGN_UP, ClubAction.WITHDRAW, ClubAction.CONFIRM, ClubAction.DECLINE}


async def test_a_club_that_asks_to_be_left_alone_is_left_alone(practice: PracticeClub, scene: Scene) -> None:
    results = await results_of(ClubWith(practice, broken_clubs.AsksToBeLeftAlone), scene)
    assert results["clock"].outcome is Outcome.FAILED
    assert "asks to be left alone for 30 s" in results["clock"].said
    assert results["login"].outcome is Outcome.SKIPPED
    assert len(practice.record.requests) == 1
