"""Signing in and out, and what guards an account."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from flask.testing import FlaskClient
from support.api_site import PASSWORD, ClubBeside, Site, Visitor, api_settings, csrf_token, open_site, words

from autotennis.domain.member import email_key
from autotennis_api.accounts import NOBODYS_HASH
from autotennis_api.desk import EXTENSION
from autotennis_api.doors import local_path
from autotennis_api.tries import Rule

WRONG = "et langt og galt passord"


def test_who_has_registered_signs_out_and_in_again(site: Site, member: Visitor, email: str) -> None:
    assert "You are signed out." in words(member.post("/sign-out", {}))
    assert member.get("/settings").request.path == "/sign-in"
    assert member.sign_in(email.upper()).request.path == "/"
    assert "My bookings" in words(member.get("/"))


@pytest.mark.parametrize("wrong", ["", "et langt og galt passord", PASSWORD + " "])
def test_a_wrong_password_is_refused(site: Site, member: Visitor, email: str, wrong: str) -> None:
    visitor = site.visitor()
    assert visitor.sign_in(email, wrong).status_code == 422
    assert visitor.get("/settings").request.path == "/sign-in"


def test_an_unknown_address_is_answered_like_a_wrong_password(site: Site, member: Visitor, email: str) -> None:
    known = words(site.visitor().sign_in(email, "et langt og galt passord"))
    unknown = words(site.visitor().sign_in("nobody@example.org", "et langt og galt passord"))
    assert "The e-mail address or the password is wrong." in known
    assert unknown == known


def test_guessing_is_slowed_down(site: Site, member: Visitor, email: str) -> None:
    visitor = site.visitor()
    answers = [visitor.sign_in(email, f"et langt og galt passord {guess}").status_code for guess in range(11)]
    assert answers == [422] * 10 + [429]
    assert "That was tried too often. Try again in 1" in words(visitor.sign_in(email))


def _guess(client: FlaskClient, email: str, address: str, password: str = WRONG) -> int:
    form = {"csrf_token": csrf_token(client.get("/register").text), "email": email, "password": password}
    return client.post("/sign-in", data=form, environ_overrides={"REMOTE_ADDR": address}).status_code


def test_a_strangers_guesses_do_not_lock_the_owner_out(site: Site, member: Visitor, email: str) -> None:
    stranger, owner = site.app.test_client(), site.app.test_client()
    assert [_guess(stranger, email, "203.0.113.9") for _ in range(11)] == [422] * 10 + [429]
    assert _guess(owner, email, "203.0.113.10", PASSWORD) == 303
    new = "et helt nytt passord"
    answer = member.post("/settings/password", {"old": PASSWORD, "password": new, "again": new})
    assert "Your password is changed." in words(answer)


def test_who_guesses_is_not_somebody_else_by_saying_so(site: Site, member: Visitor, email: str) -> None:
    """Without a proxy that the settings tell of, nobody names the caller's address."""
    visitor = site.visitor()
    answers: list[int] = []
    for number in range(11):
        named = f"203.0.113.{number}"
        for header in ("X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP", "TRUE_CLIENT_IP"):
            visitor.client.environ_base[f"HTTP_{header}"] = named
        answers.append(visitor.sign_in(email, WRONG).status_code)
    assert answers == [422] * 10 + [429]


def test_nor_behind_one_by_naming_more_addresses(club: ClubBeside, tmp_path: Path, email: str) -> None:
    with open_site(api_settings(tmp_path, club.rules(), proxies=1)) as site:
        visitor = site.visitor()
        answers: list[int] = []
        for number in range(11):
            # The last one is the proxy's word, all before it are the caller's.
            visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}, 198.51.100.7"
            answers.append(visitor.sign_in(email, WRONG).status_code)
        assert answers == [422] * 10 + [429]


def test_of_many_guesses_at_once_no_more_are_looked_at(site: Site, member: Visitor, email: str) -> None:
    visitors = [site.visitor() for _ in range(16)]
    forms = [
        {"csrf_token": csrf_token(one.get("/sign-in").text), "email": email, "password": WRONG} for one in visitors
    ]

    def guess(number: int) -> int:
        return visitors[number].client.post("/sign-in", data=forms[number]).status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = sorted(pool.map(guess, range(len(visitors))))
    assert answers == [422] * 10 + [429] * 6


def test_guesses_from_everywhere_are_slowed_down_too(site: Site, member: Visitor, email: str) -> None:
    tries = site.app.extensions[EXTENSION].tries
    for _ in range(100):
        tries.count(Rule.SIGN_IN_OF_EMAIL, email_key(email))
    assert _guess(site.app.test_client(), email, "203.0.113.9") == 429


