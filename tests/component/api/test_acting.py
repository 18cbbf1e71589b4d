"""Links of messages: each shows what it does, does it for whoever has it, and says so when it is too late."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from support.api_site import (
    LINK_SECRET,
    ClubBeside,
    Site,
    Visitor,
    api_settings,
    find_full,
    offer,
    race,
    win,
    words,
)
from support.clock import ManualClock
from werkzeug.test import TestResponse

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.domain.booking import Booking, Budget, Outcome, State
from autotennis.domain.session import starts_at
from autotennis.values import Failure, FailureReason
from autotennis_api.app import create_app
from practice_club.orders import NewSession

WAITING = {"options": "1", "wait": "y", "ask": "15"}
LINKS = ActionLinks(SecretStr(LINK_SECRET))


@dataclass(frozen=True)
class Mailbox:
    """The member's messages, and a browser in which nobody is signed in and no cookie is kept."""

    site: Site
    booking_id: str
    client: FlaskClient

    @property
    def booking(self) -> Booking:
        """As it is kept now."""
        return self.site.ports.store.booking(self.booking_id)

    def link(self, action: LinkAction, hours: float = 1, subject_id: str = "", day: date | None = None) -> str:
        """The path that a message's link leads to."""
        until = self.site.ports.clock.now() + timedelta(hours=hours)
        token = LINKS.make(action, self.booking.member_id, subject_id or self.booking_id, until, day)
        return f"/act/{token.get_secret_value()}"

    def get(self, path: str) -> TestResponse:
        """Follows a link."""
        return self.client.get(path, buffered=True)

    def press(self, path: str) -> TestResponse:
        """Follows a link, and presses the button that is shown."""
        shown = self.get(path)
        found = shown.text.split('name="step" value="')[1:]
        assert found, words(shown)
        return self.client.post(path, data={"step": found[0].split('"')[0]})


@pytest.fixture
def mailbox(site: Site, booking_id: str) -> Mailbox:
    return Mailbox(site, booking_id, site.app.test_client(use_cookies=False))


@pytest.fixture
def asked(site: Site, club: ClubBeside, member: Visitor) -> Mailbox:
    """Of a member who is asked about a place."""
    booking_id = member.book(club.add_session(NewSession(opens_in_s=86_370))[1], **WAITING)
    offer(site.ports, booking_id)
    return Mailbox(site, booking_id, site.app.test_client(use_cookies=False))


@pytest.fixture
def weekly(site: Site, club: ClubBeside, member: Visitor) -> Mailbox:
    """Of a member with a series."""
    booking_id = member.book(club.add_session(NewSession(opens_in_s=86_370))[1], weekly="y")
    return Mailbox(site, booking_id, site.app.test_client(use_cookies=False))


def _at(mailbox: Mailbox, club: ClubBeside, now: datetime, directory: Path) -> Mailbox:
    """The same, when it is then."""
    ports = replace(mailbox.site.ports, clock=ManualClock(now))
    site = Site(create_app(ports, api_settings(directory, club.rules())), ports)
    return Mailbox(site, mailbox.booking_id, site.app.test_client(use_cookies=False))


def _week(mailbox: Mailbox) -> str:
    """The link that skips the second week."""
    series_id = mailbox.booking.series_id
    assert series_id
    day = mailbox.site.ports.store.series(series_id).next.start.date()
    return mailbox.link(LinkAction.SKIP, 24, series_id, day)


def test_a_place_that_is_offered_is_taken(asked: Mailbox) -> None:
    path = asked.link(LinkAction.ACCEPT)
    shown = asked.get(path)
    assert shown.status_code == 200
    assert "Do you want the free place?" in words(shown)
    assert "Øvingsklubben" in words(shown)
    for _ in range(2):
        done = asked.client.post(path, data={"step": "accept"})
        assert (done.status_code, "You have said yes" in words(done)) == (200, True)
    assert asked.booking.offer
    assert asked.booking.offer.accepted is True
    assert "You have said yes already" in words(asked.get(asked.link(LinkAction.DECLINE)))


