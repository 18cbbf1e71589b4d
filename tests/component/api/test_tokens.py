"""Personal tokens on the pages: made, shown once, listed, revoked."""

import re

import pytest
from pydantic import SecretStr
from support.api_site import CLUB_ID, PIN, Site, Visitor, words
from support.programs import Program, make_token

FORM = {"name": "My laptop", "read": "y", "book": "y", "days": "30"}


def _made(page: str) -> str:
    found = re.search(r'<code id="made">([^<]+)</code>', page)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(
    site: Site, member: Visitor, email: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = member.post("/settings/tokens", FORM)
    text = _made(answer.text)
    assert Program(site, SecretStr(text)).get("/me").get_json()["scopes"] == ["read", "book"]
    page = member.get("/settings/tokens")
    assert text not in page.text
    assert "My laptop" in words(page)
    account = site.ports.store.member_by_email(email)
    assert account is not None
    secret = text.rsplit(".", 1)[1]
    assert secret not in account.model_dump_json()
    assert account.tokens[0].digest not in repr(account)
    assert secret not in capsys.readouterr().out
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({**FORM, "name": " "}, "This is needed."),
        ({**FORM, "name": "x" * 61}, "This name is too long."),
        ({"name": "My laptop", "days": "30"}, "Choose at least one."),
        ({**FORM, "days": "4000"}, "Choose something from the list."),
    ],
)
def test_a_bad_form_makes_none_and_loses_nothing(
    site: Site, member: Visitor, email: str, form: dict[str, str], told: str
) -> None:
    answer = member.post("/settings/tokens", form)
    assert answer.status_code == 422
    assert told in words(answer)
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert account.tokens == ()


def test_there_is_an_end_to_how_many(site: Site, member: Visitor, email: str) -> None:
    statuses = [member.post("/settings/tokens", FORM).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [422]


def test_a_revoked_token_is_gone_from_the_list(site: Site, member: Visitor, email: str) -> None:
    member.post("/settings/tokens", FORM)
    account = site.ports.store.member_by_email(email)
    assert account is not None
    revoked = [member.post(f"/settings/tokens/{account.tokens[0].id}/revoke", {}) for _ in range(2)]
    for answer in revoked:
        assert "The token is revoked" in words(answer)
        assert "My laptop" not in words(answer)


def test_who_sets_a_new_password_by_the_club_ends_all_tokens(site: Site, member: Visitor, email: str) -> None:
    text = make_token(site, email)
    form = {"email": email, "club": CLUB_ID, "club_password": PIN, "password": "x" * 12, "again": "x" * 12}
    assert site.visitor().post("/forgotten", form).status_code == 200
    assert Program(site, text).get("/me").status_code == 401


def test_every_operation_is_described(site: Site) -> None:
    described = site.visitor().get("/api/v1/openapi.json").get_json()
    assert described["openapi"] == "3.1.0"
    there = {(path, method.upper()) for path, methods in described["paths"].items() for method in methods}
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set[str]()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("rest.") and rule.endpoint != "rest.openapi"
    }
    assert there == served
    assert len(there) == 31


def test_the_settings_lead_there(member: Visitor) -> None:
    assert 'href="/settings/tokens"' in member.get("/settings").text


def test_the_description_is_a_page_for_everybody(site: Site) -> None:
    answer = site.visitor().get("/api")
    assert answer.status_code == 200
    assert "POST /api/v1/bookings" in words(answer)
    assert '<script src="http' not in answer.text
