"""From a pasted link to a booking: the preview, what is refused, and what is published."""

import time
from datetime import timedelta

import pytest
from markupsafe import escape
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, words

from autotennis.domain.booking import State
from autotennis.domain.opening import opening_of
from autotennis.domain.session import starts_at
from autotennis.ports import Ports
from autotennis.values import Session
from practice_club.orders import NewSession

TWO_DAYS_S = 2 * 86_400 + 3 * 3_600 + 60


def _bookings(ports: Ports, email: str) -> list[tuple[Session, State]]:
    member = ports.store.member_by_email(email)
    assert member is not None
    return [(one.session, one.state) for one in ports.store.bookings_of(member.id)]


def test_a_link_shows_its_session_and_books_nothing(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    session, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S, place="Nordhallen", court="Bane 3"))
    shown = words(member.paste(link))
    assert "Is this the session?" in shown
    assert f"{session.start:%H:%M}\N{EN DASH}" in shown
    for known in ("Øvingsklubben", "Nordhallen", "Bane 3", "in 2 d 3 h"):
        assert known in shown
    assert "sign me up when it opens" in shown
    assert _bookings(site.ports, email) == []


def test_confirming_books_it_and_tells_the_timer(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    session, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    booking_id = member.book(link)
    booking = site.ports.store.booking(booking_id)
    rules = club.rules()
    assert booking.session == Session(timeid=session.slot.timeid, start=session.start.replace(tzinfo=None))
    assert booking.opening_at == opening_of(booking.session, rules)
    assert starts_at(booking.session, rules.zone) - booking.opening_at == timedelta(hours=72)
    assert site.ports.store.unpublished() == []
    assert "Signs you up when it opens: in 2 d 3 h" in words(member.get("/"))


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("", "Paste the link of a session."),
        ("not a link at all", "This is not a link."),
        ("ftp://127.0.0.1/timeinfo.php", "This is not a link."),
        (
            "https://club.example/timeinfo.php?timeid=1",
            "This link leads to no club that is known here.",
        ),
        ("{club}/index.php", "This is a page of the club, but not that of one session."),
        ("{club}/timeinfo.php?spilletid=20261201T15:00:00", "The link lacks “timeid”"),
        ("{club}/timeinfo.php?timeid=x&spilletid=20261201T15:00:00", "The “timeid” in the link is not a number."),
        ("{club}/timeinfo.php?timeid=65", "The link lacks “spilletid”"),
        ("{club}/timeinfo.php?timeid=65&spilletid=tomorrow", "The “spilletid” in the link is not a date and a time."),
    ],
)
def test_a_bad_link_is_explained_where_it_stands(member: Visitor, club: ClubBeside, link: str, problem: str) -> None:
    pasted = link.format(club=club.base_url)
    answer = member.paste(pasted)
    assert answer.status_code == 422
    assert problem in words(answer)
    assert "A good link looks like this: http" in words(answer)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{escape(pasted)}"' in answer.text


