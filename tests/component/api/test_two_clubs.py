"""Two clubs side by side, of which the second one names its slots and shows no week: logins, and what is whose."""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

from support.accounts import come_in
from support.api_site import ClubBeside, Visitor, field, words
from support.programs import Program, make_token, problem
from support.two_clubs import OTHER_ID, OTHER_NAME, TWICE_A_MEMBER, TwoClubs, two_clubs

from autotennis.domain.member import Member
from autotennis.domain.series import weeks_ahead
from autotennis.member_secrets import credentials_of
from autotennis.ports import Traits
from autotennis.values import Session
from autotennis_api.clubs import address_of
from practice_club.orders import NewSession

DAY_S = 86_400


def test_a_wish_at_another_club_has_the_login_there_entered_first(
    two: TwoClubs, newcomer: tuple[Visitor, Member]
) -> None:
    visitor, member = newcomer
    _, session, link = two.session(NewSession(opens_in_s=DAY_S))
    asked = visitor.paste(link)
    assert f"Your login at {OTHER_NAME}" in words(asked)
    assert f"You can be signed up at {OTHER_NAME} once you have told us" in words(asked)
    # The club knows them by another address.
    at_club = "aa.nokkvang@elsewhere.example"
    two.other.add_member(at_club, pin="8642")
    form = {"next": field(asked.text, "next"), "email": at_club, "club_password": "8642"}
    path = asked.request.path
    refused = visitor.post(path, {**form, "club_password": "0000"})
    assert (refused.status_code, f"{OTHER_NAME} refused" in words(refused)) == (422, True)
    assert field(refused.text, "next") == form["next"], "it still leads back to the wish"
    preview = visitor.post(path, form)
    assert "Is this the session?" in words(preview)
    assert f"{OTHER_NAME} let you in. Your login there is kept." in words(preview)
    visitor.confirm(preview)
    (booking,) = two.site.ports.store.bookings_of(member.id)
    assert (booking.club_id, booking.session) == (OTHER_ID, session)
    kept = credentials_of(two.site.ports.vault, member.id, OTHER_ID)
    assert kept is not None
    assert (kept.email, kept.password.get_secret_value()) == (at_club, "8642")


def test_a_forged_wish_at_a_club_without_a_login_books_nothing(two: TwoClubs, newcomer: tuple[Visitor, Member]) -> None:
    visitor, member = newcomer
    _, session, link = two.session(NewSession(opens_in_s=DAY_S))
    answer = visitor.post("/bookings", address_of(OTHER_ID, session))
    assert f"Your login at {OTHER_NAME}" in words(answer)
    program = Program(two.site, make_token(two.site, TWICE_A_MEMBER))
    assert program.post("/sessions/preview", {"session": {"link": link}}).status_code == 200
    refused = program.post("/bookings", {"session": {"link": link}})
    assert (refused.status_code, problem(refused)) == (409, "no-login")
    assert two.site.ports.store.bookings_of(member.id) == []


def test_an_alternative_at_a_club_without_a_login_says_what_is_missing(
    two: TwoClubs, newcomer: tuple[Visitor, Member]
) -> None:
    visitor, _ = newcomer
    _, first = two.club.add_session(NewSession(opens_in_s=DAY_S))
    _, _, lesser = two.session(NewSession(opens_in_s=DAY_S))
    answer = visitor.confirm(visitor.paste(first), options="1", wait="1", else_1=lesser)
    assert answer.status_code == 422
    assert f"You have entered no login for {OTHER_NAME} yet: do that under Settings first." in words(answer)


def test_the_settings_show_the_login_at_each_club(two: TwoClubs, newcomer: tuple[Visitor, Member]) -> None:
    visitor, _ = newcomer
    settings = visitor.get("/settings")
    assert "Øvingsklubben last took your login on" in words(settings)
    assert f"You have entered no login for {OTHER_NAME} yet. Enter it for {OTHER_NAME}" in words(settings)
    assert f'href="/settings/clubs/{OTHER_ID}"' in settings.text
    two.other.add_member("other@example.org", pin="8642")
    form = {"email": "other@example.org", "club_password": "8642"}
    assert f"{OTHER_NAME} last took your login on" in words(visitor.post(f"/settings/clubs/{OTHER_ID}", form))
    # A new password is for the address that this club knows them by.
    answer = visitor.post("/settings/club-password", {"club": OTHER_ID, "club_password": "8642"})
    assert "The club let you in with the new password." in words(answer)
    assert 'value="other@example.org"' in visitor.get(f"/settings/clubs/{OTHER_ID}").text
    assert visitor.get("/settings/clubs/nowhere").status_code == 404


def test_the_page_of_a_login_is_of_no_use_for_guessing_at_others(
    two: TwoClubs, newcomer: tuple[Visitor, Member]
) -> None:
    visitor, _ = newcomer
    two.other.add_member("victim@example.org", pin="8642")
    form = {"email": "victim@example.org", "club_password": "0000"}
    path = f"/settings/clubs/{OTHER_ID}"
    assert [visitor.post(path, form).status_code for _ in range(6)] == [422] * 5 + [429]
    two.club.add_member("friend@example.org")
    friend, _ = come_in(two.site, "friend@example.org")
    friend.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert friend.post(path, form).status_code == 429, "whoever of the members tries"


def test_the_week_is_that_of_the_clubs_that_show_one(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    two.club.add_session(NewSession(opens_in_s=DAY_S))
    page = visitor.get("/week")
    assert "Øvingsklubben from " in words(page)
    told = f"{OTHER_NAME} shows no week to pick from: paste the link of a session there."
    assert told in words(page)
    asked = two.other.actions().count("index")
    elsewhere = visitor.get(f"/week?club={OTHER_ID}")
    assert (elsewhere.status_code, told in words(elsewhere)) == (200, True)
    assert two.other.actions().count("index") == asked
    assert visitor.get("/week?club=nowhere").status_code == 422


def test_two_weeks_are_chosen_between(club: ClubBeside, other_club: ClubBeside, tmp_path: Path) -> None:
    with two_clubs(tmp_path, club, other_club, Traits()) as two:
        club.add_member(TWICE_A_MEMBER)
        visitor, member = come_in(two.site, TWICE_A_MEMBER)
        two.knows(member)
        _, session, _ = two.session(NewSession(opens_in_s=DAY_S))
        page = visitor.get(f"/week?club={OTHER_ID}&week={_weeks_ahead(two, session)}")
        assert "shows no week to pick from" not in words(page)
        assert '<option selected value="pavilion">Paviljongen</option>' in page.text
        address = re.search(r'href="(/bookings/new\?club=pavilion[^"]*)"', page.text)
        assert address, words(page)
        assert "Is this the session?" in words(visitor.get(html.unescape(address[1])))


def _weeks_ahead(two: TwoClubs, session: Session) -> int:
    return weeks_ahead(session, two.site.ports.clock.now().astimezone(two.naming.rules.zone).date())


def test_the_agenda_and_the_calendar_name_the_club(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    visitor.book(two.session(NewSession(opens_in_s=DAY_S))[2])
    visitor.book(two.club.add_session(NewSession(opens_in_s=2 * DAY_S))[1])
    agenda = words(visitor.get("/"))
    assert agenda.count(OTHER_NAME) > 1
    assert "Øvingsklubben" in agenda
    made = visitor.post("/settings/calendar", {})
    address = re.search(r"http[^<\"]*\.ics", made.text)
    assert address, words(made)
    feed = two.site.visitor().get(urlsplit(address[0]).path).text
    assert OTHER_NAME in feed
    assert "Øvingsklubben" in feed
