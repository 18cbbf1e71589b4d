"""What a member can change: language, the club's password."""

import json

from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, Visitor, words


def _kept_password(site: Site, email: str) -> str:
    member = site.ports.store.member_by_email(email)
    assert member is not None
    kept = site.ports.vault.get(member.id, f"club-login/{CLUB_ID}")
    assert kept is not None
    return str(json.loads(kept.get_secret_value())["password"])


def _new_pin(club: ClubBeside, email: str, pin: str) -> None:
    """The member changes the PIN at the club: the same member with another PIN in a club as new."""
    club.reset()
    club.add_member(email, pin=pin)


def test_a_new_club_password_is_kept_once_the_club_takes_it(
    site: Site, club: ClubBeside, member: Visitor, email: str
) -> None:
    _new_pin(club, email, "8642")
    answer = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
    assert "The club let you in with the new password." in words(answer)
    assert _kept_password(site, email) == "8642"


def test_one_that_the_club_refuses_is_not(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    answer = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "0000"})
    assert answer.status_code == 422
    assert "Øvingsklubben refused" in words(answer)
    assert _kept_password(site, email) == PIN


def test_nor_one_that_could_not_be_checked(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    club.turn(faults=[{"kind": "unavailable"}])
    answer = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
    assert answer.status_code == 503
    assert _kept_password(site, email) == PIN


def test_this_form_is_of_no_use_for_guessing_either(club: ClubBeside, site: Site, member: Visitor) -> None:
    sent = [
        member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "0000"}).status_code for _ in range(6)
    ]
    assert sent == [422] * 5 + [429]
    assert club.actions().count("login") == 5


def test_a_stranger_who_guesses_does_not_keep_the_member_from_mending_their_login(
    site: Site, club: ClubBeside, member: Visitor, email: str
) -> None:
    """Who knows no more than an address could lose its owner all bookings otherwise."""
    stranger = site.visitor()
    stranger.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    form = {"club": CLUB_ID, "email": email, "club_password": "0000", "password": PASSWORD, "again": PASSWORD}
    assert [stranger.post("/forgotten", form).status_code for _ in range(6)] == [422] * 5 + [429]
    _new_pin(club, email, "8642")
    answer = member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
    assert "The club let you in with the new password." in words(answer)


def test_an_empty_form_changes_nothing(site: Site, member: Visitor, email: str) -> None:
    answer = member.post("/settings/club-password", {"club": CLUB_ID})
    assert answer.status_code == 422
    assert 'id="club_password-error">This is needed.' in answer.text
    assert _kept_password(site, email) == PIN


def test_the_language_of_a_member_is_kept_with_the_account(site: Site, member: Visitor, email: str) -> None:
    answer = member.post("/language", {"language": "nb", "back": "/settings"})
    assert answer.request.path == "/settings"
    assert "Innstillinger" in words(answer)
    elsewhere = site.visitor("en")
    assert "Mine bestillinger" in words(elsewhere.sign_in(email))
