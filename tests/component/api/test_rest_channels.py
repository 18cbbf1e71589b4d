"""Channels by the API: the same as on the page, and no secret ever comes back."""

import pytest
from pydantic import SecretStr
from support.api_site import Site, Visitor
from support.programs import Program, make_token, problem

from autotennis.domain.channel import WebhookAddress
from autotennis.domain.token import Scope
from autotennis.member_secrets import channel_address

EMAIL = "ashild.nokkvang@example.org"
SECRET = "whsec_" + "c2VjcmV0" * 6
HOOK = {"kind": "webhook", "address": "https://hooks.example.org/in/8461", "secret": SECRET}


@pytest.fixture
def program(site: Site, member: Visitor) -> Program:
    assert member
    return Program(site, make_token(site, EMAIL))


def test_from_adding_to_removing(site: Site, program: Program) -> None:
    made = program.post("/channels", {**HOOK, "level": "everything", "label": " My hook "})
    assert made.status_code == 201
    told = made.get_json()
    assert (told["kind"], told["label"], told["level"], told["door_code"]) == (
        "webhook",
        "My hook",
        "everything",
        False,
    )
    assert made.headers["Location"] == f"/api/v1/channels/{told['id']}"
    assert program.get(f"/channels/{told['id']}").get_json() == told
    assert program.get("/channels").get_json() == {"channels": [told]}
    changed = program.post(f"/channels/{told['id']}/change", {"level": "needs_me", "door_code": True}).get_json()
    assert (changed["label"], changed["level"], changed["door_code"]) == ("My hook", "needs_me", True)
    assert program.post(f"/channels/{told['id']}/test").status_code == 200
    account = site.ports.store.member_by_email(EMAIL)
    assert account
    kept = channel_address(site.ports.vault, account.id, told["id"])
    assert kept == WebhookAddress(url=SecretStr(HOOK["address"]), secret=SecretStr(SECRET))
    for answer in (made, program.get("/channels")):
        assert SECRET not in answer.text
        assert "8461" not in answer.text
    assert program.post(f"/channels/{told['id']}/remove").get_json() == {"channels": []}
    assert channel_address(site.ports.vault, account.id, told["id"]) is None
    assert problem(program.post(f"/channels/{told['id']}/test")) == "not-found"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**HOOK, "address": "http://example.org/"}, "bad-address"),
        ({"kind": "apprise", "address": "exec://rm"}, "bad-address"),
        ({"kind": "email", "address": EMAIL}, "cannot-be-done"),
        ({**HOOK, "kind": "web_push"}, "bad-request"),
        ({**HOOK, "secret": "short"}, "bad-request"),
        ({**HOOK, "level": "shout"}, "bad-request"),
        ({**HOOK, "label": "x" * 101}, "bad-request"),
    ],
)
def test_what_cannot_be_is_told_and_its_secrets_are_not_repeated(
    program: Program, body: dict[str, str], told: str
) -> None:
    answer = program.post("/channels", body)
    assert problem(answer) == told
    assert SECRET not in answer.text
    assert program.get("/channels").get_json() == {"channels": []}


def test_there_are_so_many_and_no_more(program: Program) -> None:
    for turn in range(10):
        program.post("/channels", {"kind": "apprise", "address": f"ntfys://ntfy.sh/topic{turn}"})
    answer = program.post("/channels", {"kind": "apprise", "address": "ntfys://ntfy.sh/one-more"})
    assert (answer.status_code, problem(answer)) == (409, "cannot-be-done")


def test_they_are_not_added_all_the_time(program: Program) -> None:
    for _ in range(20):
        made = program.post("/channels", HOOK).get_json()
        program.post(f"/channels/{made['id']}/remove")
    assert problem(program.post("/channels", HOOK)) == "too-often"


def test_it_takes_a_token_that_is_good_for_it(site: Site, member: Visitor) -> None:
    assert member
    others = Program(site, make_token(site, EMAIL, [scope for scope in Scope if scope is not Scope.MESSAGES]))
    assert problem(others.post("/channels", HOOK)) == "not-allowed"
    assert others.get("/channels").status_code == 200