def test_guessing_the_present_password_is_slowed_down(member: Visitor) -> None:
    new = "et helt nytt passord"
    form = {"old": "et langt og galt passord", "password": new, "again": new}
    answers = [member.post("/settings/password", form) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [422] * 8 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 15 * 60


def test_a_page_that_changes_nothing_does_not_send_the_cookie_again(member: Visitor) -> None:
    member.get("/")
    assert "Set-Cookie" not in member.get("/").headers
    assert "Set-Cookie" not in member.get("/live").headers


def test_being_sent_to_sign_in_twice_is_told_once_and_a_script_is_not_sent_there(site: Site) -> None:
    visitor = site.visitor()
    for _ in range(3):
        visitor.client.get("/settings")
    answer = visitor.client.get("/live")
    assert (answer.status_code, answer.text) == (401, "")
    assert words(visitor.get("/sign-in")).count("to see this page.") == 1


def test_after_signing_in_one_is_where_one_wanted_to_go(site: Site, member: Visitor, email: str) -> None:
    visitor = site.visitor()
    asked = visitor.get("/settings?from=mail")
    assert asked.request.path == "/sign-in"
    assert visitor.sign_in(email, wanted=str(asked.request.args["next"])).request.full_path == "/settings?from=mail"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil"],
)
def test_nobody_is_sent_to_another_site(site: Site, member: Visitor, email: str, elsewhere: str) -> None:
    assert local_path(elsewhere) is None
    answer = site.visitor().sign_in(email, wanted=elsewhere, follow=False)
    assert answer.headers["Location"] == "/"


def test_a_new_session_begins_at_sign_in(site: Site, member: Visitor, email: str) -> None:
    visitor = site.visitor()
    visitor.get("/sign-in")
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
        before = session["csrf_token"]
    visitor.sign_in(email)
    visitor.get("/")
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
        assert session["csrf_token"] != before


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site, member: Visitor, email: str) -> None:
    cookie = site.visitor().sign_in(email, follow=False).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(club: ClubBeside, tmp_path: Path) -> None:
    with open_site(api_settings(tmp_path, club.rules(), plain_http=False)) as site:
        answer = site.app.test_client().get("/sign-in")
    assert answer.headers["Set-Cookie"].startswith("__Host-autotennis=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_a_changed_password_signs_other_browsers_out(site: Site, member: Visitor, email: str) -> None:
    elsewhere = site.visitor()
    elsewhere.sign_in(email)
    new = "et helt nytt passord"
    answer = member.post("/settings/password", {"old": PASSWORD, "password": new, "again": new})
    assert "Your password is changed." in words(answer)
    assert elsewhere.get("/settings").request.path == "/sign-in"
    assert member.get("/settings").request.path == "/settings"
    assert site.visitor().sign_in(email).status_code == 422
    assert site.visitor().sign_in(email, new).request.path == "/"


def test_a_password_is_changed_only_by_who_knows_it(site: Site, member: Visitor, email: str) -> None:
    new = "et helt nytt passord"
    answer = member.post("/settings/password", {"old": "et langt og galt passord", "password": new, "again": new})
    assert answer.status_code == 422
    assert "Your present password is another one." in words(answer)
    assert site.visitor().sign_in(email).request.path == "/"


def test_a_hash_of_weaker_settings_is_renewed_at_sign_in(site: Site, member: Visitor, email: str) -> None:
    account = site.ports.store.member_by_email(email)
    assert account is not None
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    site.ports.store.change_member(account.id, lambda it: it.model_copy(update={"password_hash": weak}))
    assert site.visitor().sign_in(email).request.path == "/"
    renewed = site.ports.store.member(account.id).password_hash
    assert renewed != weak
    assert extract_parameters(renewed) == extract_parameters(account.password_hash)


def test_an_address_without_an_account_takes_as_long_as_one_that_has_one(
    site: Site, member: Visitor, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what is worked out and not by the clock: once for each try, in the same strength."""
    verify, strengths = PasswordHasher.verify, list[Parameters]()

    def counted(hasher: PasswordHasher, hashed: str, password: str) -> Literal[True]:
        strengths.append(extract_parameters(hashed))
        return verify(hasher, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    visitor = site.visitor()
    for one in (email, "nobody@example.org"):
        assert visitor.sign_in(one, WRONG).status_code == 422
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert strengths == [extract_parameters(account.password_hash)] * 2
    # It is worked out and then refused, not put aside as no hash at all.
    with pytest.raises(VerifyMismatchError):
        verify(PasswordHasher(), NOBODYS_HASH, PASSWORD)


def test_a_forged_or_damaged_cookie_is_nobodys(site: Site, member: Visitor) -> None:
    visitor = site.visitor()
    visitor.client.set_cookie("autotennis", "eyJtZW1iZXIiOiJtLTEifQ.forged.forged")
    assert visitor.get("/settings").request.path == "/sign-in"
