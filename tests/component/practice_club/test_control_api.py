"""The control and report API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import pytest
from pydantic import SecretStr

from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.server import running_club

if TYPE_CHECKING:
    from conftest import Visitor


async def test_the_time_is_told_and_set(visitor: Visitor, club: PracticeClub) -> None:
    _, told = await visitor.control("POST", "/time", {"offset_ms": 1370.5})
    assert told["offset_ms"] == 1370.5
    _, told = await visitor.control("POST", "/time", {"step_ms": -370.5})
    assert told["offset_ms"] == pytest.approx(1000)
    _, told = await visitor.control("POST", "/time", {"now": "2026-03-27T16:00:00Z"})
    assert told["now"].startswith("2026-03-27T16:00:0")
    now = datetime.fromtimestamp(club.now_ns() / 1e9, tz=UTC)
    assert (now.year, now.month, now.day, now.hour) == (2026, 3, 27, 16)
    status, told = await visitor.control("POST", "/time", {"offset_ms": 1, "step_ms": 1})
    assert (status, told["details"][0]["msg"]) == (
        400,
        "Value error, give one of `offset_ms`, `step_ms` and `now`",
    )


async def test_knobs_are_turned_one_by_one_or_all_at_once(visitor: Visitor, club: PracticeClub) -> None:
    await visitor.control("PATCH", "/knobs", {"latency_in_ms": 1, "workers": 2})
    _, knobs = await visitor.control("PATCH", "/knobs", {"workers": 3})
    assert (knobs["latency_in_ms"], knobs["workers"]) == (1, 3)
    _, knobs = await visitor.control("PUT", "/knobs", {"markerless_confirm": True})
    assert (knobs["workers"], club.knobs.markerless_confirm) == (None, True)
    status, refusal = await visitor.control("PATCH", "/knobs", {"wrokers": 1})
    assert (status, refusal["details"][0]["loc"]) == (400, ["wrokers"])
    assert (await visitor.control("GET", "/knobs"))[1] == knobs


async def test_a_member_who_was_added_can_log_in(visitor: Visitor, club: PracticeClub) -> None:
    status, made = await visitor.control("POST", "/members", {"name": "Sølve Kvistad-Moe"})
    assert status == 201
    assert (await visitor.control("GET", "/members"))[1] == [made]
    form = {"email": made["email"], "password": made["pin"]}
    answer = await visitor.request("POST", "/index.php", data=form)
    assert "innlogget som Sølve K." in answer.text
    status, refusal = await visitor.control("POST", "/members", {"id": made["id"]})
    assert (status, refusal["error"]) == (400, f"there is a member with id {made['id']} already")
    _, ended = await visitor.control("POST", "/logins/expire", {"member_id": made["id"]})
    assert ended == {"cookies_ended": 2}
    assert club.model.members[made["id"]].name == "Sølve Kvistad-Moe"


async def test_a_member_has_another_pin_and_is_logged_in_nowhere(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member(NewMember())
    await visitor.log_in(member)
    status, told = await visitor.control("POST", f"/members/{member.id}/pin", {"pin": "9021"})
    assert (status, told["pin"]) == (200, "9021")
    assert "innlogget som" not in (await visitor.get("/index.php")).text
    status, _ = await visitor.control("POST", "/members/1/pin", {"pin": "9021"})
    assert status == 404


async def test_a_member_who_is_removed_gives_up_every_place(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member(NewMember())
    session = club.add_session(NewSession(opens_in_s=-60, capacity=2))
    club.take(session, member.id)
    status, told = await visitor.control("DELETE", f"/members/{member.id}")
    assert (status, told) == (200, {"removed": member.id})
    assert club.session_report(session)["members"] == []
    status, _ = await visitor.control("DELETE", f"/members/{member.id}")
    assert status == 404


async def test_who_has_a_fixed_place_is_not_removed(visitor: Visitor, club: PracticeClub) -> None:
    member = club.add_member(NewMember())
    club.add_session(NewSession(opens_in_s=60, regulars=(member.id,)))
    status, refusal = await visitor.control("DELETE", f"/members/{member.id}")
    assert (status, "has a fixed place" in refusal["error"]) == (400, True)


async def test_a_session_that_opens_in_a_moment_has_a_link_that_works(visitor: Visitor, club: PracticeClub) -> None:
    status, made = await visitor.control("POST", "/sessions", {"opens_in_s": 30, "capacity": 3, "taken": 1})
    assert status == 201
    assert 30 <= (made["opens_ns"] - club.now_ns()) / 1e9 + 1 < 32
    assert made["starts_ns"] - made["opens_ns"] == 72 * 3600 * 10**9
    page = await visitor.get(made["link"].removeprefix(club.base_url))
    assert "ERROR" not in page.text
    assert "Vikarer (1 stk.)" in page.text
    listed = (await visitor.control("GET", "/sessions"))[1]
    assert [session["link"] for session in listed] == [made["link"]]
    assert f"timeid={made['timeid']}" in (await visitor.get("/index.php")).text


async def test_a_session_may_open_at_an_instant_or_start_at_a_local_time(visitor: Visitor) -> None:
    _, made = await visitor.control("POST", "/sessions", {"opens_at": "2026-10-23T17:00:00Z"})
    assert made["spilletid"] == "20261026T18:00:00"
    _, made = await visitor.control("POST", "/sessions", {"starts": "20261127T09:00:00", "timeid": 500})
    assert (made["timeid"], made["spilletid"]) == (500, "20261127T9:00:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"opens_in_s": 5, "starts": "20261127T9:00:00"},
        {"starts": "tomorrow"},
        {"opens_at": "2026-10-23T17:00:00"},
        {"opens_in_s": 5, "capacity": 1, "taken": 2},
        {"opens_in_s": 5, "kind": "drop-in", "regulars": [None]},
        {"opens_in_s": 5, "regulars": [4711]},
        {"opens_in_s": 1e12},
    ],
)
async def test_an_impossible_session_is_refused(visitor: Visitor, wrong: dict[str, object]) -> None:
    status, refusal = await visitor.control("POST", "/sessions", wrong)
    assert status == 400
    assert refusal["error"]


async def test_places_are_taken_freed_and_declined_by_order(visitor: Visitor, club: PracticeClub) -> None:
    member, regular = club.add_member(), club.add_member()
    session = club.add_session(NewSession(opens_in_s=3600, capacity=3, regulars=(regular.id,)))
    path = f"/sessions/{session.slot.timeid}/{club.link(session).split('spilletid=')[1].split('&')[0]}"
    _, taken = await visitor.control("POST", f"{path}/take", {"places": 2})
    assert len(taken["members"]) == 2
    status, _ = await visitor.control("POST", f"{path}/take", {"member_id": member.id})
    assert (status, session.takers()[-1]) == (200, member.id)
    status, refusal = await visitor.control("POST", f"{path}/take")
    assert (status, refusal["error"]) == (400, "the session has no place left")
    _, freed = await visitor.control("POST", f"{path}/free", {"places": 3})
    assert (freed["changed"][0], freed["members"]) == (member.id, [])
    _, declined = await visitor.control("POST", f"{path}/decline")
    assert (declined["changed"], declined["free"]) == ([regular.id], 1)
    assert (await visitor.control("POST", f"{path}/free"))[0] == 404
    assert (await visitor.control("POST", f"{path}/take", {"member_id": 4711}))[0] == 404
    assert (await visitor.control("POST", f"{path}/paint"))[0] == 404


async def test_a_session_is_cancelled_and_dropped_by_order(visitor: Visitor, club: PracticeClub) -> None:
    session = club.add_session(NewSession(starts="20261127T9:00:00", timeid=65))
    club.set_clock(datetime(2026, 11, 26, 12, tzinfo=UTC))
    assert "spilletid=20261127T9:00:00" in (await visitor.get("/index.php")).text
    await visitor.control("POST", "/sessions/65/20261127T9:00:00/cancel")
    assert "Treningen er avlyst." in (await visitor.ask(session)).text
    assert "spilletid=20261127T9:00:00" not in (await visitor.get("/index.php")).text
    await visitor.control("POST", "/sessions/65/20261127T9:00:00/drop")
    assert "ERROR" in (await visitor.ask(session)).text
    assert (await visitor.control("GET", "/sessions/65/20261127T9:00:00"))[0] == 404


async def test_a_timeid_is_used_again_or_ended(visitor: Visitor) -> None:
    slot = {"timeid": 65, "weekday": 4, "at": "09:00:00", "level": "N"}
    assert (await visitor.control("POST", "/slots", slot))[0] == 201
    assert (await visitor.control("POST", "/slots", slot))[0] == 400
    new = {**slot, "weekday": 0, "at": "14:00", "level": "E", "first_date": "2026-11-30"}
    assert (await visitor.control("POST", "/slots/reuse", new))[0] == 201
    query = {"timeid": "65", "spilletid": "20261204T9:00:00"}
    assert "ERROR" in (await visitor.get("/timeinfo.php", query)).text
    query = {"timeid": "65", "spilletid": "20261130T14:00:00"}
    assert "<td>E</td>" in (await visitor.get("/timeinfo.php", query)).text
    assert len((await visitor.control("GET", "/slots"))[1]) == 2
    _, ended = await visitor.control("POST", "/slots/end", {"timeid": 65, "last_date": "2026-12-31"})
    assert ended["last_date"] == "2026-12-31"
    assert (await visitor.control("POST", "/slots/end", {"timeid": 4, "last_date": "2026-12-31"}))[0] == 404
    assert (await visitor.control("POST", "/slots/reuse", slot))[0] == 400


async def test_the_report_can_be_read_in_parts_and_cleared(visitor: Visitor) -> None:
    for _ in range(3):
        await visitor.get("/index.php")
    _, report = await visitor.control("GET", "/report?since=2")
    assert [request["number"] for request in report["requests"]] == [3]
    assert report["totals"]["requests"] == 3
    assert (await visitor.control("GET", "/report?since=x"))[0] == 400
    await visitor.control("POST", "/record/clear")
    assert (await visitor.control("GET", "/report"))[1]["requests"] == []


async def test_reset_makes_the_club_as_new(visitor: Visitor, club: PracticeClub) -> None:
    club.add_member()
    club.turn(clock_offset_ms=5000, workers=1)
    await visitor.get("/index.php")
    await visitor.control("POST", "/reset")
    assert (club.model.members, club.knobs.workers, club.clock.offset_ms()) == ({}, None, 0)
    assert (await visitor.get("/index.php")).status == 200
    assert len(club.record.requests) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("POST", "/report"), ("GET", "/sessions?days=0")])
async def test_wrong_addresses_are_answered_in_json(visitor: Visitor, method: str, path: str) -> None:
    status, refusal = await visitor.control(method, path)
    assert status in {400, 404, 405}
    assert refusal["error"]


async def test_a_body_that_is_no_json_is_refused(visitor: Visitor, club: PracticeClub) -> None:
    for method, path in (("PATCH", "/knobs"), ("POST", "/members")):
        async with visitor.http.request(method, f"{club.base_url}/control{path}", data=b"{") as response:
            assert (response.status, "error" in await response.json()) == (400, True)


async def test_a_token_guards_control_and_not_the_site() -> None:
    async with (
        running_club(empty=True, control_token=SecretStr("open sesame")) as club,
        aiohttp.ClientSession() as http,
    ):
        statuses: list[int] = []
        for given in (None, "Bearer wrong", "open sesame", "Bearer open sesame"):
            headers = {"Authorization": given} if given else {}
            async with http.get(f"{club.base_url}/control/time", headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [401, 401, 401, 200]
        async with http.get(f"{club.base_url}/index.php") as response:
            assert response.status == 200


async def test_control_is_outside_the_clubs_troubles_and_record(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(faults=[{"kind": "unavailable"}], latency_in_ms=10_000)
    status, report = await visitor.control("GET", "/report")
    assert (status, report["requests"]) == (200, [])
