"""Bookings and series by the JSON API, from the preview to the end."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.accounts import come_in
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, api_settings, offer, open_site, race, win
from support.friends import Friend, make_group
from support.ntnui_links import session_at
from support.programs import Program, make_token, problem

from autotennis.domain.booking import State
from autotennis.domain.session import start_text
from autotennis.ports import Note
from practice_club.orders import NewSession


@pytest.fixture
def program(site: Site, member: Visitor, email: str) -> Program:
    """A program of the member's."""
    return Program(site, make_token(site, email))


@pytest.fixture
def link(club: ClubBeside) -> str:
    """A session that opens tomorrow."""
    return club.add_session(NewSession(opens_in_s=86_370))[1]


def _booked(program: Program, link: str, **wishes: object) -> Mapping[str, Any]:
    answer = program.post("/bookings", {"session": {"link": link}, **wishes})
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def test_a_preview_tells_what_a_booking_would_be(site: Site, club: ClubBeside, program: Program, link: str) -> None:
    told = program.post("/sessions/preview", {"session": {"link": link}}).get_json()
    assert told["session"]["club"] == CLUB_ID
    assert (told["is_open"], told["seen"]) == (False, "logged_out")
    session = session_at(club.rules(), link)
    by_number = {"club": CLUB_ID, "timeid": session.timeid, "start": start_text(session)}
    assert program.post("/sessions/preview", {"session": by_number}).get_json()["session"] == told["session"]
    assert program.get("/bookings").get_json()["bookings"] == []


def test_a_booking_keeps_every_wish(site: Site, program: Program, link: str) -> None:
    quiet = {"from_hour": 22, "until_hour": 7}
    waiting = {"wanted": True, "notice_min": 60, "ask_min": 15, "quiet": quiet, "club_list": False}
    answer = program.post("/bookings", {"session": {"link": link}, "waiting": waiting, "early": True, "weekly": True})
    assert answer.status_code == 201
    told = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/bookings/{told['id']}"
    booking = site.ports.store.booking(told["id"])
    assert booking.waiting.model_dump() == waiting
    assert booking.early
    assert site.ports.store.series(booking.series_id or "").next.timeid == booking.session.timeid
    shown = program.get(f"/bookings/{booking.id}").get_json()
    assert (shown["state"], shown["timeline"], shown["door_code"]) == ("requested", [], None)


def test_the_same_session_twice_names_the_first_booking(program: Program, link: str) -> None:
    first = _booked(program, link)
    again = program.post("/bookings", {"session": {"link": link}})
    assert (again.status_code, problem(again)) == (409, "booked-already")
    assert again.get_json()["booking_id"] == first["id"]


def test_a_request_under_a_key_is_carried_out_once(site: Site, program: Program, club: ClubBeside, link: str) -> None:
    body, key = {"session": {"link": link}}, {"Idempotency-Key": "key-1"}
    first = program.post("/bookings", body, key)
    again = program.post("/bookings", body, key)
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert first.headers["Location"] == again.headers["Location"]
    other = program.post("/bookings", {**body, "early": True}, key)
    assert (other.status_code, problem(other)) == (422, "key-used")
    bad = program.post("/bookings", body, {"Idempotency-Key": "not a key"})
    assert (bad.status_code, problem(bad)) == (400, "bad-request")
    assert len(program.get("/bookings").get_json()["bookings"]) == 1


def test_what_came_to_nothing_under_a_key_may_be_sent_again(program: Program, club: ClubBeside, link: str) -> None:
    body, key = {"session": {"link": link}}, {"Idempotency-Key": "key-1"}
    refused = program.post("/bookings", {**body, "party": ["nobody"]}, key)
    assert (refused.status_code, problem(refused)) == (422, "not-together")
    assert program.post("/bookings", body, key).status_code == 201


def test_two_at_once_under_a_key_have_one_effect(site: Site, email: str, member: Visitor, link: str) -> None:
    token = make_token(site, email)
    body, key = {"session": {"link": link}}, {"Idempotency-Key": "key-1"}

    def send(_number: int) -> int:
        return Program(site, token).post("/bookings", body, key).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = set(pool.map(send, range(2)))
    assert statuses <= {201, 409}
    assert 201 in statuses
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert len(site.ports.store.bookings_of(account.id)) == 1


def _died_over(site: Site, email: str, key: str, name: str) -> None:
    """As if the process of that name had died after it did what was asked under the key, and before it noted that."""
    account = site.ports.store.member_by_email(email)
    assert account is not None
    where, now = f"rest/{account.id}/{key}", site.ports.clock.now()
    note = site.ports.store.note(where, now)
    assert note is not None
    under_way = json.dumps({**json.loads(note.text), "status": 0, "turn": f"{name}/1"})
    site.ports.store.note_anew(where, Note(text=under_way, until=now + timedelta(minutes=1)))


@pytest.mark.parametrize(("name", "answer"), [("api", "booked-already"), ("another", "key-in-use")])
def test_what_a_process_of_its_own_name_died_over_is_carried_out_at_once(
    club: ClubBeside, tmp_path: Path, email: str, link: str, name: str, answer: str
) -> None:
    body, key = {"session": {"link": link}}, {"Idempotency-Key": "key-1"}
    with open_site(api_settings(tmp_path, club.rules(), instance="api")) as site:
        come_in(site, email)
        program = Program(site, make_token(site, email))
        assert program.post("/bookings", body, key).status_code == 201
        _died_over(site, email, "key-1", name)
        assert problem(program.post("/bookings", {**body, "early": True}, key)) == "key-used"
        assert problem(program.post("/bookings", body, key)) == answer


