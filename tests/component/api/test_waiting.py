"""What a member wishes for in case a session is full, and what they see while they wait."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

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

from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.session import starts_at
from autotennis.ports import PlaceInLine, Store
from autotennis.values import Failure, FailureReason, QuietHours, WaitingWish
from autotennis_api.app import create_app
from practice_club.orders import NewSession

DEFAULTS = {"options": "1", "wait": "y", "notice": "0", "quiet_from": "", "quiet_until": ""}
IN_LINE = "in the line for this session."


@pytest.fixture
def link(club: ClubBeside) -> str:
    """A session that opens tomorrow."""
    return club.add_session(NewSession(opens_in_s=86_370))[1]


def _booking(site: Site, booking_id: str) -> Booking:
    return site.ports.store.booking(booking_id)


def _page(visitor: Visitor, booking_id: str) -> str:
    return words(visitor.get(f"/bookings/{booking_id}"))


def test_the_preview_offers_to_wait_and_says_until_when(club: ClubBeside, member: Visitor) -> None:
    session, link = club.add_session(NewSession(opens_in_s=86_370))
    answer = member.paste(link)
    shown = words(answer)
    start, opening = session.start, session.start - timedelta(hours=72)
    for told in (
        f"It opens {opening:%A} {opening.day} {opening:%B} {opening.year} at {opening:%H:%M}",
        f"If it is full, we wait for a freed place until the session starts, {start:%A} {start.day} {start:%B}",
        "If it is full, wait for a place that is given back",
        "the start 1 hour before the start 2 hours before the start 6 hours before the start 12 hours before the start",
        "24 hours before the start",
        "none 00:00 01:00",
    ):
        assert told in shown
    assert '<input checked id="wait" name="wait" type="checkbox" value="y">' in answer.text
    assert '<option selected value="0">the start' in answer.text


def test_that_of_an_open_session_says_that_it_is_tried_at_once(club: ClubBeside, member: Visitor) -> None:
    shown = words(member.paste(club.add_session(NewSession(opens_in_s=-60))[1]))
    assert "We try at once. If it is full, we wait" in shown


@pytest.mark.parametrize(
    ("form", "wish"),
    [
        pytest.param({}, WaitingWish(), id="a form that knows nothing of waiting"),
        pytest.param(DEFAULTS, WaitingWish(), id="untouched"),
        pytest.param({"notice": "60"}, WaitingWish(notice_min=60), id="only one field"),
        pytest.param({"options": "1"}, WaitingWish(wanted=False), id="no tick"),
        pytest.param({"wait": "false"}, WaitingWish(wanted=False), id="a program that says no"),
        pytest.param({**DEFAULTS, "notice": "1440"}, WaitingWish(notice_min=1440), id="notice"),
        pytest.param(
            {**DEFAULTS, "notice": "120", "quiet_from": "23", "quiet_until": "0"},
            WaitingWish(notice_min=120, quiet=QuietHours(from_hour=23, until_hour=0)),
            id="all of it",
        ),
        pytest.param(
            {"options": "1", "notice": "60", "quiet_from": "23"}, WaitingWish(wanted=False), id="no tick, half the rest"
        ),
    ],
)
def test_what_is_chosen_is_kept_with_the_booking(
    site: Site, member: Visitor, link: str, form: Mapping[str, str], wish: WaitingWish
) -> None:
    assert _booking(site, member.book(link, **form)).waiting == wish


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"quiet_from": "22"}, "quiet_until", "Choose both hours, or none."),
        ({"quiet_until": "7"}, "quiet_from", "Choose both hours, or none."),
        ({"quiet_from": "7", "quiet_until": "7"}, "quiet_until", "Choose two different hours."),
        ({"quiet_from": "24", "quiet_until": "7"}, "quiet_from", "Choose something from the list."),
        ({"quiet_from": "22", "quiet_until": "-1"}, "quiet_until", "Choose something from the list."),
        ({"notice": "61"}, "notice", "Choose something from the list."),
        ({"notice": "soon"}, "notice", "Choose something from the list."),
        ({"notice": ""}, "notice", "Choose something from the list."),
    ],
)
def test_a_mistake_is_explained_where_it_stands_and_nothing_is_booked(
    site: Site, member: Visitor, email: str, link: str, change: Mapping[str, str], field: str, problem: str
) -> None:
    answer = member.confirm(member.paste(link), **{**DEFAULTS, **change})
    assert answer.status_code == 422
    assert "Is this the session?" in words(answer)
    assert f'<small class="error" id="{field}-error">{problem}</small>' in answer.text
    assert f'<a href="#{field}">' in answer.text
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert site.ports.store.bookings_of(account.id) == []


def test_the_preview_keeps_what_was_chosen_and_can_be_sent_again(site: Site, member: Visitor, link: str) -> None:
    wrong = member.confirm(member.paste(link), **{**DEFAULTS, "notice": "120", "quiet_from": "22"})
    for chosen in ('<option selected value="120">', '<option selected value="22">', '<input checked id="wait"'):
        assert chosen in wrong.text
    right = member.confirm(wrong, **{**DEFAULTS, "notice": "120", "quiet_from": "22", "quiet_until": "7"})
    assert right.status_code == 200
    quiet = QuietHours(from_hour=22, until_hour=7)
    booking_id = right.request.path.rsplit("/", 1)[1]
    assert _booking(site, booking_id).waiting == WaitingWish(notice_min=120, quiet=quiet)


def test_so_is_a_tick_that_was_taken_away(member: Visitor, link: str) -> None:
    wrong = member.confirm(member.paste(link), options="1", notice="61")
    assert wrong.status_code == 422
    assert '<input id="wait" name="wait" type="checkbox" value="y">' in wrong.text
    assert "If it is full, we do not wait." in words(wrong)


def test_a_planned_booking_says_what_was_chosen(member: Visitor, link: str, club: ClubBeside) -> None:
    chosen = _page(member, member.book(link, **{**DEFAULTS, "notice": "60", "quiet_from": "22", "quiet_until": "7"}))
    assert "If it is full We wait for a place that is given back." in chosen
    assert "Not later than 1 hour before the start Quiet hours 22:00\N{EN DASH}07:00" in chosen
    other = club.add_session(NewSession(opens_in_s=86_370))[1]
    not_waiting = _page(member, member.book(other, options="1"))
    assert "If it is full We do not wait for a place that is given back." in not_waiting
    assert "Not later than" not in not_waiting


def test_who_waits_sees_since_when_until_when_and_how(site: Site, club: ClubBeside, member: Visitor, link: str) -> None:
    quiet = (site.ports.clock.now().astimezone(club.rules().zone) + timedelta(hours=6)).hour
    hours = {"quiet_from": str(quiet), "quiet_until": str((quiet + 1) % 24)}
    booking_id = member.book(link, **{**DEFAULTS, "notice": "120", **hours})
    find_full(site.ports, booking_id)
    booking = _booking(site, booking_id)
    assert booking.wait is not None
    start, since = booking.session.start, booking.wait.since.astimezone(club.rules().zone)
    last = start - timedelta(hours=2)
    shown = _page(member, booking_id)
    for told in (
        f"Waiting The session is full. We look for a freed place until {last:%A} {last.day} {last:%B}",
        f"{last:%B} {last.year} at {last:%H:%M}",
        f"Waiting since {since:%A} {since.day} {since:%B} {since.year} at {since:%H:%M}",
        f"Waits until {start:%A} {start.day} {start:%B} {start.year} at {start:%H:%M}",
        "We look at the club every 30 seconds. A freed place is taken for you by itself: you need not do anything.",
        f"Not later than 2 hours before the start Quiet hours {quiet:02d}:00\N{EN DASH}{(quiet + 1) % 24:02d}:00",
    ):
        assert told in shown


def test_everybody_sees_their_place_in_the_line_of_their_session(
    site: Site, club: ClubBeside, member: Visitor, stranger: Visitor, link: str
) -> None:
    other = member.book(club.add_session(NewSession(opens_in_s=86_370))[1])
    first, second = stranger.book(link), member.book(link)
    for booking_id in (other, first, second):
        find_full(site.ports, booking_id)
    assert f"You are number 1 of 2 {IN_LINE}" in _page(stranger, first)
    assert f"You are number 2 of 2 {IN_LINE}" in _page(member, second)
    assert f"You are number 1 of 1 {IN_LINE}" in _page(member, other)
    for mine in (member.get("/"), member.get("/live")):
        assert f"number 2 of 2 {IN_LINE}" in words(mine)
        assert f"number 1 of 1 {IN_LINE}" in words(mine)
    stranger.post(f"/bookings/{first}/cancel", {})
    assert f"You are number 1 of 1 {IN_LINE}" in words(member.get(f"/bookings/{second}/live"))


class CountingStore:
    """A store that counts how often it is asked for a place in a line."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lines_read = 0

    def place_in_line(self, booking: Booking) -> PlaceInLine | None:
        """Counts the line."""
        self.lines_read += 1
        return self._store.place_in_line(booking)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_the_line_is_read_only_for_what_is_rendered(
    site: Site, club: ClubBeside, member: Visitor, email: str, link: str, tmp_path: Path
) -> None:
    booking_id = member.book(link)
    store = CountingStore(site.ports.store)
    ports = replace(site.ports, store=cast("Store", store))
    visitor = Site(create_app(ports, api_settings(tmp_path, club.rules())), ports).visitor()
    visitor.sign_in(email)
    visitor.get("/")
    assert store.lines_read == 0, "nobody waits"
    find_full(site.ports, booking_id)
    for page, live in (("/", "/live"), (f"/bookings/{booking_id}", f"/bookings/{booking_id}/live")):
        before = store.lines_read
        version = visitor.get(page).text.split('data-version="')[1].split('"')[0]
        assert store.lines_read == before + 1
        assert visitor.get(live, {"If-None-Match": f'"{version}"'}).status_code == 304
        assert store.lines_read == before + 1
        assert visitor.get(live).status_code == 200
        assert store.lines_read == before + 2


