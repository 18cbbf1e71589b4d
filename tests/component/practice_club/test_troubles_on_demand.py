"""Every fault as a client meets it, and the flood guard."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from practice_club.club import PracticeClub
from practice_club.orders import NewSession

if TYPE_CHECKING:
    from conftest import NewVisitor, Visitor


@pytest.mark.parametrize(
    ("kind", "status"),
    [("forbidden", 403), ("too_many_requests", 429), ("unavailable", 503), ("server_error", 500)],
)
async def test_a_refusal_has_its_status_and_advice(
    visitor: Visitor, club: PracticeClub, kind: str, status: int
) -> None:
    club.turn(faults=[{"kind": kind, "times": 1, "retry_after_s": 7}])
    refused = await visitor.get("/index.php")
    assert (refused.status, refused.headers["Retry-After"]) == (status, "7")
    assert "Date" in refused.headers
    assert (await visitor.get("/index.php")).status == 200
    assert [(r.status, r.fault) for r in club.record.requests] == [(status, kind), (200, None)]


async def test_a_reset_breaks_the_connection(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "reset", "times": 1, "action": "view"}])
    session = club.add_session(NewSession(opens_in_s=-10))
    assert (await visitor.get("/index.php")).status == 200
    with pytest.raises(aiohttp.ClientError):
        await visitor.request("POST", club.link(session).removeprefix(club.base_url))
    assert (await visitor.ask(session)).status == 200


async def test_a_timeout_says_nothing_until_the_visitor_goes(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "timeout", "times": 1}])
    with pytest.raises(asyncio.TimeoutError):
        await visitor.request("GET", "/index.php", timeout=aiohttp.ClientTimeout(total=0.2))
    assert (await visitor.get("/index.php")).status == 200


async def test_a_held_connection_ends_by_itself(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "timeout", "hold_s": 0.1}])
    with pytest.raises(aiohttp.ClientError):
        await visitor.request("POST", "/index.php")


async def test_a_truncated_page_is_half_of_what_was_promised(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "truncated", "times": 1}])
    async with visitor.http.get(f"{club.base_url}/index.php") as response:
        promised = int(response.headers["Content-Length"])
        received = await response.content.readexactly(promised // 2)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.readexactly(1)
    assert received[:9] == b"<!DOCTYPE"


async def test_an_answer_may_lack_its_date(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "no_date", "times": 1}])
    assert "Date" not in (await visitor.get("/index.php")).headers
    assert "Date" in (await visitor.get("/index.php")).headers


async def test_what_was_asked_for_may_be_elsewhere(visitor: Visitor, club: PracticeClub) -> None:
    session = club.add_session(NewSession(opens_in_s=-10))
    club.turn(faults=[{"kind": "moved", "times": 1, "location": "http://elsewhere.example/portal"}])
    async with visitor.http.get(club.link(session), allow_redirects=False) as moved:
        assert (moved.status, moved.headers["Location"]) == (302, "http://elsewhere.example/portal")
        assert "portal" in moved.cookies
    assert (await visitor.ask(session)).status == 200


@pytest.mark.parametrize("acts", [True, False])
async def test_the_login_may_be_shown_instead(visitor: Visitor, club: PracticeClub, *, acts: bool) -> None:
    member, session = club.add_member(), club.add_session(NewSession(opens_in_s=-10))
    await visitor.log_in(member)
    club.turn(faults=[{"kind": "login_page", "action": "sign_up", "times": 1, "acts": acts}])
    shown = await visitor.ask(session, "leggtilvikarid", member)
    assert (shown.status, 'id="login"' in shown.text) == (200, True)
    assert (member.id in session.takers()) is acts
    assert ("fjernvikarid" in (await visitor.ask(session)).text) is acts


async def test_a_page_may_come_in_other_letters(visitor: Visitor, club: PracticeClub) -> None:
    session = club.add_session(NewSession(opens_in_s=3600))
    as_ever = (await visitor.ask(session)).text
    club.turn(faults=[{"kind": "other_letters"}])
    async with visitor.http.get(club.link(session)) as other:
        assert other.charset == "utf-8"
        text = (await other.read()).decode()
    assert "&Oslash;vingsklubben" in as_ever
    assert "&Oslash;" not in text
    assert "Øvingsklubben" in text
    assert text.count("&amp;") == as_ever.count("&amp;")


@pytest.mark.parametrize("acts", [True, False])
async def test_an_answer_may_be_lost_after_the_club_has_acted(
    visitor: Visitor, club: PracticeClub, *, acts: bool
) -> None:
    member, session = club.add_member(), club.add_session(NewSession(opens_in_s=-10))
    await visitor.log_in(member)
    club.turn(faults=[{"kind": "unavailable", "action": "sign_up", "times": 1, "acts": acts}])
    assert (await visitor.ask(session, "leggtilvikarid", member)).status == 503
    assert (member.id in session.takers()) is acts
    assert ("fjernvikarid" in (await visitor.ask(session)).text) is acts


async def test_the_flood_guard_shuts_out_and_keeps_a_record(visitor: Visitor, club: PracticeClub) -> None:
    guard = {"limit": {"requests": 3, "seconds": 10}, "ban_s": 30, "status": 429, "retry_after_s": 30}
    club.turn(flood_guard=guard)
    statuses = [(await visitor.get("/index.php")).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    (ban,) = club.report()["totals"]["bans"]
    assert (ban["who"], ban["requests"]) == ("127.0.0.1", 4)
    club.step_clock(31_000)
    assert (await visitor.get("/index.php")).status == 200


async def test_a_fault_after_a_rate_hits_the_flood_alone(new_visitor: NewVisitor, club: PracticeClub) -> None:
    visitor = await new_visitor()
    club.turn(faults=[{"kind": "too_many_requests", "after": {"requests": 3, "seconds": 10}}])
    assert [(await visitor.get("/index.php")).status for _ in range(4)] == [200, 200, 200, 429]
    club.step_clock(11_000)
    assert (await visitor.get("/index.php")).status == 200
