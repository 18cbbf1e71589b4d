"""What a member takes back: a booking is cancelled, whatever goes on with it, and a place is given back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.api_site import (
    HOLDER,
    NOTHING_SENT,
    ClubBeside,
    Site,
    Visitor,
    api_settings,
    claim,
    find_full,
    race,
    win,
    words,
)
from support.clock import ManualClock

from autotennis.domain.booking import Booking, Outcome, State
from autotennis.domain.session import starts_at
from autotennis.ports import Ports
from autotennis.values import Failure, FailureReason
from autotennis_api.app import create_app
from practice_club.orders import NewSession

GIVING_BACK = "Giving your place back at the club…"
BUTTON = "Give the place back"


def _booking(site: Site, booking_id: str) -> Booking:
    return site.ports.store.booking(booking_id)


def _page(member: Visitor, booking_id: str) -> str:
    return words(member.get(f"/bookings/{booking_id}"))


def _plan(ports: Ports, booking_id: str) -> None:
    now = ports.clock.now()
    ports.store.change(booking_id, lambda it: it.wake_planned(now))


def _nothing(ports: Ports, booking_id: str) -> None:
    """It was just asked for."""


def _fail_to_withdraw(ports: Ports, booking_id: str, reason: FailureReason) -> None:
    now, failure = ports.clock.now(), Failure(reason=reason, detail="Their page said no.")
    ports.store.change(booking_id, lambda it: it.withdrawal_failed(failure, NOTHING_SENT, Outcome(), now))


def _at(site: Site, now: datetime, directory: Path, club: ClubBeside) -> Visitor:
    """The member, signed in at the same pages at another time."""
    ports = replace(site.ports, clock=ManualClock(now))
    later = Site(create_app(ports, api_settings(directory, club.rules())), ports).visitor()
    later.sign_in("ashild.nokkvang@example.org")
    return later


def test_cancelling_asks_first_then_does_it_once(site: Site, member: Visitor, booking_id: str) -> None:
    asked = member.get(f"/bookings/{booking_id}/cancel")
    assert "Cancel this booking?" in words(asked)
    assert _booking(site, booking_id).state is State.REQUESTED
    for _ in range(2):
        done = member.post(f"/bookings/{booking_id}/cancel", {})
        assert "The booking is cancelled." in words(done)
    assert _booking(site, booking_id).state is State.CANCELLED
    assert site.ports.store.unpublished() == []
    assert "Nothing is planned yet." in words(member.get("/"))


def test_a_cancelled_session_can_be_booked_again(club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=86_400))
    first = member.book(link)
    member.post(f"/bookings/{first}/cancel", {})
    assert member.book(link) != first


@pytest.mark.parametrize(
    ("bring_about", "state", "said"),
    [
        (_nothing, State.REQUESTED, "Then you are not signed up when the session opens."),
        (_plan, State.SCHEDULED, "Then you are not signed up when the session opens."),
        (claim, State.SIGNING_UP, "Then we stop; if the club has taken you already, we give the place back."),
        (find_full, State.WAITING, "Then you leave the line, and lose your place in it."),
    ],
)
def test_it_can_be_cancelled_until_the_club_has_taken_one_and_says_what_that_does(
    site: Site,
    member: Visitor,
    booking_id: str,
    bring_about: Callable[[Ports, str], None],
    state: State,
    said: str,
) -> None:
    bring_about(site.ports, booking_id)
    assert _booking(site, booking_id).state is state
    assert "Cancel this booking" in _page(member, booking_id)
    assert said in words(member.get(f"/bookings/{booking_id}/cancel"))
    done = words(member.post(f"/bookings/{booking_id}/cancel", {}))
    assert "The booking is cancelled." in done
    assert "Cancelled You cancelled this booking." in done
    assert _booking(site, booking_id).state is State.CANCELLED


def test_while_the_club_may_be_taking_one_cancelling_says_that_it_is_under_way(
    site: Site, member: Visitor, booking_id: str
) -> None:
    race(site.ports, booking_id)
    for _ in range(2):
        done = member.post(f"/bookings/{booking_id}/cancel", {})
        assert "We are cancelling it: if the club has taken you already, we give the place back." in words(done)
        assert "Being cancelled Being cancelled: finding out whether the club has taken you." in words(done)
        assert "data-live" in done.text
        assert "Cancel this booking" not in words(done)
    assert _booking(site, booking_id).state is State.SIGNING_UP
    assert member.get(f"/bookings/{booking_id}/cancel").request.path == f"/bookings/{booking_id}"
    assert "Being cancelled: finding out" in words(member.get("/"))


def test_if_it_has_not_it_is_cancelled_in_the_end(site: Site, member: Visitor, booking_id: str) -> None:
    race(site.ports, booking_id)
    member.post(f"/bookings/{booking_id}/cancel", {})
    now, full = site.ports.clock.now(), Failure(reason=FailureReason.FULL)
    site.ports.store.change(booking_id, lambda it: it.failed(full, NOTHING_SENT, Outcome(), now))
    assert "Cancelled You cancelled this booking." in _page(member, booking_id)


def test_if_it_has_the_page_says_why_the_place_is_being_given_back(
    site: Site, member: Visitor, booking_id: str
) -> None:
    race(site.ports, booking_id)
    member.post(f"/bookings/{booking_id}/cancel", {})
    win(site.ports, booking_id)
    shown = member.get(f"/bookings/{booking_id}")
    assert (
        f"Being given back {GIVING_BACK} "
        "You cancelled while the club was signing you up; the place is being given back."
    ) in words(shown)
    assert 'data-said="Being given back"' in shown.text
    assert "data-live" in shown.text
    _fail_to_withdraw(site.ports, booking_id, FailureReason.CLUB_UNREACHABLE)
    failed = _page(member, booking_id)
    assert "You cancelled while the club was signing you up, but it had taken you already." in failed
    assert "is being given back" not in failed


def test_who_is_tried_for_in_the_line_is_told_that_it_may_be_too_late_to_stop(
    site: Site, member: Visitor, booking_id: str
) -> None:
    find_full(site.ports, booking_id)
    rules, now = next(iter(site.ports.clubs.values())).rules, site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.tried(HOLDER, rules, now))
    assert "A place seems to be free: trying to get it for you." in _page(member, booking_id)
    assert "if the club has taken you already" in words(member.get(f"/bookings/{booking_id}/cancel"))
    assert "We are cancelling it" in words(member.post(f"/bookings/{booking_id}/cancel", {}))
    assert _booking(site, booking_id).state is State.WAITING


def test_what_is_booked_cannot_be_cancelled(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    win(site.ports, booking_id)
    assert member.get(f"/bookings/{booking_id}/cancel").request.path == f"/bookings/{booking_id}"
    answer = member.post(f"/bookings/{booking_id}/cancel", {})
    assert "This booking cannot be cancelled any more: the club has taken you." in words(answer)
    assert _booking(site, booking_id).state is State.BOOKED


@pytest.fixture
def booked_id(site: Site, booking_id: str) -> str:
    """A booking with a place."""
    claim(site.ports, booking_id)
    win(site.ports, booking_id)
    return booking_id


def test_giving_a_place_back_asks_first_then_does_it_once(site: Site, member: Visitor, booked_id: str) -> None:
    assert BUTTON in _page(member, booked_id)
    asked = words(member.get(f"/bookings/{booked_id}/withdraw"))
    assert "Your place at the club is given back, and somebody else can take it. This cannot be undone." in asked
    assert _booking(site, booked_id).withdrawal is None
    first = None
    for _ in range(2):
        done = member.post(f"/bookings/{booked_id}/withdraw", {})
        assert "We are giving your place back at the club." in words(done)
        assert f"Being given back {GIVING_BACK}" in words(done)
        assert BUTTON not in words(done)
        withdrawal = _booking(site, booked_id).withdrawal
        assert withdrawal is not None
        first = first or withdrawal
        assert withdrawal == first
    assert site.ports.store.unpublished() == []
    assert member.get(f"/bookings/{booked_id}/withdraw").request.path == f"/bookings/{booked_id}"


def test_while_it_is_given_back_page_and_list_keep_themselves_up_to_date(
    site: Site, member: Visitor, booked_id: str
) -> None:
    assert "data-live" not in member.get("/").text
    member.post(f"/bookings/{booked_id}/withdraw", {})
    for path in ("/", f"/bookings/{booked_id}"):
        shown = member.get(path)
        assert GIVING_BACK in words(shown)
        assert "data-live" in shown.text
    live = f"/bookings/{booked_id}/live"
    assert "data-settled" not in member.get(live).text
    now = site.ports.clock.now()
    site.ports.store.change(booked_id, lambda it: it.withdrawn(now, NOTHING_SENT, Outcome(), now))
    assert "data-settled" in member.get(live).text


def test_when_it_was_given_back_the_page_says_when_that_was_seen(site: Site, member: Visitor, booked_id: str) -> None:
    member.post(f"/bookings/{booked_id}/withdraw", {})
    now = site.ports.clock.now()
    seen_at = datetime.fromisoformat("2026-12-01T17:30:05+00:00")
    site.ports.store.change(booked_id, lambda it: it.withdrawn(seen_at, NOTHING_SENT, Outcome(), now))
    shown = _page(member, booked_id)
    assert "Withdrawn You gave your place back: the club's own page does not show you any more." in shown
    assert "Given back Seen on the club's page: Tuesday 1 December 2026 at 18:30:05" in shown
    assert BUTTON not in shown
    again = words(member.post(f"/bookings/{booked_id}/withdraw", {}))
    assert "We are giving" not in again
    assert "no place to give back" not in again


@pytest.mark.parametrize("reason", FailureReason)
def test_when_it_could_not_be_it_says_why_and_what_to_do_and_can_be_asked_again(
    site: Site, member: Visitor, booked_id: str, reason: FailureReason
) -> None:
    member.post(f"/bookings/{booked_id}/withdraw", {})
    _fail_to_withdraw(site.ports, booked_id, reason)
    answer = member.get(f"/bookings/{booked_id}")
    shown = words(answer)
    assert "Booked Your place could not be given back: " in shown
    assert "Their page said no." in shown
    assert '<p class="advice">' in answer.text
    assert "book again" not in shown
    assert "data-live" not in answer.text
    assert BUTTON in shown
    assert "This cannot be undone." in words(member.get(f"/bookings/{booked_id}/withdraw"))
    assert GIVING_BACK in words(member.post(f"/bookings/{booked_id}/withdraw", {}))
    assert site.ports.store.unpublished() == []


def test_after_the_start_it_is_too_late(
    site: Site, club: ClubBeside, member: Visitor, booked_id: str, tmp_path: Path
) -> None:
    start = starts_at(_booking(site, booked_id).session, club.rules().zone)
    before = _at(site, start - timedelta(seconds=1), tmp_path, club)
    assert BUTTON in _page(before, booked_id)
    assert "This cannot be undone." in words(before.get(f"/bookings/{booked_id}/withdraw"))
    after = _at(site, start, tmp_path, club)
    assert BUTTON not in _page(after, booked_id)
    for answer in (after.get(f"/bookings/{booked_id}/withdraw"), after.post(f"/bookings/{booked_id}/withdraw", {})):
        assert answer.request.path == f"/bookings/{booked_id}"
        assert "The session has started: it is too late to give the place back." in words(answer)
    assert _booking(site, booked_id).withdrawal is None


def test_a_booking_without_a_place_has_none_to_give_back(site: Site, member: Visitor, booking_id: str) -> None:
    path = f"/bookings/{booking_id}/withdraw"
    assert member.get(path).request.path == f"/bookings/{booking_id}"
    assert "This booking has no place to give back." in words(member.post(path, {}))
    member.post(f"/bookings/{booking_id}/cancel", {})
    assert "This booking has no place to give back." in words(member.post(path, {}))
    assert _booking(site, booking_id).state is State.CANCELLED


def test_nobody_gives_back_what_is_anothers(site: Site, stranger: Visitor, booked_id: str) -> None:
    path = f"/bookings/{booked_id}/withdraw"
    assert stranger.get(path).status_code == stranger.post(path, {}).status_code == 404
    assert _booking(site, booked_id).withdrawal is None


def test_nor_does_a_form_without_its_token(site: Site, member: Visitor, booked_id: str) -> None:
    assert member.post(f"/bookings/{booked_id}/withdraw", {}, token=False).status_code == 400
    assert _booking(site, booked_id).withdrawal is None
