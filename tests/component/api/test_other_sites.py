"""What another site can make a member's browser do here: nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_site import ClubBeside, Site, Visitor, api_settings, csrf_token, open_site
from werkzeug.test import TestResponse

# A link of a message is one itself: no other site knows its address, and no cookie counts there.
WITHOUT_A_COOKIE = {"acting.act"}
OURS = "https://localhost"
ELSEWHERE = "https://evil.example"


def _forms(site: Site) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and path of all that changes something."""
    for rule in site.app.url_map.iter_rules():
        for method in sorted((rule.methods or set[str]()) - {"GET", "HEAD", "OPTIONS"}):
            yield rule.endpoint, method, re.sub(r"<[^>]+>", "some-id", rule.rule)


def test_every_form_needs_the_token_of_its_page(site: Site, member: Visitor) -> None:
    """Whoever adds one that does not is told by this; the member is the operator as well."""
    checked = 0
    for endpoint, method, path in _forms(site):
        if endpoint in WITHOUT_A_COOKIE:
            continue
        answer = member.client.open(path, method=method, data={"csrf_token": "made-up"})
        if endpoint.startswith("rest."):
            # The cookie was sent, and counts for nothing there.
            assert answer.status_code == 401, endpoint
            continue
        assert (answer.status_code, "The form was too old" in answer.text) == (400, True), endpoint
        checked += 1
    assert checked >= 40
    assert member.get("/settings").request.path == "/settings", "nobody was signed out by all that"


def test_whoever_only_looks_changes_nothing(site: Site, member: Visitor) -> None:
    """No form can be sent by an address alone, as a picture of another page would do, or by what a header says."""
    posts = [path for _, method, path in _forms(site) if method == "POST"]
    gets = {rule.rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    only = [path for path in posts if not any(re.fullmatch(re.sub(r"<[^>]+>", "[^/]+", one), path) for one in gets)]
    assert {"/sign-out", "/language", "/settings/password"} <= {*only}
    for path in only:
        override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST"}
        answer = member.client.get(path, headers=override, query_string={"_method": "POST"})
        assert answer.status_code in {404, 405}, path
    assert member.get("/settings").request.path == "/settings"


@pytest.mark.parametrize(
    ("referrer", "status"),
    [
        ("https://localhost/settings", 422),
        (f"{ELSEWHERE}/", 400),
        ("https://localhost.evil.example/", 400),
        ("http://localhost/settings", 400),
        ("", 400),
    ],
)
def test_over_tls_a_form_is_taken_from_our_own_pages_only(
    club: ClubBeside, tmp_path: Path, referrer: str, status: int
) -> None:
    with open_site(api_settings(tmp_path, club.rules(), plain_http=False)) as site:
        client = site.app.test_client()
        token = csrf_token(client.get("/sign-in", base_url=OURS).text)
        form = {"csrf_token": token, "email": "nobody@example.org", "password": "et langt og galt passord"}
        headers = {"Referer": referrer} if referrer else {}
        assert client.post("/sign-in", data=form, base_url=OURS, headers=headers).status_code == status


def _asked_from_elsewhere(member: Visitor, method: str, path: str) -> TestResponse:
    headers = {
        "Origin": ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "Authorization, Content-Type",
    }
    return member.client.open(path, method=method, headers=headers, buffered=True)


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["/", "/settings", "/api/v1/bookings", "/api/v1/me", "/api/v1/openapi.json", "/live"])
def test_no_other_site_may_read_an_answer(member: Visitor, method: str, path: str) -> None:
    headers = _asked_from_elsewhere(member, method, path).headers
    assert not [name for name, _ in headers if name.lower().startswith("access-control-")]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_what_a_request_calls_us_is_believed_for_nothing_that_is_sent_elsewhere(site: Site, member: Visitor) -> None:
    """A forged Host leads nobody away, and what a browser of ours keeps is not shared with whoever sent one."""
    answer = site.app.test_client().get(
        "/settings", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert answer.headers["Location"] == "/sign-in?next=/settings"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "evil.example" not in answer.text
