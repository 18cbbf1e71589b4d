"""Asked first: the wish for it, the question on the pages, and each answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.api_site import (
    HOLDER,
    ClubBeside,
    Site,
    Visitor,
    api_settings,
    find_full,
    offer,
    win,
    words,
)
from support.clock import ManualClock

from autotennis.domain.booking import Booking
from autotennis.events import OfferAccepted
from autotennis.values import WaitingWish
from autotennis_api.app import create_app
from practice_club.orders import NewSession

WAITING = {"options": "1", "wait": "y", "ask": "15"}
QUESTION = "A place is free. Do you want it?"
TRYING = "You said that you want the free place: trying to get it for you."
LEFT = "You left the free place to the next one in line. We ask you again when another place is free."


@pytest.fixture
def asked_id(site: Site, club: ClubBeside, member: Visitor) -> str:
    """A booking whose member is asked."""
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    booking_id = member.book(link, **WAITING)
    offer(site.ports, booking_id)
    return booking_id


def _booking(site: Site, booking_id: str) -> Booking:
    return site.ports.store.booking(booking_id)


def _version(member: Visitor, path: str) -> str:
    return member.get(path).text.split('data-version="')[1].split('"')[0]


def _is_news(member: Visitor, path: str, version: str) -> bool:
    return member.get(path, {"If-None-Match": f'"{version}"'}).status_code == 200


def _after_the_offer(site: Site, club: ClubBeside, email: str, booking_id: str, directory: Path) -> Visitor:
    """The member, signed in at the same pages when it is too late to answer."""
    open_offer = _booking(site, booking_id).offer
    assert open_offer is not None
    ports = replace(site.ports, clock=ManualClock(open_offer.until + timedelta(seconds=1)))
    later = Site(create_app(ports, api_settings(directory, club.rules())), ports).visitor()
    later.sign_in(email)
    return later


@pytest.mark.parametrize(
    ("form", "ask_min"),
    [({}, 0), ({"ask": "0"}, 0), ({"ask": "5"}, 5), ({"ask": "60"}, 60), ({"ask": "15", "options": "1"}, 0)],
    ids=["an older form", "at once", "5 minutes", "an hour", "who does not wait is not asked"],
)
def test_the_wish_to_be_asked_is_kept(
    site: Site, club: ClubBeside, member: Visitor, form: Mapping[str, str], ask_min: int
) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    assert _booking(site, member.book(link, **form)).waiting.ask_min == ask_min


def test_the_preview_says_what_it_means(club: ClubBeside, member: Visitor) -> None:
    answer = member.paste(club.add_session(NewSession(opens_in_s=86_370))[1])
    for told in (
        "Ask me first No, take it at once Yes, with 5 minutes to answer",
        "Yes, with 60 minutes to answer",
        "If you do not answer in time, the next one in line gets the place.",
    ):
        assert told in words(answer)


@pytest.mark.parametrize("chosen", ["", "7", "-5", "soon", "1440"])
def test_what_is_not_in_the_list_is_refused(club: ClubBeside, member: Visitor, chosen: str) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    answer = member.confirm(member.paste(link), **{**WAITING, "ask": chosen})
    assert answer.status_code == 422
    assert '<small class="error" id="ask-error">Choose something from the list.</small>' in answer.text


def test_a_series_asks_as_its_first_week_does(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_370))
    series_id = _booking(site, member.book(link, **WAITING, weekly="y")).series_id
    assert series_id
    assert site.ports.store.series(series_id).waiting == WaitingWish(ask_min=15)


def test_who_waits_is_told_that_they_will_be_asked(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = member.book(club.add_session(NewSession(opens_in_s=86_370))[1], **WAITING)
    find_full(site.ports, booking_id)
    shown = words(member.get(f"/bookings/{booking_id}"))
    assert "Ask me first You have 15 minutes to answer. Otherwise the next one in line gets the place." in shown
    assert "and ask you before a freed place is taken" in shown
    assert "by itself" not in shown
    assert QUESTION not in shown


def test_the_question_stands_on_the_page_and_in_the_list(site: Site, member: Visitor, asked_id: str) -> None:
    answer = member.get(f"/bookings/{asked_id}")
    shown = words(answer)
    assert f"Your answer is needed {QUESTION} Your time to answer ends at" in shown
    assert "in 14 min" in shown
    assert "Yes, sign me up" in shown
    assert "No, leave it to the next one" in shown
    assert 'data-said="Your answer is needed"' in answer.text
    home = member.get("/")
    assert "Your answer is needed A place is free: do you want it? Your time to answer ends in 14 min" in words(home)
    assert f'href="/bookings/{asked_id}#offer"' in home.text


def test_yes_has_the_place_tried_for(site: Site, member: Visitor, asked_id: str) -> None:
    for _ in range(2):
        shown = words(member.post(f"/bookings/{asked_id}/offer", {"answer": "yes"}))
        assert "We are trying to get the place for you" in shown
        assert f"Waiting {TRYING}" in shown
        assert QUESTION not in shown
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is True
    assert site.ports.store.unpublished() == []
    bus = site.ports.bus
    told = [event for _, event in bus.events_since(0) if isinstance(event, OfferAccepted)]  # type: ignore[attr-defined]
    assert [event.booking_id for event in told] == [asked_id]


def test_no_leaves_it_to_the_next_one(site: Site, member: Visitor, asked_id: str) -> None:
    for _ in range(2):
        shown = words(member.post(f"/bookings/{asked_id}/offer", {"answer": "no"}))
        assert "The place is left to the next one in line. You keep waiting." in shown
        assert f"Waiting {LEFT}" in shown
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is False


def test_a_second_thought_comes_too_late_and_changes_nothing(site: Site, member: Visitor, asked_id: str) -> None:
    member.post(f"/bookings/{asked_id}/offer", {"answer": "yes"})
    shown = words(member.post(f"/bookings/{asked_id}/offer", {"answer": "no"}))
    assert "You have said already that you want the place. Cancel the booking if you do not any more." in shown
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is True


def test_who_answers_too_late_is_told_so_kindly(
    site: Site, club: ClubBeside, email: str, asked_id: str, tmp_path: Path
) -> None:
    later = _after_the_offer(site, club, email, asked_id, tmp_path)
    lapsed = words(later.get(f"/bookings/{asked_id}"))
    assert "Waiting You did not answer in time, so the free place was left to the next one in line." in lapsed
    assert QUESTION not in lapsed
    shown = words(later.post(f"/bookings/{asked_id}/offer", {"answer": "yes"}))
    assert "It is too late for this answer: the place is left to others. We ask again when one is free." in shown
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is None


def test_what_is_not_asked_any_more_is_answered_by_nothing(site: Site, member: Visitor, asked_id: str) -> None:
    win(site.ports, asked_id)
    shown = words(member.post(f"/bookings/{asked_id}/offer", {"answer": "yes"}))
    assert "This place is not asked about any more." in shown


def test_page_and_list_have_news_when_it_is_asked_answered_or_over(
    site: Site, club: ClubBeside, member: Visitor, email: str, asked_id: str, tmp_path: Path
) -> None:
    later = _after_the_offer(site, club, email, asked_id, tmp_path)
    for path, live in (("/", "/live"), (f"/bookings/{asked_id}", f"/bookings/{asked_id}/live")):
        version = _version(member, path)
        assert not _is_news(member, live, version)
        assert _is_news(later, live, version), "it has lapsed"
    before = _version(member, "/")
    member.post(f"/bookings/{asked_id}/offer", {"answer": "no"})
    assert _is_news(member, "/live", before)
    before = _version(member, "/")
    now = site.ports.clock.now()
    site.ports.store.change(asked_id, lambda it: it.offer_over(now))
    site.ports.store.change(asked_id, lambda it: it.offered(now))
    assert _is_news(member, "/live", before)


def test_nobody_is_asked_while_somebody_tries_or_once_it_is_cancelled(
    site: Site, club: ClubBeside, member: Visitor, asked_id: str
) -> None:
    member.post(f"/bookings/{asked_id}/offer", {"answer": "yes"})
    now, rules = site.ports.clock.now(), club.rules()
    site.ports.store.change(asked_id, lambda it: it.tried(HOLDER, rules, now))
    assert "A place seems to be free: trying to get it for you." in words(member.get(f"/bookings/{asked_id}"))
    site.ports.store.change(asked_id, lambda it: it.cancelled(now))
    assert QUESTION not in words(member.get(f"/bookings/{asked_id}"))


@pytest.mark.parametrize("form", [{}, {"answer": ""}, {"answer": "maybe"}])
def test_what_is_no_answer_is_refused(site: Site, member: Visitor, asked_id: str, form: Mapping[str, str]) -> None:
    assert member.post(f"/bookings/{asked_id}/offer", form).status_code == 400
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is None


def test_nor_does_a_form_without_its_token_or_a_stranger_answer(
    site: Site, member: Visitor, stranger: Visitor, asked_id: str
) -> None:
    assert member.post(f"/bookings/{asked_id}/offer", {"answer": "yes"}, token=False).status_code == 400
    assert stranger.post(f"/bookings/{asked_id}/offer", {"answer": "yes"}).status_code == 404
    kept = _booking(site, asked_id)
    assert kept.offer is not None
    assert kept.offer.accepted is None