def test_or_left_to_the_next_one(asked: Mailbox) -> None:
    path = asked.link(LinkAction.DECLINE)
    assert "The place is left to the next one in line" in words(asked.press(path))
    assert asked.booking.offer
    assert asked.booking.offer.accepted is False
    assert "You have said no already" in words(asked.get(asked.link(LinkAction.ACCEPT)))
    asked.client.post(asked.link(LinkAction.ACCEPT), data={"step": "accept"})
    assert asked.booking.offer.accepted is False


def test_an_answer_that_comes_too_late_is_told_so(asked: Mailbox, club: ClubBeside, tmp_path: Path) -> None:
    assert asked.booking.offer
    later = _at(asked, club, asked.booking.offer.until + timedelta(seconds=1), tmp_path)
    for action in (LinkAction.ACCEPT, LinkAction.DECLINE):
        path = later.link(action)
        for answer in (later.get(path), later.client.post(path, data={"step": action.value})):
            assert "It is too late for this answer" in words(answer)
    assert asked.booking.offer.accepted is None


def test_nor_is_a_place_asked_about_that_was_won_or_given_up(asked: Mailbox) -> None:
    win(asked.site.ports, asked.booking_id)
    assert "You have a place" in words(asked.get(asked.link(LinkAction.ACCEPT)))
    assert "You have the place already" in words(asked.get(asked.link(LinkAction.DECLINE)))
    asked.press(asked.link(LinkAction.CANCEL))
    assert "not asked about any more" in words(asked.get(asked.link(LinkAction.ACCEPT)))


def test_a_booking_is_cancelled(mailbox: Mailbox) -> None:
    path = mailbox.link(LinkAction.CANCEL)
    assert "Then you are not signed up when the session opens." in words(mailbox.get(path))
    for _ in range(2):
        assert "This booking is cancelled" in words(mailbox.client.post(path, data={"step": "cancel"}))
    assert mailbox.booking.state is State.CANCELLED
    assert "This booking is cancelled" in words(mailbox.get(path))


def test_one_that_is_won_is_given_back_but_only_by_who_was_shown_that(mailbox: Mailbox) -> None:
    path = mailbox.link(LinkAction.CANCEL)
    race(mailbox.site.ports, mailbox.booking_id)
    win(mailbox.site.ports, mailbox.booking_id)
    # The page that was shown before it was won said something else.
    assert "Give the place back?" in words(mailbox.client.post(path, data={"step": "cancel"}))
    assert mailbox.booking.withdrawal is None
    assert "Your place is given back" in words(mailbox.press(path))
    assert mailbox.booking.withdrawal
    asked_at = mailbox.booking.withdrawal.asked_at
    assert "Your place is given back" in words(mailbox.client.post(path, data={"step": "withdraw"}))
    assert mailbox.booking.withdrawal.asked_at == asked_at


def test_once_it_has_started_it_is_too_late(mailbox: Mailbox, club: ClubBeside, tmp_path: Path) -> None:
    race(mailbox.site.ports, mailbox.booking_id)
    win(mailbox.site.ports, mailbox.booking_id)
    later = _at(mailbox, club, starts_at(mailbox.booking.session, club.rules().zone), tmp_path)
    path = later.link(LinkAction.CANCEL)
    for answer in (later.get(path), later.client.post(path, data={"step": "withdraw"})):
        assert "It is too late to give the place back" in words(answer)
    assert mailbox.booking.withdrawal is None


def test_what_has_failed_cannot_be_cancelled(mailbox: Mailbox) -> None:
    race(mailbox.site.ports, mailbox.booking_id)
    now, failure = mailbox.site.ports.clock.now(), Failure(reason=FailureReason.NO_SESSION)
    nothing = Budget(requests=0, sign_ups=0)
    mailbox.site.ports.store.change(mailbox.booking_id, lambda it: it.failed(failure, nothing, Outcome(), now))
    assert "There is nothing to cancel" in words(mailbox.get(mailbox.link(LinkAction.CANCEL)))


