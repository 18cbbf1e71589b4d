"""What a reader sees when something cannot be, and what every page is sent with."""

from pathlib import Path

import pytest
from flask import abort
from support.api_site import CLUB_ID, PASSWORD, ClubBeside, Site, Visitor, api_settings, csrf_token, open_site, words

from autotennis.errors import StoreBusy
from autotennis_api import doors


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "That was not understood"),
        (403, "Not allowed"),
        (404, "There is no such page"),
        (418, "That was not understood"),
        (429, "Too often"),
        (500, "Something went wrong here"),
        (503, "Too busy just now"),
    ],
)
def test_every_error_has_a_page(site: Site, status: int, title: str) -> None:
    @site.app.get("/fails")
    @doors.public
    def fails() -> str:  # pyright: ignore[reportUnusedFunction] (Flask calls it)
        abort(status)

    answer = site.visitor().get("/fails")
    assert answer.status_code == status
    assert title in words(answer)
    assert 'href="/"' in answer.text


def test_a_mistake_of_ours_shows_nothing_of_itself(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    @site.app.get("/breaks")
    @doors.public
    def breaks() -> str:  # pyright: ignore[reportUnusedFunction] (Flask calls it)
        raise ZeroDivisionError("inner workings")

    answer = site.visitor().get("/breaks")
    assert answer.status_code == 500
    assert "inner workings" not in answer.text
    assert "page failed" in capsys.readouterr().out


def test_no_variable_of_flasks_makes_it_an_application_to_try_out(
    club: ClubBeside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with open_site(api_settings(tmp_path, club.rules())) as site:
        assert not site.app.debug
        assert not site.app.jinja_env.auto_reload


def test_a_store_that_is_busy_asks_to_try_again(site: Site) -> None:
    @site.app.get("/busy")
    @doors.public
    def busy() -> str:  # pyright: ignore[reportUnusedFunction] (Flask calls it)
        raise StoreBusy("others are writing")

    answer = site.visitor().get("/busy")
    assert answer.status_code == 503
    assert "Try again in a moment." in words(answer)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_method_that_a_page_lacks_is_refused(site: Site) -> None:
    answer = site.visitor().get("/sign-out")
    assert answer.status_code == 405
    assert "That cannot be done here" in words(answer)
    assert "POST" in answer.headers["Allow"]


def test_a_form_that_is_too_long_is_refused(site: Site) -> None:
    answer = site.visitor().post("/sign-in", {"email": "x" * 100_000}, token=False)
    assert answer.status_code == 413
    assert "That was too long" in words(answer)


@pytest.mark.parametrize("path", ["/", "/register", "/no-such-page", "/static/app.js"])
def test_every_page_is_sent_with_what_keeps_it_safe(site: Site, path: str) -> None:
    headers = site.visitor().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_are_not_kept_by_the_browser(site: Site, member: Visitor) -> None:
    assert member.get("/").headers["Cache-Control"] == "no-store"


def test_no_page_asks_another_site_for_anything(site: Site, member: Visitor) -> None:
    for path in ("/", "/settings", "/static/app.js", "/static/app.css"):
        text = member.get(path).text
        for remote in ('src="http', "@import", 'url("http', "url(http"):
            assert remote not in text, (path, remote)


def test_the_health_check_needs_nobody(site: Site) -> None:
    answer = site.app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_behind_a_proxy_each_caller_has_tries_of_their_own(club: ClubBeside, tmp_path: Path) -> None:
    with open_site(api_settings(tmp_path, club.rules(), proxies=1)) as site:
        client = site.app.test_client()

        def guess(number: int, address: str) -> int:
            page = client.get("/register").text
            form = {
                "csrf_token": csrf_token(page),
                "club": CLUB_ID,
                "email": f"guess{number}@example.org",
                "club_password": "0000",
                "password": PASSWORD,
                "again": PASSWORD,
            }
            return client.post("/register", data=form, headers={"X-Forwarded-For": address}).status_code

        assert [guess(number, "203.0.113.9") for number in range(11)] == [422] * 10 + [429]
        assert guess(99, "203.0.113.10") == 422


def test_a_form_over_tls_is_taken_behind_a_proxy(club: ClubBeside, tmp_path: Path) -> None:
    with open_site(api_settings(tmp_path, club.rules(), proxies=1, plain_http=False)) as site:
        client = site.app.test_client()
        head = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "tennis.example", "X-Forwarded-For": "203.0.113.9"}
        inside = "http://10.0.0.7:8080"
        page = client.get("/sign-in", headers=head, base_url=inside)
        cookie = page.headers["Set-Cookie"].split(";")[0]
        form = {"csrf_token": csrf_token(page.text), "email": "nobody@example.org", "password": PASSWORD}
        head |= {"Referer": "https://tennis.example/sign-in", "Cookie": cookie}
        answer = site.app.test_client(use_cookies=False).post("/sign-in", data=form, headers=head, base_url=inside)
    assert answer.status_code == 422
    assert "The e-mail address or the password is wrong." in words(answer)
