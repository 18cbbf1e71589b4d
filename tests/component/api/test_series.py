"""A weekly series on the pages: begun with a booking, shown ahead, skipped, paused, ended, and nobody else's."""

from datetime import date, timedelta

import pytest
from support.api_site import ClubBeside, Site, Visitor, claim, words

from autotennis.domain.booking import State, Wish, requested
from autotennis.domain.opening import opening_of, wake_at
from autotennis.domain.series import Series, SeriesState, Slot, Trouble, TroubleKind
from autotennis.domain.session import next_week
from autotennis.events import SeriesDue
from autotennis.values import QuietHours, WaitingWish
from practice_club.orders import NewSession

DAY_S = 86_400


def begin(site: Site, club: ClubBeside, member: Visitor, opens_in_s: float = DAY_S - 30) -> Series:
    """A series that was begun with a session of the club."""
    _, link = club.add_session(NewSession(opens_in_s=opens_in_s))
    booking_id = member.book(link, weekly="y")
    series_id = site.ports.store.booking(booking_id).series_id
    assert series_id
    return site.ports.store.series(series_id)


def now(site: Site, series: Series) -> Series:
    return site.ports.store.series(series.id)


def plan(site: Site, series: Series) -> str:
    """Its next week, planned as the timer does it; gives the booking's id."""
    rules = site.ports.clubs[series.club_id].rules
    wish = Wish(
        member_id=series.member_id,
        club_id=series.club_id,
        session=series.next,
        opening_at=opening_of(series.next, rules),
        series_id=series.id,
    )
    at = site.ports.clock.now()
    site.ports.store.create(requested(series.booking_id(series.next), wish, at))
    site.ports.store.change_series(series.id, lambda it: it.planned(Slot(session=it.next), rules, at))
    return series.booking_id(series.next)


def page(member: Visitor, series: Series) -> str:
    return words(member.get(f"/series/{series.id}"))


def test_a_booking_may_be_the_first_week_of_a_series(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=DAY_S))
    options = {"options": "1", "wait": "y", "notice": "120", "quiet_from": "23", "quiet_until": "7"}
    booking = site.ports.store.booking(member.book(link, weekly="y", **options))
    assert booking.series_id
    series = site.ports.store.series(booking.series_id)
    assert (series.next, series.member_id) == (next_week(booking.session), booking.member_id)
    assert series.plan_at == wake_at(booking.opening_at)
    wish = WaitingWish(notice_min=120, quiet=QuietHours(from_hour=23, until_hour=7))
    assert series.waiting == booking.waiting == wish
    assert f"/series/{series.id}" in member.get(f"/bookings/{booking.id}").text


def test_without_the_tick_nothing_is_repeated(site: Site, club: ClubBeside, member: Visitor) -> None:
    _, link = club.add_session(NewSession(opens_in_s=DAY_S))
    assert site.ports.store.booking(member.book(link)).series_id is None
    assert "Nothing is repeated yet." in words(member.get("/series"))