def test_an_attempt_to_get_a_freed_place_is_told(site: Site, club: ClubBeside, member: Visitor, link: str) -> None:
    booking_id = member.book(link)
    find_full(site.ports, booking_id)
    version = member.get(f"/bookings/{booking_id}").text.split('data-version="')[1].split('"')[0]
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.tried(HOLDER, club.rules(), now))
    news = member.get(f"/bookings/{booking_id}/live", {"If-None-Match": f'"{version}"'})
    assert "A place seems to be free: trying to get it for you." in words(news)
    win(site.ports, booking_id)
    shown = _page(member, booking_id)
    assert "You have a place" in shown
    assert "Waiting since" not in shown


@pytest.mark.parametrize(
    ("waited", "reason", "told"),
    [
        (False, FailureReason.FULL, "the session was full. Nobody waited for a freed place. Book the session again"),
        (True, FailureReason.FULL, "the session was full. We waited for a freed place until the session started."),
        (True, FailureReason.TOO_LATE, "a place became free, but later than you wished. Choose another session"),
    ],
)
def test_who_waited_in_vain_is_told_so_and_who_did_not_is_told_that(
    site: Site, member: Visitor, link: str, waited: bool, reason: FailureReason, told: str
) -> None:
    booking_id = member.book(link)
    (find_full if waited else race)(site.ports, booking_id)
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.failed(Failure(reason=reason), NOTHING_SENT, Outcome(), now))
    assert f"Failed Failed: {told}" in _page(member, booking_id)


