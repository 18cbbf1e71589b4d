"""Whose request it is that was made ready beforehand: logins, cookies and secrets."""

import asyncio
import logging
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web
from pydantic import SecretStr
from support import ntnui_pages
from support.ntnui_pages import MEMBER_ID, NONE_FREE, SESSION
from support.ntnui_visits import club_at, credentials, member_at, open_session, raw_club, saying, serving
from support.waiting import eventually

from autotennis.domain.member import Credentials
from autotennis.ports import PreparedRequest, Visit
from autotennis.values import Action, VerdictKind
from practice_club.club import PracticeClub
from practice_club.server import running_club

SOMEBODY = Credentials(email="ase@example.invalid", password=SecretStr("1234"))


@pytest.fixture
async def club() -> AsyncGenerator[PracticeClub]:
    async with running_club() as club:
        yield club


def made_ready(visit: Visit) -> PreparedRequest:
    return visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)


class CookieClub:
    """Sets one cookie with each answer while there are any; keeps those that it was sent."""

    def __init__(self, *sets: str) -> None:
        self._sets = list(sets)
        self.sent: list[str] = []
        self.held_back = asyncio.Event()
        self.held_back.set()

    async def respond(self, request: web.Request) -> web.Response:
        self.sent.append(request.headers.get("Cookie", ""))
        to_set = self._sets.pop(0) if self._sets else ""
        if request.method == "POST":
            body = ntnui_pages.front_page(notice="Du er n&aring; innlogget som Åse Ø.")
        else:
            await self.held_back.wait()
            body = ntnui_pages.session_page(NONE_FREE)
        answer = web.Response(body=body)
        if to_set:
            answer.headers.add("Set-Cookie", to_set)
        return answer


async def test_a_fresh_login_is_used_by_the_next_request_on_the_same_connection(club: PracticeClub) -> None:
    member = club.add_member()
    _, session = open_session(club)
    async with member_at(club, member) as visit:
        prepared = visit.prepared(Action.SIGN_UP, session, member.id)
        await prepared.warm(1)
        club.logins.expire(member.id)
        assert (await prepared.send()).verdict.kind is VerdictKind.LOGGED_OUT
        await visit.log_in(credentials(member))
        answer = await prepared.send()
        assert answer.verdict.kind is VerdictKind.SIGNED_UP
    shots = [request.connection for request in club.record.requests if request.verdict]
    assert shots[-1] == shots[-3] != shots[-2]


async def test_the_login_that_was_made_after_warming_is_used(club: PracticeClub) -> None:
    member = club.add_member()
    _, session = open_session(club)
    async with club_at(club.base_url).visit() as visit:
        prepared = visit.prepared(Action.SIGN_UP, session, member.id)
        await prepared.warm(1)
        await visit.log_in(credentials(member))
        assert (await prepared.send()).verdict.kind is VerdictKind.SIGNED_UP


async def test_a_regular_player_confirms_the_own_place(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club, opens_in_s=9_000, regulars=[member.id])
    async with member_at(club, member) as visit:
        assert (await visit.prepared(Action.CONFIRM, session, member.id).send()).verdict.kind is VerdictKind.SIGNED_UP
    assert theirs.said == {member.id: True}


async def test_nothing_is_sent_in_the_name_of_somebody_else_than_who_is_logged_in(club: PracticeClub) -> None:
    member, other = club.add_member(), club.add_member()
    theirs, session = open_session(club)
    async with member_at(club, member) as visit:
        prepared = visit.prepared(Action.SIGN_UP, session, other.id)
        await prepared.warm(1)
        await visit.look(session)
        sent = visit.requests_sent
        answer = await prepared.send()
        assert (answer.verdict.kind, answer.page.club_member_id) == (VerdictKind.REFUSED, member.id)
        assert visit.requests_sent == sent
    assert not theirs.substitutes


async def test_cookies_of_its_answers_are_kept_for_every_request_of_the_visit() -> None:
    club = CookieClub("a=ase@example.invalid; path=/", "b=2", "a=3; path=/", "b=; max-age=0", "c=4; path=/other")
    async with serving(club.respond) as address, club_at(address).visit() as visit:
        await visit.log_in(SOMEBODY)
        prepared = made_ready(visit)
        await prepared.send()
        await visit.look(SESSION)
        for _ in range(3):
            await prepared.send()
    assert club.sent == [
        "",
        "a=ase@example.invalid",
        "a=ase@example.invalid; b=2",
        "a=3; b=2",
        "a=3",
        "a=3",
    ]


async def test_the_late_answer_to_a_request_of_an_earlier_login_does_not_undo_the_new_one() -> None:
    club = CookieClub("login=old; path=/", "login=nobody; path=/", "login=new; path=/")
    async with serving(club.respond) as address, club_at(address).visit() as visit:
        await visit.log_in(SOMEBODY)
        prepared = made_ready(visit)
        club.held_back.clear()
        late = asyncio.ensure_future(prepared.send())
        await eventually(lambda: len(club.sent) == 2, "the request is there")
        await visit.log_in(SOMEBODY)
        club.held_back.set()
        assert (await late).verdict.kind is VerdictKind.FULL
        await prepared.send()
    assert club.sent == ["", "login=old", "", "login=new"]


async def test_a_cookie_with_letters_beyond_ascii_is_sent_back_as_it_came() -> None:
    name = "NTNUITennis_navn=Bjørn-Kåre".encode()
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: " + name + b"; path=/\r\nContent-Length: 0\r\n\r\n"
    async with raw_club(saying(answer)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.send()
        await prepared.send()
        assert b"Cookie: " + name + b"\r\n" in club.heads[1]


async def test_secrets_are_in_no_log_and_in_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: login=geheim; path=/\r\nContent-Length: 9\r\n\r\nkode 2580"
    async with raw_club(saying(answer, then_leave=True)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.send()
        awaited = prepared.send()
        shown = f"{prepared!r} {awaited!r} {await awaited!r}"
        assert b"Cookie: login=geheim\r\n" in club.heads[1]
    for secret in ("geheim", "2580", str(MEMBER_ID)):
        assert secret not in shown
        assert secret not in caplog.text
