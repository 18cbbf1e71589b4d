"""The JSON API: who is let in, and what is answered when something cannot be."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, api_settings
from support.clock import ManualClock
from support.programs import Program, make_token, problem

from autotennis.domain.token import Scope
from autotennis_api import doors
from autotennis_api.app import create_app
from autotennis_api.tries import Rule, Tries


@pytest.fixture
def program(site: Site, member: Visitor, email: str) -> Program:
    """A program of the member's."""
    return Program(site, make_token(site, email))


def test_a_token_tells_who_asks_and_what_it_is_good_for(
    site: Site, program: Program, email: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = program.get("/me")
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["email"], told["token_name"]) == (email, "a test")
    assert told["scopes"] == ["read", "book", "cancel", "messages"]
    assert "Set-Cookie" not in answer.headers
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert account.tokens[0].last_used == site.ports.clock.now().date()


@pytest.mark.parametrize(
    "shown",
    ["", "nonsense", "autotennis.nobody.secret", "autotennis.{}.secret", "autotennis.{}", "a" * 5000, "autotennis..."],
)
def test_a_wrong_token_opens_nothing(site: Site, member: Visitor, email: str, shown: str) -> None:
    account = site.ports.store.member_by_email(email)
    assert account is not None
    answer = Program(site, SecretStr(shown.format(account.id))).get("/me")
    assert answer.status_code == 401
    assert problem(answer) == "no-token"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_nor_does_a_session_of_the_pages(member: Visitor) -> None:
    assert member.client.get("/api/v1/me").status_code == 401


def test_wrong_tokens_are_counted(site: Site) -> None:
    answers = [Program(site, SecretStr("autotennis.nobody.secret")).get("/me") for _ in range(31)]
    assert [one.status_code for one in answers] == [401] * 30 + [429]
    assert problem(answers[-1]) == "too-often"
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_token_is_good_for_what_was_ticked_only(site: Site, member: Visitor, email: str, booking_id: str) -> None:
    reader = Program(site, make_token(site, email, [Scope.READ]))
    assert reader.get("/bookings").status_code == 200
    for path, body in (
        ("/bookings", {"session": {"link": "x"}}),
        (f"/bookings/{booking_id}/cancel", None),
        (f"/bookings/{booking_id}/offer", {"wanted": True}),
    ):
        answer = reader.post(path, body)
        assert answer.status_code == 403
        assert problem(answer) == "not-allowed"


def test_a_token_ends_and_can_be_revoked(
    site: Site, club: ClubBeside, member: Visitor, email: str, tmp_path: Path
) -> None:
    text = make_token(site, email, days=7)
    ports = replace(site.ports, clock=ManualClock(site.ports.clock.now() + timedelta(days=7, seconds=1)))
    later = Site(create_app(ports, api_settings(tmp_path, club.rules())), ports)
    assert Program(later, text).get("/me").status_code == 401
    account = site.ports.store.member_by_email(email)
    assert account is not None
    member.post(f"/settings/tokens/{account.tokens[0].id}/revoke", {})
    assert Program(site, text).get("/me").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "kind"),
    [
        ("GET", "/nothing", {}, 404, "not-found"),
        ("GET", "/bookings/no-such-booking", {}, 404, "not-found"),
        ("GET", "/bookings/no%20id", {}, 404, "not-found"),
        ("DELETE", "/me", {}, 405, "method-not-allowed"),
        ("POST", "/bookings", {"data": "x", "content_type": "text/plain"}, 415, "not-json"),
        ("POST", "/bookings", {"data": "{", "content_type": "application/json"}, 400, "bad-request"),
        ("POST", "/bookings", {"data": b"\xff", "content_type": "application/json"}, 400, "bad-request"),
        ("POST", "/bookings", {"data": "[" * 60_000, "content_type": "application/json"}, 400, "bad-request"),
        ("POST", "/bookings", {"data": "1" * 70_000, "content_type": "application/json"}, 413, "too-large"),
        ("POST", "/bookings", {"json": {}}, 400, "bad-request"),
        ("POST", "/bookings", {"json": {"session": {"link": "x"}, "weekly": 0}}, 400, "bad-request"),
        ("POST", "/bookings", {"json": {"session": {"link": "x"}, "new": 0}}, 400, "bad-request"),
        ("POST", "/bookings", {"json": {"session": {"link": "x"}}}, 422, "bad-link"),
        ("GET", "/bookings?limit=0", {}, 400, "bad-request"),
        ("GET", "/bookings?limit=1&limit=2", {}, 400, "bad-request"),
        ("GET", "/bookings?new=1", {}, 400, "bad-request"),
        ("GET", "/bookings?cursor=nonsense", {}, 422, "cannot-be-done"),
    ],
)
def test_what_cannot_be_is_told_as_a_problem(
    program: Program, method: str, path: str, more: dict[str, Any], status: int, kind: str
) -> None:
    answer = program.send(method, path, **more)
    assert (answer.status_code, problem(answer)) == (status, kind)


def test_what_is_wrong_is_pointed_at_and_not_repeated(program: Program) -> None:
    session = {"club": CLUB_ID, "timeid": "a secret", "start": "x"}
    told = program.post("/sessions/preview", {"session": session}).get_json()
    assert any(one["pointer"].endswith("/timeid") for one in told["errors"])
    assert "a secret" not in str(told)


def test_a_mistake_of_ours_shows_nothing_of_itself(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    @site.app.get("/api/v1/breaks")
    @doors.public
    def breaks() -> str:  # pyright: ignore[reportUnusedFunction] (Flask calls it)
        raise ZeroDivisionError("inner workings")

    answer = Program(site, None).get("/breaks")
    assert (answer.status_code, problem(answer)) == (500, "ours")
    assert "inner workings" not in answer.text
    assert "request failed" in capsys.readouterr().out


def test_too_many_requests_are_refused_for_a_while(site: Site, program: Program, email: str) -> None:
    account = site.ports.store.member_by_email(email)
    assert account is not None
    tries = Tries(site.ports.store, site.ports.clock, club_logins_per_hour=100)
    for _ in range(600):
        tries.count(Rule.API_REQUEST_OF_MEMBER, account.id)
    answer = program.get("/me")
    assert (answer.status_code, problem(answer)) == (429, "too-often")