def test_a_week_of_a_series_is_skipped(weekly: Mailbox) -> None:
    path, store = _week(weekly), weekly.site.ports.store
    assert "Skip this week?" in words(weekly.get(path))
    for _ in range(2):
        assert "This week is skipped" in words(weekly.client.post(path, data={"step": "skip"}))
    series = store.series(weekly.booking.series_id or "")
    assert series.skipped == {series.next.start.date()}
    assert weekly.booking.state is State.REQUESTED, "it is another week's"


def test_a_week_that_is_planned_is_cancelled_with_it_and_one_that_is_won_is_not(weekly: Mailbox) -> None:
    booking = weekly.booking
    path = weekly.link(LinkAction.SKIP, 24, booking.series_id or "", booking.session.start.date())
    race(weekly.site.ports, booking.id)
    win(weekly.site.ports, booking.id)
    assert "You have a place that day already" in words(weekly.client.post(path, data={"step": "skip"}))
    assert weekly.site.ports.store.series(booking.series_id or "").skipped == frozenset()


def test_nor_is_a_day_skipped_that_is_past_or_of_a_series_that_has_ended(
    weekly: Mailbox, club: ClubBeside, member: Visitor, tmp_path: Path
) -> None:
    series_id = weekly.booking.series_id or ""
    week = weekly.site.ports.store.series(series_id).next
    later = _at(weekly, club, starts_at(week, club.rules().zone) + timedelta(days=1), tmp_path)
    assert "It is too late" in words(later.get(later.link(LinkAction.SKIP, 24, series_id, week.start.date())))
    assert "It is too late" in words(weekly.get(weekly.link(LinkAction.SKIP, 24, series_id)))
    member.post(f"/series/{series_id}/stop", {})
    path = _week(weekly)
    assert "This series has ended" in words(weekly.client.post(path, data={"step": "skip"}))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, {"User-Agent": "SafeLinks/1.0"}]
)
def test_nobody_acts_by_merely_looking(mailbox: Mailbox, method: str, headers: dict[str, str]) -> None:
    answer = mailbox.client.open(mailbox.link(LinkAction.CANCEL), method=method, headers=headers)
    assert answer.status_code == 200
    assert mailbox.booking.state is State.REQUESTED


@pytest.mark.parametrize("form", [{}, {"step": ""}, {"step": "withdraw"}, {"step": "burn"}])
def test_nor_by_a_form_that_says_something_else_than_was_shown(mailbox: Mailbox, form: dict[str, str]) -> None:
    answer = mailbox.client.post(mailbox.link(LinkAction.CANCEL), data=form)
    assert "Cancel this booking?" in words(answer)
    assert mailbox.booking.state is State.REQUESTED


def test_one_that_is_over_acts_no_more_and_leads_to_the_booking(mailbox: Mailbox) -> None:
    path = mailbox.link(LinkAction.CANCEL, hours=-1)
    for answer in (mailbox.get(path), mailbox.client.post(path, data={"step": "cancel"})):
        assert (answer.status_code, "This link has run out" in words(answer)) == (410, True)
        assert f'href="/bookings/{mailbox.booking_id}"' in answer.text
        assert "Øvingsklubben" not in words(answer), "an old link tells nothing"
    assert mailbox.booking.state is State.REQUESTED


def _forged(mailbox: Mailbox) -> list[str]:
    good = mailbox.link(LinkAction.CANCEL)
    other = ActionLinks(SecretStr("b" * 38)).make(
        LinkAction.CANCEL, mailbox.booking.member_id, mailbox.booking_id, datetime.max.replace(tzinfo=UTC)
    )
    return [good[:-3], good.replace(".", ".A", 1), "/act/x", f"/act/{other.get_secret_value()}", "/act/" + "a" * 9000]


def test_a_forged_one_does_nothing_and_says_so(mailbox: Mailbox) -> None:
    for path in _forged(mailbox):
        for answer in (mailbox.get(path), mailbox.client.post(path, data={"step": "cancel"})):
            assert (answer.status_code, "This link does not work" in words(answer)) == (404, True)
    assert mailbox.booking.state is State.REQUESTED


