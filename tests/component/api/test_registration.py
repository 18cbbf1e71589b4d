"""Registering: checked by logging in at the club there and then."""

import json
from pathlib import Path

import pytest
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, Visitor, api_settings, open_site, words

from practice_club.orders import NewSession


def test_the_club_lets_in_who_registers_and_the_credentials_go_to_the_vault(
    site: Site, club: ClubBeside, email: str
) -> None:
    answer = site.visitor().register(email)
    assert "Welcome!" in words(answer)
    member = site.ports.store.member_by_email(email)
    assert member is not None
    kept = site.ports.vault.get(member.id, f"club-login/{CLUB_ID}")
    assert kept is not None
    assert json.loads(kept.get_secret_value()) == {"email": email, "password": PIN}
    assert PASSWORD not in member.password_hash
    assert member.password_hash.startswith("$argon2id$")
    assert club.actions().count("login") == 1


def test_the_members_id_at_the_club_is_found_from_its_pages(site: Site, club: ClubBeside) -> None:
    known = club.add_member("ingjerd.fosselv@example.org")
    club.add_session(NewSession(opens_in_s=-3600))
    site.visitor().register(known.email)
    member = site.ports.store.member_by_email(known.email)
    assert member is not None
    assert member.club_member_ids == {CLUB_ID: known.id}


def test_a_member_whom_no_page_shows_is_told_that_the_id_will_be_found_later(site: Site, email: str) -> None:
    answer = site.visitor().register(email)
    assert "will be found when you are signed up" in words(answer)
    member = site.ports.store.member_by_email(email)
    assert member is not None
    assert member.club_member_ids == {}


def test_a_password_that_the_club_refuses_is_refused_here_and_sent_once(
    site: Site, club: ClubBeside, email: str
) -> None:
    answer = site.visitor().register(email, pin="0000")
    assert answer.status_code == 422
    assert "Øvingsklubben refused this e-mail address and password" in words(answer)
    assert "The answer was: “" in words(answer)
    assert club.actions().count("login") == 1
    assert site.ports.store.member_by_email(email) is None


def test_a_club_that_is_down_saves_nothing(site: Site, club: ClubBeside, email: str) -> None:
    club.turn(faults=[{"kind": "unavailable"}])
    answer = site.visitor().register(email)
    assert answer.status_code == 503
    assert "could not check your password. Nothing was saved: try again later." in words(answer)
    assert site.ports.store.member_by_email(email) is None
    club.turn(faults=[])
    assert "Welcome!" in words(site.visitor().register(email))


def test_a_club_that_nobody_answers_for_saves_nothing(club: ClubBeside, tmp_path: Path) -> None:
    gone = club.rules().model_copy(update={"base_url": "http://127.0.0.1:9/"})
    with open_site(api_settings(tmp_path, gone)) as site:
        answer = site.visitor().register("ragna.tverrdal@example.org")
        assert answer.status_code == 503
        assert site.ports.store.member_by_email("ragna.tverrdal@example.org") is None


def test_an_account_that_exists_is_told_only_to_whom_the_club_knows(site: Site, member: Visitor, email: str) -> None:
    stranger = site.visitor()
    assert "has an account here already" not in words(stranger.register(email, pin="0000"))
    known = stranger.register(email.upper())
    assert known.status_code == 409
    assert "has an account here already" in words(known)


def test_what_is_wrong_with_the_form_is_said_at_its_field_and_nobody_asks_the_club(
    site: Site, club: ClubBeside
) -> None:
    answer = site.visitor().post(
        "/register",
        {"club": CLUB_ID, "email": "no address", "club_password": "", "password": "short", "again": "other"},
    )
    assert answer.status_code == 422
    for name, problem in (
        ("email", "This is not an e-mail address."),
        ("club_password", "This is needed."),
        ("password", "Use at least 10 characters."),
        ("again", "The two passwords differ."),
    ):
        assert f'id="{name}-error">{problem}</small>' in answer.text
        assert f'<a href="#{name}">' in answer.text
    assert club.actions() == []


@pytest.mark.parametrize("club_id", ["", "another-club"])
def test_a_club_that_is_not_offered_cannot_be_chosen(site: Site, club: ClubBeside, club_id: str) -> None:
    answer = site.visitor().register("ragna.tverrdal@example.org", club=club_id)
    assert answer.status_code == 422
    assert club.actions() == []


def test_the_accounts_password_must_not_be_the_clubs(site: Site, club: ClubBeside) -> None:
    answer = site.visitor().register("ragna.tverrdal@example.org", pin=PASSWORD)
    assert answer.status_code == 422
    assert "Use another password here than at the club." in words(answer)
    assert club.actions() == []


def test_no_password_comes_back_on_a_page(site: Site, email: str) -> None:
    answer = site.visitor().register(email, pin="9753-never-shown", password="another secret that stays")
    assert answer.status_code == 422
    assert "never-shown" not in answer.text
    assert "another secret" not in answer.text


def test_the_form_is_of_no_use_for_guessing_pins_of_one_member(site: Site, club: ClubBeside, email: str) -> None:
    visitor = site.visitor()
    answers = [visitor.register(email, pin=f"{guess:04}").status_code for guess in range(6)]
    assert answers == [422] * 5 + [429]
    assert club.actions().count("login") == 5
    assert visitor.register(email.upper(), pin=PIN).status_code == 429


def test_nor_for_guessing_from_one_address(site: Site, club: ClubBeside) -> None:
    visitor = site.visitor()
    answers = [visitor.register(f"guess{guess}@example.org").status_code for guess in range(11)]
    assert answers == [422] * 10 + [429]
    assert club.actions().count("login") == 10


def test_nor_for_guessing_by_many(club: ClubBeside, tmp_path: Path) -> None:
    with open_site(api_settings(tmp_path, club.rules(), club_logins_per_hour=2)) as site:
        answers = [site.visitor().register(f"guess{guess}@example.org").status_code for guess in range(3)]
    assert answers == [422, 422, 429]
    assert club.actions().count("login") == 2


def test_among_several_clubs_one_is_chosen(club: ClubBeside, tmp_path: Path, email: str) -> None:
    with open_site(api_settings(tmp_path, club.rules("first"), club.rules("second"))) as site:
        assert '<option value="second">' in site.visitor().get("/register").text
        site.visitor().register(email, club="second")
        member = site.ports.store.member_by_email(email)
        assert member is not None
        assert site.ports.vault.get(member.id, "club-login/second") is not None
        assert site.ports.vault.get(member.id, "club-login/first") is None


def test_a_club_that_was_not_offered_is_refused_in_the_readers_language(site: Site, club: ClubBeside) -> None:
    answer = site.visitor("nb").register("liv.strandmo@example.org", club="elsewhere")
    assert answer.status_code == 422
    assert "Velg en klubb fra listen." in words(answer)
    assert club.actions().count("login") == 0
