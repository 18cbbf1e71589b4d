"""Links where there are two clubs, and one has to be asked which session its links lead to."""

import html
import re

import pytest
from support.api_site import CLUB_ID, Visitor, words
from support.programs import Program, make_token, problem
from support.two_clubs import OTHER_ID, OTHER_NAME, TWICE_A_MEMBER, TwoClubs
from werkzeug.test import TestResponse

from autotennis.domain.member import Member
from autotennis_api import booking_views
from autotennis_api.desk import EXTENSION
from autotennis_api.tries import Rule
from practice_club.orders import NewSession

DAY_S = 86_400


def _links(answer: TestResponse) -> set[str]:
    return set(re.findall(r"<code>([^<]*)</code>", html.unescape(answer.text)))


def test_what_a_good_link_looks_like_is_shown_for_every_club(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    first, second = (club.good_link for club in two.site.ports.clubs.values())
    assert _links(visitor.get("/")) == {first, second}
    elsewhere = visitor.paste("https://elsewhere.example/timeinfo.php?timeid=1")
    assert (elsewhere.status_code, _links(elsewhere)) == (422, {first, second})
    assert f"A good link of {OTHER_NAME} looks like this: {second}" in words(elsewhere)
    assert _links(visitor.paste(two.other.base_url + "/about")) == {second}, "it was meant to be one of this club"


def _bad_ways(two: TwoClubs, way: str) -> str:
    _, session, link = two.session(NewSession(opens_in_s=DAY_S))
    if way == "unknown":
        return link.replace(session.slot, "slot-999")
    if way == "rebuilt":
        two.other.turn(rebuilt=["session"])
    else:
        two.other.turn(faults=[{"kind": way}])
    return link


@pytest.mark.parametrize(
    ("way", "status", "said", "kind"),
    [
        ("unknown", 422, "The club does not know this session.", "unknown-session"),
        ("unavailable", 503, "The club is too busy to say which session this is.", "busy"),
        ("reset", 503, "The club did not say in time which session this is.", "busy"),
        ("rebuilt", 502, "is not as we know it", "not-understood"),
    ],
)
def test_a_link_whose_session_is_not_told_is_answered_on_the_page_that_it_was_pasted_on(
    two: TwoClubs, at_both: tuple[Visitor, Member], way: str, status: int, said: str, kind: str
) -> None:
    visitor, _ = at_both
    link = _bad_ways(two, way)
    answer = visitor.paste(link)
    assert (answer.status_code, said in words(answer)) == (status, True), words(answer)
    assert f'value="{link}"' in answer.text, "nobody has to look for it again"
    assert ("Try again</button>" in answer.text) == (status == 503)
    told = Program(two.site, make_token(two.site, TWICE_A_MEMBER)).post(
        "/sessions/preview", {"session": {"link": link}}
    )
    assert (told.status_code, problem(told)) == (status, kind)
    assert said in told.get_json()["detail"]


def test_a_club_that_is_silent_is_given_up_in_time(
    two: TwoClubs, at_both: tuple[Visitor, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_views, "ERRAND_LIMIT_S", 0.5)
    answer = at_both[0].paste(_bad_ways(two, "timeout"))
    assert (answer.status_code, "The club did not say in time" in words(answer)) == (503, True)


def test_who_pastes_too_often_is_told_until_when(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    _, _, link = two.session(NewSession(opens_in_s=DAY_S))
    (limit,) = Rule.LOOK_OF_MEMBER.value
    for _ in range(limit.most):
        two.site.app.extensions[EXTENSION].tries.count(Rule.LOOK_OF_MEMBER, at_both[1].id)
    answer = visitor.paste(link)
    assert (answer.status_code, "That was tried too often." in words(answer)) == (429, True)
    assert answer.headers["Retry-After"]


def test_an_alternative_whose_session_is_not_told_says_so(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    _, first = two.club.add_session(NewSession(opens_in_s=DAY_S))
    preview, lesser = visitor.paste(first), _bad_ways(two, "unavailable")
    answer = visitor.confirm(preview, options="1", wait="1", else_1=lesser)
    assert answer.status_code == 422
    assert "Else this one: The club is too busy to say which session this is." in words(answer)
    two.other.turn(faults=[])
    assert visitor.confirm(preview, options="1", wait="1", else_1=lesser).status_code == 200
    mine = two.site.ports.store.bookings_of(at_both[1].id)
    assert {one.club_id for one in mine} == {CLUB_ID, OTHER_ID}


def test_programs_name_a_session_by_its_slot(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    _, session, link = two.session(NewSession(opens_in_s=DAY_S))
    program = Program(two.site, make_token(two.site, TWICE_A_MEMBER))
    told = program.post("/sessions/preview", {"session": {"link": link}}).get_json()["session"]
    assert (told["club"], told["slot"], told["timeid"]) == (OTHER_ID, session.slot, session.timeid)
    named = {"club": OTHER_ID, "slot": session.slot, "start": told["start"]}
    assert program.post("/bookings", {"session": named}).status_code == 201
    again = program.post("/bookings", {"session": {"link": link}})
    assert (again.status_code, problem(again)) == (409, "booked-already")
    refused = program.post("/bookings", {"session": {"club": OTHER_ID, "start": told["start"]}})
    assert (refused.status_code, problem(refused)) == (400, "bad-request")
