"""A regular player's fixed place on the pages: offered while it makes sense, and told until it is confirmed."""

import json
from datetime import timedelta

import pytest
from support.api_site import ClubBeside, Site, Visitor, claim, words

from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.domain.opening import confirming_of, opening_of, wake_at
from autotennis.domain.session import next_week
from practice_club.orders import NewSession

DAY_S = 86_400
TICK = "I am a regular player of this session: confirm my fixed place as soon as the club allows it"
REGULARS = (None,)


def session(club: ClubBeside, opens_in_s: float) -> str:
    """The link of a session with fixed places."""
    return club.add_session(NewSession(opens_in_s=opens_in_s, regulars=REGULARS))[1]


def booking(site: Site, booking_id: str) -> Booking:
    return site.ports.store.booking(booking_id)


def page(member: Visitor, booking_id: str) -> str:
    return words(member.get(f"/bookings/{booking_id}"))


@pytest.mark.parametrize("answers", [True, False])
def test_it_is_offered_with_the_date_from_which_the_club_allows_it(
    club: ClubBeside, member: Visitor, answers: bool
) -> None:
    at_club, link = club.add_session(NewSession(opens_in_s=5 * DAY_S - 30, regulars=REGULARS))
    if not answers:
        club.turn(faults=({"kind": "unavailable"},))
    shown = words(member.paste(link))
    allowed = at_club.start - timedelta(days=7)
    assert f"{TICK} That is from {allowed:%A} {allowed.day} {allowed:%B} {allowed.year} at {allowed:%H:%M}" in shown
    assert "If the club's page offers you none, we sign you up when it opens." in shown


def test_within_the_week_the_club_allows_it_already(club: ClubBeside, member: Visitor) -> None:
    assert f"{TICK} The club allows it already." in words(member.paste(session(club, DAY_S)))


@pytest.mark.parametrize("opens_in_s", [-3600, 300])
def test_it_is_not_offered_once_there_is_nothing_to_do_but_to_sign_up(
    site: Site, club: ClubBeside, member: Visitor, opens_in_s: float
) -> None:
    link = session(club, opens_in_s)
    assert "regular player" not in words(member.paste(link))
    asked = booking(site, member.book(link, fixed="y"))
    assert (asked.fixed, asked.opening_at) == (False, opening_of(asked.session, club.rules()))


def test_without_the_tick_it_is_a_booking_as_any_other(site: Site, club: ClubBeside, member: Visitor) -> None:
    asked = booking(site, member.book(session(club, 5 * DAY_S)))
    assert (asked.fixed, asked.opening_at) == (False, opening_of(asked.session, club.rules()))
    assert "Your fixed place" not in page(member, asked.id)


def test_with_it_the_booking_is_due_when_the_club_allows_it(site: Site, club: ClubBeside, member: Visitor) -> None:
    asked = booking(site, member.book(session(club, 5 * DAY_S - 30), fixed="y"))
    assert (asked.fixed, asked.opening_at) == (True, confirming_of(asked.session, club.rules()))
    shown = page(member, asked.id)
    assert "Confirms your fixed place: in 23 h 59 min" in shown
    assert "Your fixed place We confirm it as soon as the club allows it." in shown
    assert "Tried from" in shown
    kept = json.loads(member.get(f"/bookings/{asked.id}.json").text)
    assert (kept["fixed"], kept["no_fixed_place"]) == (True, False)


def test_within_the_week_it_is_due_at_once(site: Site, club: ClubBeside, member: Visitor) -> None:
    asked = booking(site, member.book(session(club, DAY_S), fixed="y"))
    assert asked.fixed
    assert asked.opening_at <= site.ports.clock.now()
    assert "Confirms your fixed place in a moment." in page(member, asked.id)


def test_where_there_is_none_the_page_says_so_and_counts_down_to_the_opening(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    asked = booking(site, member.book(session(club, DAY_S - 30), fixed="y"))
    claim(site.ports, asked.id)
    now, opening_at, sent = (
        site.ports.clock.now(),
        opening_of(asked.session, club.rules()),
        Budget(requests=3, sign_ups=0),
    )
    site.ports.store.change(asked.id, lambda it: it.reopened(opening_at, sent, Outcome(), now, no_fixed_place=True))
    shown = page(member, asked.id)
    assert "Planned Signs you up when it opens: in 23 h 59 min" in shown
    assert "It could not be confirmed, so we sign you up when it opens, as any other." in shown
    assert "Opens" in shown
    assert "Tried from" not in shown


def test_the_weeks_of_a_series_get_both_wishes(site: Site, club: ClubBeside, member: Visitor) -> None:
    asked = booking(site, member.book(session(club, 5 * DAY_S), weekly="y", early="y", fixed="y"))
    assert asked.series_id
    series = site.ports.store.series(asked.series_id)
    assert (series.early, series.fixed, series.next) == (True, True, next_week(asked.session))
    assert series.plan_at == wake_at(opening_of(asked.session, club.rules())), "not when the first week is confirmed"
    shown = words(member.get(f"/series/{series.id}"))
    assert "Each week your fixed place is confirmed as soon as the club allows it." in shown
    assert "Each week a place that becomes free before the opening is taken, too." in shown


def test_a_series_without_them_says_nothing_of_them(site: Site, club: ClubBeside, member: Visitor) -> None:
    asked = booking(site, member.book(session(club, 5 * DAY_S), weekly="y"))
    assert "Each week" not in words(member.get(f"/series/{asked.series_id}"))


def test_a_week_that_is_open_leaves_the_wishes_of_its_series_as_they_are(
    site: Site, club: ClubBeside, member: Visitor
) -> None:
    first = booking(site, member.book(session(club, -3600), weekly="y"))
    assert first.series_id
    site.ports.store.change_series(
        first.series_id,
        lambda it: it.wished_anew(it.changed_at, waiting=it.waiting, early=True, fixed=True),
    )
    member.post(f"/bookings/{first.id}/cancel", {})
    again = member.book(_link_of(site, club, first), weekly="y")
    series = site.ports.store.series(first.series_id)
    assert booking(site, again).series_id == series.id
    assert (series.early, series.fixed) == (True, True)


def _link_of(site: Site, club: ClubBeside, asked: Booking) -> str:
    start = f"{asked.session.start:%Y%m%dT%H:%M:%S}"
    return f"{club.base_url}/timeinfo.php?timeid={asked.session.timeid}&spilletid={start}&lang=no"
