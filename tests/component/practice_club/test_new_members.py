"""Somebody makes themselves a member of the practice club by its page "Ny bruker"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from pydantic import SecretStr

from practice_club.club import PracticeClub
from practice_club.orders import NewMember
from practice_club.people import Member

if TYPE_CHECKING:
    from conftest import Answer, Visitor

SOLVEIG = {"navn": "Sølvår  Bjørkås", "email": "solvaar@example.org", "password": "æ71å"}


async def join(visitor: Visitor, form: dict[str, str]) -> Answer:
    data = aiohttp.FormData(form, charset="iso-8859-1")
    return await visitor.request("POST", "/nybruker.php", params={"lang": "no"}, data=data)


async def test_the_page_shows_a_form_to_visitors_only(visitor: Visitor, club: PracticeClub) -> None:
    page = await visitor.get("/nybruker.php")
    assert page.status == 200
    for name in SOLVEIG:
        assert f'name="{name}"' in page.text
    await visitor.log_in(club.add_member())
    assert 'name="navn"' not in (await visitor.get("/nybruker.php")).text
    assert "ERROR" in (await join(visitor, SOLVEIG)).text
    assert club.model.member_by_email(SOLVEIG["email"]) is None


async def test_who_fills_it_in_is_a_member_and_can_log_in(visitor: Visitor, club: PracticeClub) -> None:
    answer = await join(visitor, SOLVEIG)
    assert "Velkommen, Sølvår B.!" in answer.text
    assert "logge inn" in answer.text
    member = club.model.member_by_email(SOLVEIG["email"])
    assert member is not None
    assert member.name == "Sølvår Bjørkås"
    assert b"Du er n&aring; innlogget som" in (await visitor.log_in(member)).body


async def test_a_taken_address_is_refused_and_the_member_stays(visitor: Visitor, club: PracticeClub) -> None:
    club.add_member(NewMember(email="SOLVAAR@example.org", name="Tormod Lien", pin=SecretStr("1234")))
    answer = await join(visitor, SOLVEIG)
    assert "Det finnes allerede et medlem" in answer.text
    assert 'value="solvaar@example.org"' in answer.text
    assert [member.name for member in club.model.members.values()] == ["Tormod Lien"]


@pytest.mark.parametrize(
    "wrong", [{"navn": " "}, {"email": "nobody"}, {"email": ""}, {"password": ""}, {"password": "12345"}]
)
async def test_a_wrong_field_is_told_and_nobody_is_made(
    visitor: Visitor, club: PracticeClub, wrong: dict[str, str]
) -> None:
    answer = await join(visitor, {**SOLVEIG, **wrong})
    assert "Fyll ut navn" in answer.text
    assert club.model.members == dict[int, Member]()


async def test_what_was_typed_is_shown_again_as_text(visitor: Visitor) -> None:
    answer = await join(visitor, {**SOLVEIG, "navn": '"><b>Åse', "password": "4711x"})
    assert "<b>Åse" not in answer.text
    assert "&lt;b&gt;Åse" in answer.text
    assert "4711x" not in answer.text