def test_the_list_comes_in_pages(program: Program, club: ClubBeside) -> None:
    made = {
        _booked(program, club.add_session(NewSession(opens_in_s=86_370 + hour * 3600))[1])["id"] for hour in range(3)
    }
    first = program.get("/bookings?limit=2").get_json()
    second = program.get(f"/bookings?limit=2&cursor={first['next']}").get_json()
    assert [len(first["bookings"]), len(second["bookings"]), second["next"]] == [2, 1, None]
    starts = [one["session"]["starts_at"] for one in first["bookings"] + second["bookings"]]
    assert starts == sorted(starts, reverse=True)
    assert {one["id"] for one in first["bookings"] + second["bookings"]} == made
    assert program.get("/bookings?state=booked").get_json()["bookings"] == []


def test_a_booking_is_cancelled(site: Site, program: Program, link: str) -> None:
    booking_id = _booked(program, link)["id"]
    for _ in range(2):
        told = program.post(f"/bookings/{booking_id}/cancel").get_json()
        assert (told["state"], told["may_be_cancelled"]) == ("cancelled", False)
    no_place = program.post(f"/bookings/{booking_id}/withdraw")
    assert (no_place.status_code, problem(no_place)) == (409, "cannot-be-done")
    assert site.ports.store.booking(booking_id).withdrawal is None


def test_a_place_is_given_back(site: Site, program: Program, link: str) -> None:
    booking_id = _booked(program, link)["id"]
    race(site.ports, booking_id)
    win(site.ports, booking_id)
    refused = program.post(f"/bookings/{booking_id}/cancel")
    assert (refused.status_code, problem(refused)) == (409, "cannot-be-done")
    told = program.post(f"/bookings/{booking_id}/withdraw").get_json()
    assert (told["state"], told["is_moving"], told["withdrawal"]["seen_at"]) == ("booked", True, None)


def test_an_offer_is_answered(site: Site, program: Program, link: str) -> None:
    booking_id = _booked(program, link, waiting={"ask_min": 15})["id"]
    nothing_asked = program.post(f"/bookings/{booking_id}/offer", {"wanted": True})
    assert (nothing_asked.status_code, problem(nothing_asked)) == (409, "cannot-be-done")
    offer(site.ports, booking_id)
    assert program.get(f"/bookings/{booking_id}").get_json()["is_asked"]
    told = program.post(f"/bookings/{booking_id}/offer", {"wanted": False}).get_json()
    assert (told["is_asked"], told["offer"]["accepted"]) == (False, False)


def test_one_of_several_sessions(site: Site, program: Program, club: ClubBeside, link: str) -> None:
    lesser = club.add_session(NewSession(opens_in_s=90_000))[1]
    told = _booked(program, link, alternatives=[lesser], trade_up=True)
    assert (told["bond"]["kind"], told["bond"]["trade_up"], len(told["bound"])) == ("choice", True, 1)
    twice = program.post("/bookings", {"session": {"link": lesser}, "alternatives": [lesser]})
    assert twice.status_code == 409


def test_friends_go_together(site: Site, club: ClubBeside, friends: Sequence[Friend], link: str) -> None:
    group = make_group(site, *friends)
    program = Program(site, make_token(site, friends[0].email))
    listed = program.get("/groups").get_json()["groups"]
    assert [one["name"] for one in listed[0]["members"]] == ["Berit", "Kari", "Nils"]
    assert group.invitation not in json.dumps(listed)
    assert program.get(f"/groups/{group.id}").get_json() == listed[0]
    told = _booked(program, link, party=[friends[1].account.id, friends[2].account.id], all_or_none=True)
    assert (told["bond"]["kind"], told["bond"]["all_or_none"], told["bound"]) == ("party", True, [])
    bound = site.ports.store.bound(told["bond"]["id"])
    assert [one.member_id for one in bound] == [one.account.id for one in friends]
    program.post(f"/bookings/{told['id']}/cancel", {"everybody": True})
    assert {one.state for one in site.ports.store.bound(told["bond"]["id"])} == {State.CANCELLED}


def test_a_series_is_led_to_its_end(program: Program, link: str) -> None:
    series_id = _booked(program, link, weekly=True)["series_id"]
    (listed,) = program.get("/series").get_json()["series"]
    assert (listed["id"], listed["state"]) == (series_id, "active")
    day = listed["weeks"][1]["session"]["starts_local"][:10]
    assert program.post(f"/series/{series_id}/pause").get_json()["state"] == "paused"
    assert program.post(f"/series/{series_id}/resume").get_json()["state"] == "active"
    assert program.post(f"/series/{series_id}/skip", {"day": day}).get_json()["skipped"] == [day]
    assert program.post(f"/series/{series_id}/include", {"day": day}).get_json()["skipped"] == []
    assert program.post(f"/series/{series_id}/until", {"until": day}).get_json()["until"] == day
    assert program.post(f"/series/{series_id}/until", {"until": None}).get_json()["until"] is None
    assert program.post(f"/series/{series_id}/stop", {"with_planned": True}).get_json() == {"cancelled": 1}
    assert program.get(f"/series/{series_id}").get_json()["state"] == "ended"
    assert program.get("/series").get_json()["series"] == []


def test_the_clubs_are_listed(program: Program, club: ClubBeside) -> None:
    (told,) = program.get("/clubs").get_json()["clubs"]
    assert (told["id"], told["zone"]) == (CLUB_ID, "Europe/Oslo")