def test_the_address_of_a_preview_holds_no_member_id(club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    answer = member.paste(f"{link}&leggtilvikarid=54321#top")
    assert answer.status_code == 200
    assert "54321" not in answer.request.url
    assert "54321" not in answer.text


def test_a_session_that_has_started_is_refused(club: ClubBeside, member: Visitor) -> None:
    answer = member.paste(f"{club.base_url}/timeinfo.php?timeid=65&spilletid=20200107T15:00:00")
    assert answer.status_code == 422
    assert "has already started" in words(answer)
    assert "view" not in club.actions()


def test_a_session_that_the_club_does_not_know_is_refused(club: ClubBeside, member: Visitor) -> None:
    answer = member.paste(f"{club.base_url}/timeinfo.php?timeid=999&spilletid=20991201T15:00:00")
    assert answer.status_code == 422
    assert "The club does not know this session." in words(answer)
    assert club.actions().count("view") == 1


@pytest.mark.parametrize(
    ("style", "pasted"), [("padded_only", "T9:00:00"), ("unpadded_only", "T09:00:00"), ("unpadded", "T09:00:00")]
)
def test_an_hour_in_the_other_spelling_is_found_and_kept(
    site: Site, club: ClubBeside, member: Visitor, style: str, pasted: str
) -> None:
    day = (site.ports.clock.now() + timedelta(days=5)).strftime("%Y%m%d")
    session, _ = club.add_session(NewSession(starts=f"{day}T9:00:00"))
    club.turn(hours=style)
    link = f"{club.base_url}/timeinfo.php?timeid={session.slot.timeid}&spilletid={day}{pasted}"
    booking = site.ports.store.booking(member.book(link))
    taken_by_club = {"padded_only": True, "unpadded_only": False, "unpadded": True}
    assert booking.session.padded is taken_by_club[style]


def test_a_club_that_does_not_answer_lets_one_go_on(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    club.turn(faults=[{"kind": "unavailable"}])
    shown = member.paste(link)
    assert shown.status_code == 200
    assert "could not check that it knows this session. You can go on" in words(shown)
    assert "Place" not in words(shown)
    assert "Planned" in words(member.confirm(shown))


def test_a_club_that_is_slow_does_not_keep_a_confirmed_wish_waiting(club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    shown = member.paste(link)
    club.turn(faults=[{"kind": "timeout", "action": "view"}])
    began_s = time.monotonic()
    assert "Planned" in words(member.confirm(shown))
    assert time.monotonic() - began_s < 15


def test_what_the_club_refuses_in_time_is_refused_when_it_is_confirmed(
    site: Site, club: ClubBeside, member: Visitor, email: str
) -> None:
    form = {"club": CLUB_ID, "timeid": "999", "start": "20991201T9:00:00"}
    answer = member.post("/bookings", form)
    assert answer.status_code == 422
    assert "The club does not know this session." in words(answer)
    assert club.actions().count("view") == 2
    assert _bookings(site.ports, email) == []


def test_a_session_that_is_open_is_tried_at_once(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=-60))
    shown = member.paste(link)
    assert "Open now: it will be tried at once." in words(shown)
    assert "Just now it is full." not in words(shown)
    assert "It is open: signs you up in a moment." in words(member.confirm(shown))


def test_a_full_one_says_so(club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=-60, capacity=2, taken=2))
    assert "Just now it is full." in words(member.paste(link))


def test_a_place_that_a_regular_player_declined_is_tried_before_the_opening(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    regular = club.add_member("oddny.skarvik@example.org")
    session, link = club.add_session(NewSession(opens_in_s=86_400, capacity=1, regulars=(regular.id,)))
    assert "Open now" not in words(member.paste(link))
    club.do(lambda it: it.decline(session))
    shown = member.paste(link)
    assert "Tried from Open now: it will be tried at once." in words(shown)
    booked = words(member.confirm(shown))
    assert "Tried from" in booked
    assert "Opened" not in booked


def test_a_session_is_booked_once_however_its_link_is_written(
    site: Site, club: ClubBeside, member: Visitor, email: str
) -> None:
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    booking_id = member.book(link)
    again = member.paste(link.replace("&lang=no", "&lang=en#x"))
    assert again.status_code == 409
    assert "You have booked this session already." in words(again)
    assert f'href="/bookings/{booking_id}"' in again.text
    assert len(_bookings(site.ports, email)) == 1


def test_a_form_that_was_sent_twice_books_once(site: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S))
    shown = member.paste(link)
    assert member.confirm(shown).status_code == 200
    assert member.confirm(shown).status_code == 409
    assert len(_bookings(site.ports, email)) == 1


@pytest.mark.parametrize(
    "change",
    [{"club": "elsewhere"}, {"club": ""}, {"timeid": "0"}, {"timeid": "x"}, {"timeid": "9" * 12}, {"start": "soon"}],
)
def test_a_forged_form_books_nothing(
    site: Site, club: ClubBeside, member: Visitor, email: str, change: dict[str, str]
) -> None:
    good = {"club": CLUB_ID, "timeid": "65", "start": "20991201T15:00:00"}
    answer = member.post("/bookings", {**good, **change})
    assert answer.status_code == 422
    assert "This cannot be booked" in words(answer)
    assert _bookings(site.ports, email) == []


def test_a_member_cannot_have_the_club_asked_without_end(club: ClubBeside, member: Visitor) -> None:
    link = f"{club.base_url}/timeinfo.php?timeid=999&spilletid=20991201T15:00:00"
    answers = [member.paste(link).status_code for _ in range(41)]
    assert answers == [422] * 40 + [429]
    assert club.actions().count("view") == 40


def test_words_of_the_clubs_page_cannot_become_part_of_ours(club: ClubBeside, member: Visitor) -> None:
    evil = "<script>alert(1)</script>"
    _, link = club.add_session(NewSession(opens_in_s=TWO_DAYS_S, place=evil, court='"><img src=x onerror=alert(2)>'))
    shown = member.paste(link)
    assert "<script>alert" not in shown.text
    assert "<img src=x" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


def test_nor_can_a_pasted_link(member: Visitor) -> None:
    answer = member.paste('https://x.example/"><script>alert(3)</script>')
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