def test_who_tries_too_many_is_kept_off_and_good_links_still_work(mailbox: Mailbox) -> None:
    found = {mailbox.get("/act/made-up").status_code for _ in range(51)}
    assert found == {404, 429}
    assert mailbox.get(mailbox.link(LinkAction.CANCEL)).status_code == 200


def test_what_is_deleted_is_said_to_be(mailbox: Mailbox, stranger: Visitor) -> None:
    path, another = mailbox.link(LinkAction.CANCEL), mailbox.link(LinkAction.ACCEPT, subject_id="never-there")
    over = mailbox.link(LinkAction.CANCEL, hours=-1)
    ports = mailbox.site.ports
    assert mailbox.get(another).status_code == 410
    ports.store.forget_member(mailbox.booking.member_id, ports.clock.now())
    for gone in (path, another, over):
        answer = mailbox.client.post(gone, data={"step": "cancel"})
        assert (answer.status_code, "That is not there any more" in words(answer)) == (410, True)


def test_it_does_not_let_anybody_touch_what_is_anothers(mailbox: Mailbox, stranger: Visitor) -> None:
    thief = mailbox.site.ports.store.member_by_email("tormod.vassfjell@example.org")
    assert thief
    token = LINKS.make(
        LinkAction.CANCEL, thief.id, mailbox.booking_id, mailbox.site.ports.clock.now() + timedelta(hours=1)
    )
    answer = mailbox.client.post(f"/act/{token.get_secret_value()}", data={"step": "cancel"})
    assert answer.status_code == 410
    assert mailbox.booking.state is State.REQUESTED


def test_whoever_is_signed_in_as_somebody_else_acts_for_the_one_who_was_written_to(
    mailbox: Mailbox, stranger: Visitor
) -> None:
    path = mailbox.link(LinkAction.CANCEL)
    assert stranger.client.post(path, data={"step": "cancel"}).status_code == 200
    assert mailbox.booking.state is State.CANCELLED


@pytest.mark.parametrize("kind", ["good", "over", "forged"])
def test_the_link_does_not_travel_on(mailbox: Mailbox, kind: str) -> None:
    made: dict[str, Callable[[], str]] = {
        "good": lambda: mailbox.link(LinkAction.CANCEL),
        "over": lambda: mailbox.link(LinkAction.CANCEL, hours=-1),
        "forged": lambda: "/act/made-up",
    }
    answer = mailbox.get(made[kind]())
    assert answer.headers.getlist("Referrer-Policy") == ["strict-origin"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_nothing_of_it_stands_in_the_logs(mailbox: Mailbox, capfd: pytest.CaptureFixture[str]) -> None:
    path = mailbox.link(LinkAction.CANCEL)
    mailbox.get(path)
    mailbox.press(path)
    mailbox.get(path[:-3])
    said = "".join(capfd.readouterr())
    assert path.removeprefix("/act/")[:60] not in said


@pytest.mark.parametrize("language", ["nb", "en"])
def test_it_speaks_the_members_language(mailbox: Mailbox, language: str) -> None:
    ports = mailbox.site.ports
    ports.store.change_member(mailbox.booking.member_id, lambda it: it.model_copy(update={"language": language}))
    answer = mailbox.get(mailbox.link(LinkAction.CANCEL))
    assert f'<html lang="{language}">' in answer.text
    assert {"nb": "Vil du avbestille?", "en": "Cancel this booking?"}[language] in words(answer)


def test_unless_another_one_was_chosen_here(mailbox: Mailbox) -> None:
    visitor = mailbox.site.visitor("en")
    visitor.post("/language", {"language": "nb", "back": "/"})
    assert '<html lang="nb">' in visitor.get(mailbox.link(LinkAction.CANCEL)).text


def test_a_booking_that_waits_leaves_the_line(mailbox: Mailbox) -> None:
    find_full(mailbox.site.ports, mailbox.booking_id)
    path = mailbox.link(LinkAction.CANCEL)
    assert "Then you leave the line" in words(mailbox.get(path))
    mailbox.press(path)
    assert mailbox.booking.state is State.CANCELLED
