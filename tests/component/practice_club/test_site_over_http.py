"""Addresses, headers, cookies and encodings of the club's site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from pydantic import SecretStr

from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.vocabulary import Kind

if TYPE_CHECKING:
    from conftest import NewVisitor, Visitor


async def test_pages_name_no_charset_in_their_header(visitor: Visitor, club: PracticeClub) -> None:
    club.add_member(NewMember(name="Åse Myrvassli"))
    answer = await visitor.get("/")
    assert answer.headers["Content-Type"] == "text/html"
    assert b"charset=ISO-8859-1" in answer.body
    assert 20_000 < len(answer.body) < 45_000


async def test_reading_a_name_without_a_charset_fails_as_at_the_club(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member(NewMember(name="Åse Myrvassli"))
    session = club.add_session(NewSession(opens_in_s=-10))
    club.take(session, member.id)
    async with visitor.http.get(club.link(session)) as response:
        with pytest.raises(UnicodeDecodeError):
            await response.text()
        assert "Åse M." in await response.text(encoding="cp1252")


async def test_a_login_sets_three_cookies_and_a_refusal_none(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member()
    wrong = member.model_copy(update={"pin": SecretStr("wrong")})
    refused = await visitor.log_in(wrong)
    assert (refused.status, refused.set_cookies) == (200, [])
    accepted = await visitor.log_in(member)
    names = [line.split("=")[0] for line in accepted.set_cookies]
    assert names == ["PHPSESSID", "NTNUITennis_brukernavn", "NTNUITennis_huskmeg"]
    assert b"Du er n&aring; innlogget som" in accepted.body
    assert "logout.php" in (await visitor.get("/index.php")).text


async def test_a_pin_with_norwegian_letters_is_sent_in_the_pages_charset(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member(NewMember(pin=SecretStr("æøå1")))
    form = {"email": member.email, "password": "æøå1"}
    as_utf_8 = await visitor.request("POST", "/index.php", data=form)
    assert b"innlogget som" not in as_utf_8.body
    assert b"innlogget som" in (await visitor.log_in(member)).body


async def test_a_user_name_cookie_with_an_at_sign_must_come_back_unquoted(club: PracticeClub) -> None:
    club.turn(cookie_raw_email=True)
    member = club.add_member()
    form = {"email": member.email, "password": member.pin.get_secret_value()}
    for quoting, remembered in ((True, False), (False, True)):
        jar = aiohttp.CookieJar(unsafe=True, quote_cookie=quoting)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            await (await http.post(f"{club.base_url}/index.php", data=form)).read()
            jar.clear(lambda morsel: morsel.key == "PHPSESSID")
            body = await (await http.get(f"{club.base_url}/index.php")).read()
            assert (b"logout.php" in body) is remembered


async def test_logout_redirects_and_ends_the_login(visitor: Visitor, club: PracticeClub) -> None:
    await visitor.log_in(club.add_member())
    answer = await visitor.get("/logout.php", {"lang": "no"})
    assert answer.path == "/index.php?loggetut=1&lang=no"
    assert b"Du er n&aring; logget ut." in answer.body
    assert "nybruker.php" in answer.text
    assert "nybruker.php" in (await visitor.get("/index.php")).text


async def test_parameters_come_in_any_order_and_both_paddings(visitor: Visitor, club: PracticeClub) -> None:
    club.add_session(NewSession(starts="20261127T9:00:00", timeid=65))
    for query in (
        "timeid=65&spilletid=20261127T9:00:00",
        "spilletid=20261127T09:00:00&timeid=65&lang=no",
        "lang=no&spilletid=20261127T9%3A00%3A00&timeid=65",
    ):
        assert "9:00-10:00" in (await visitor.get(f"/timeinfo.php?{query}")).text
    escaped = await visitor.get("/timeinfo.php?timeid=65&amp;spilletid=20261127T9:00:00")
    assert "ERROR" in escaped.text


async def test_english_pages_have_none_of_the_norwegian_markers(visitor: Visitor, club: PracticeClub) -> None:
    member, session = club.add_member(), club.add_session(NewSession(opens_in_s=-10))
    club.take(session, member.id)
    await visitor.log_in(member)
    english = await visitor.get(club.link(session).removeprefix(club.base_url).replace("lang=no", "lang=en"))
    assert "Kode for tilgang til bygget:" not in english.text
    assert "Code for access" in english.text


async def test_padel_is_confirmed_in_its_own_words(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member()
    session = club.add_session(NewSession(opens_in_s=-10, kind=Kind.PADEL))
    await visitor.log_in(member)
    answer = await visitor.ask(session, "leggtilvikarid", member)
    assert "Bruk hovedinngangen, eller kode" in answer.text
    assert "Kode for tilgang" not in answer.text


async def test_a_connection_serves_many_requests(visitor: Visitor, club: PracticeClub) -> None:
    for _ in range(5):
        await visitor.get("/index.php")
    totals = club.report()["totals"]
    assert (totals["requests"], totals["connections"]) == (5, 1)


async def test_an_idle_connection_is_closed_when_its_time_is_over(club: PracticeClub) -> None:
    club.turn(keepalive_s=0.05)
    host, port = club.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /kalender.php HTTP/1.1\r\nHost: club\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    writer.close()
    await writer.wait_closed()


async def test_two_members_have_a_login_each(new_visitor: NewVisitor, club: PracticeClub) -> None:
    session = club.add_session(NewSession(opens_in_s=-10, capacity=2))
    for _ in range(2):
        visitor, member = await new_visitor(), club.add_member()
        await visitor.log_in(member)
        assert f"fjernvikarid={member.id}" in (await visitor.ask(session, "leggtilvikarid", member)).text
    assert len(session.takers()) == 2


async def test_an_unknown_page_is_not_found(visitor: Visitor) -> None:
    assert (await visitor.get("/robots.txt")).status == 404