def test_a_norwegian_page_tells_it_in_norwegian(site: Site, member: Visitor, link: str) -> None:
    booking_id = member.book(link)
    find_full(site.ports, booking_id)
    member.post("/language", {"language": "nb", "back": "/"})
    shown = _page(member, booking_id)
    assert "Venter Timen er full. Vi ser etter en ledig plass til " in shown
    assert "Du er nummer 1 av 1 i køen til denne timen." in shown
    assert "Vi ser etter hos klubben hvert 30. sekund." in shown


def test_the_download_tells_of_waiting_and_of_giving_up(
    site: Site, club: ClubBeside, member: Visitor, link: str
) -> None:
    booking_id = member.book(link, **{**DEFAULTS, "notice": "60", "quiet_from": "22", "quiet_until": "7"})
    find_full(site.ports, booking_id)
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.tried(HOLDER, club.rules(), now))
    member.post(f"/bookings/{booking_id}/cancel", {})
    win(site.ports, booking_id)
    kept = json.loads(member.get(f"/bookings/{booking_id}.json").data)
    booking = _booking(site, booking_id)
    quiet = {"from_hour": 22, "until_hour": 7}
    assert kept["waiting"] == {"wanted": True, "notice_min": 60, "quiet": quiet, "ask_min": 0, "club_list": False}
    until = starts_at(booking.session, club.rules().zone)
    assert kept["wait"]["until"] == until.isoformat().replace("+00:00", "Z")
    assert kept["cancel_asked_at"]
    assert kept["withdrawal"]["asked_at"]
    assert kept["withdrawal"]["failure"] is None


def test_that_of_a_booking_without_any_of_it_says_so(site: Site, member: Visitor, link: str) -> None:
    booking_id = member.book(link)
    claim(site.ports, booking_id)
    kept = json.loads(member.get(f"/bookings/{booking_id}.json").data)
    assert (kept["wait"], kept["cancel_asked_at"], kept["withdrawal"]) == (None, None, None)


def test_a_place_before_the_opening_is_wished_for_only_by_who_ticks_it(site: Site, member: Visitor, link: str) -> None:
    preview = member.paste(link)
    assert "Take a place that becomes free before the opening, too" in words(preview)
    booking_id = member.book(link, **DEFAULTS, early="y")
    assert _booking(site, booking_id).early
    assert "A place that becomes free before is taken, too" in _page(member, booking_id)
    assert json.loads(member.get(f"/bookings/{booking_id}.json").text)["early"] is True


def test_without_the_tick_nobody_looks_before_the_opening(site: Site, member: Visitor, link: str) -> None:
    booking_id = member.book(link, **DEFAULTS)
    assert not _booking(site, booking_id).early
    assert "becomes free before" not in _page(member, booking_id)


def test_a_session_that_is_open_has_no_before(club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=-3600))
    assert "before the opening" not in words(member.paste(link))
