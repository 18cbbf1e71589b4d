"""A forgotten password: whoever the club lets in sets a new one."""

from pathlib import Path

from pydantic import SecretStr
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, api_settings, open_site, words

from autotennis.domain.member import Credentials
from autotennis.member_secrets import keep_credentials

NEW = "et helt annet passord"


def test_who_can_log_in_at_the_club_sets_a_new_password(site: Site, email: str) -> None:
    site.visitor().register(email)
    elsewhere = site.visitor()
    elsewhere.sign_in(email)
    visitor = site.visitor()
    answer = visitor.post("/forgotten", _form(email))
    assert "Your new password is kept" in words(answer)
    assert site.visitor().sign_in(email, NEW).status_code == 200
    assert site.visitor().sign_in(email, PASSWORD).status_code == 422
    assert "Sign in" in words(elsewhere.get("/settings"))


def test_who_cannot_does_not(site: Site, club: ClubBeside, email: str) -> None:
    site.visitor().register(email)
    answer = site.visitor().post("/forgotten", _form(email, pin="0000"))
    assert answer.status_code == 422
    assert site.visitor().sign_in(email, PASSWORD).status_code == 200
    assert club.actions().count("login") == 2


def test_whether_an_address_has_an_account_is_told_only_to_whom_the_club_knows(
    site: Site, club: ClubBeside, email: str
) -> None:
    club.add_member("tormod.vassfjell@example.org")
    site.visitor().register(email)
    answers = [
        site.visitor().post("/forgotten", _form(one, pin="0000"))
        for one in (email, "tormod.vassfjell@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len({words(answer) for answer in answers}) == 1


def test_without_an_account_one_is_sent_to_register(site: Site, email: str) -> None:
    answer = site.visitor().post("/forgotten", _form(email))
    assert answer.status_code == 404
    assert "register instead" in words(answer)


def test_a_club_that_the_account_has_no_login_at_cannot_vouch_for_its_owner(
    club: ClubBeside, email: str, tmp_path: Path
) -> None:
    with open_site(api_settings(tmp_path, club.rules(), club.rules("another"))) as site:
        site.visitor().register(email)
        answer = site.visitor().post("/forgotten", _form(email, club_id="another"))
        assert answer.status_code == 404
        assert "register instead" in words(answer)
        assert site.visitor().sign_in(email, PASSWORD).request.path == "/"


def test_nor_can_one_that_knows_the_member_by_another_address(site: Site, club: ClubBeside, email: str) -> None:
    site.visitor().register(email)
    member = site.ports.store.member_by_email(email)
    assert member is not None
    theirs = Credentials(email="aa.nokkvang@elsewhere.example", password=SecretStr(PIN))
    keep_credentials(site.ports.vault, member.id, CLUB_ID, theirs)
    # Somebody else is known there by the address of the account.
    assert site.visitor().post("/forgotten", _form(email)).status_code == 404
    assert site.visitor().sign_in(email, PASSWORD).request.path == "/"


def _form(email: str, pin: str = PIN, club_id: str = CLUB_ID) -> dict[str, object]:
    return {"email": email, "club": club_id, "club_password": pin, "password": NEW, "again": NEW}