def test_the_timer_is_told_at_once(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    bus = site.ports.bus
    assert hasattr(bus, "events_since")
    told = [event for _, event in bus.events_since(0) if isinstance(event, SeriesDue)]  # type: ignore[attr-defined]
    assert [event.series_id for event in told] == [series.id]


def test_the_next_four_weeks_are_shown_ahead(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    shown = page(member, series)
    first = series.next.start - timedelta(days=7)
    for week in range(4):
        start = first + timedelta(days=7 * week)
        assert f"{start:%A} {start.day} {start:%B} {start.year} at {start:%H:%M}" in shown
    beyond = first + timedelta(days=28)
    assert f"{beyond:%A} {beyond.day} {beyond:%B}" not in shown
    assert f"Every {first:%A} at {first:%H:%M}" in words(member.get("/series"))


def test_a_week_to_come_is_skipped_and_taken_back(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    day = series.next.start.date()
    shown = words(member.post(f"/series/{series.id}/skip", {"day": day.isoformat()}))
    assert "is skipped." in shown
    assert now(site, series).skipped == {day}
    shown = words(member.post(f"/series/{series.id}/include", {"day": day.isoformat()}))
    assert "is not skipped any more." in shown
    assert now(site, series).skipped == set()


def test_skipping_a_week_that_is_planned_cancels_its_booking(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    booking_id = plan(site, series)
    member.post(f"/series/{series.id}/skip", {"day": series.next.start.date().isoformat()})
    assert site.ports.store.booking(booking_id).state is State.CANCELLED


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-13-01"])
def test_what_is_no_date_is_skipped_by_nobody(site: Site, club: ClubBeside, member: Visitor, day: str) -> None:
    series = begin(site, club, member)
    assert member.post(f"/series/{series.id}/skip", {"day": day}).status_code == 404
    assert now(site, series).skipped == set()


def test_it_is_paused_and_goes_on(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    assert "The series is paused" in words(member.post(f"/series/{series.id}/pause", {}))
    assert now(site, series).state is SeriesState.PAUSED
    assert "Not planned while the series is paused" in page(member, series)
    assert "The series goes on." in words(member.post(f"/series/{series.id}/resume", {}))
    assert now(site, series).is_due


def test_a_last_date_is_kept_and_taken_away(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    last = series.next.start.date()
    member.post(f"/series/{series.id}/until", {"until": last.isoformat()})
    assert now(site, series).until == last
    assert "value=" + f'"{last.isoformat()}"' in member.get(f"/series/{series.id}").text
    after = last + timedelta(days=7)
    assert f"{after:%A} {after.day} {after:%B}" not in page(member, series)
    member.post(f"/series/{series.id}/until", {"until": ""})
    assert now(site, series).until is None


def test_a_last_date_that_is_none_is_refused_where_it_stands(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    answer = member.post(f"/series/{series.id}/until", {"until": "some day"})
    assert answer.status_code == 422
    assert "Please correct this:" in words(answer)
    assert now(site, series).until is None


@pytest.mark.parametrize("too", [True, False], ids=["with what is planned", "without"])
def test_it_is_ended_with_or_without_what_is_planned(site: Site, club: ClubBeside, member: Visitor, too: bool) -> None:
    series = begin(site, club, member)
    booking_id = plan(site, series)
    assert "Cancel these, too" in words(member.get(f"/series/{series.id}/stop"))
    shown = words(member.post(f"/series/{series.id}/stop", {"planned": "1"} if too else {}))
    assert "The series has ended." in shown
    assert ("2 planned bookings were cancelled." in shown) is too
    assert now(site, series).state is SeriesState.ENDED
    assert (site.ports.store.booking(booking_id).state is State.CANCELLED) is too
    assert "Nothing is repeated yet." in words(member.get("/series"))
    assert "cannot be changed so any more" in words(member.post(f"/series/{series.id}/resume", {}))


def test_a_week_that_the_club_lacks_is_told(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    rules = site.ports.clubs[series.club_id].rules
    for kind, seen, told in (
        (TroubleKind.GONE, "", "the club's timetable does not show the session"),
        (TroubleKind.MOVED, "2026-12-01T20:00", "the club has moved the session to Tuesday 1 December 2026 at 20:00"),
        (TroubleKind.OTHER_GROUP, "N+", "the club has given the hour to another group (N+)"),
    ):
        trouble = Trouble(kind=kind, session=now(site, series).next, seen=seen)
        at = site.ports.clock.now()
        site.ports.store.change_series(series.id, lambda it, met=trouble, at=at: it.met_with(met, rules, at))
        assert told in page(member, series)
        assert told in words(member.get("/series"))


def test_two_series_at_the_same_time_are_warned_of(site: Site, club: ClubBeside, member: Visitor) -> None:
    first = begin(site, club, member)
    _, link = club.add_session(NewSession(starts=f"{first.next.start - timedelta(days=7):%Y%m%dT%H:%M:%S}"))
    shown = words(member.confirm(member.paste(link), weekly="y"))
    assert "Mind that another series of yours is at the same time" in shown


def test_the_same_slot_is_repeated_by_one_series(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    (booking,) = site.ports.store.bookings_of(series.member_id)
    member.post(f"/bookings/{booking.id}/cancel", {})
    link = site.ports.clubs[series.club_id].rules.root + (
        f"timeinfo.php?timeid={booking.session.timeid}&spilletid={booking.session.start:%Y%m%dT%H:%M:%S}"
    )
    again = site.ports.store.booking(member.book(link, weekly="y"))
    assert again.series_id == series.id
    assert len(site.ports.store.series_of(series.member_id)) == 1


def test_a_week_in_the_bookers_hands_is_shown_and_can_be_given_up(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    series = begin(site, club, member)
    (booking,) = site.ports.store.bookings_of(series.member_id)
    claim(site.ports, booking.id)
    assert "Signing up" in page(member, series)
    member.post(f"/series/{series.id}/skip", {"day": booking.session.start.date().isoformat()})
    assert site.ports.store.booking(booking.id).state is State.CANCELLED


def test_nobody_sees_or_changes_somebody_elses(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    club.add_member("nysgjerrig@example.org")
    other = site.visitor()
    other.register("nysgjerrig@example.org")
    day = {"day": date(2026, 12, 1).isoformat()}
    assert other.get(f"/series/{series.id}").status_code == 404
    assert other.get(f"/series/{series.id}/stop").status_code == 404
    for action in ("skip", "include", "pause", "resume", "until", "stop"):
        assert other.post(f"/series/{series.id}/{action}", day).status_code == 404
    assert now(site, series) == series


def test_who_is_not_signed_in_is_led_to_sign_in(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    stranger = site.visitor()
    for path in ("/series", f"/series/{series.id}", f"/series/{series.id}/stop"):
        assert stranger.get(path).request.path == "/sign-in"


def test_the_pages_speak_norwegian(site: Site, club: ClubBeside, member: Visitor) -> None:
    series = begin(site, club, member)
    member.post("/language", {"language": "nb", "back": "/"})
    shown = page(member, series)
    assert "De neste ukene" in shown
    assert "Hver " in shown
