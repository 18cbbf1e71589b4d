"""A booking that is there is repeated each week, or its week is skipped, from its own page."""

from support.api_site import ClubBeside, Site, Visitor, claim, words

from autotennis.domain.booking import State
from autotennis.domain.session import next_week
from practice_club.orders import NewSession


def test_a_booking_is_repeated_every_week(site: Site, member: Visitor, booking_id: str) -> None:
    page = f"/bookings/{booking_id}"
    assert "Repeat every week" in words(member.get(page))
    shown = member.post(f"{page}/repeat", {})
    assert "From now on: Every " in words(shown)
    booking = site.ports.store.booking(booking_id)
    (series,) = site.ports.store.series_of(booking.member_id)
    assert booking.series_id == series.id
    assert series.next == next_week(booking.session)
    assert series.waiting == booking.waiting
    assert "Repeats Every" in words(shown)
    assert "Repeat every week" not in words(member.get(page))


def test_repeating_it_again_is_harmless(site: Site, member: Visitor, booking_id: str) -> None:
    for _ in range(2):
        assert member.post(f"/bookings/{booking_id}/repeat", {}).status_code == 200
    booking = site.ports.store.booking(booking_id)
    assert len(site.ports.store.series_of(booking.member_id)) == 1


def test_what_is_given_up_is_not_repeated(site: Site, member: Visitor, booking_id: str) -> None:
    member.post(f"/bookings/{booking_id}/cancel", {})
    assert "Repeat every week" not in words(member.get(f"/bookings/{booking_id}"))
    shown = member.post(f"/bookings/{booking_id}/repeat", {})
    assert "This booking cannot be repeated every week." in words(shown)
    assert site.ports.store.series_of(site.ports.store.booking(booking_id).member_id) == []


def test_this_week_of_a_series_is_skipped(site: Site, club: ClubBeside, member: Visitor) -> None:
    booking_id = member.book(club.add_session(NewSession(opens_in_s=86_370))[1], weekly="y")
    page = member.get(f"/bookings/{booking_id}")
    assert "Skip this week, and go on with the next" in words(page)
    booking = site.ports.store.booking(booking_id)
    day = booking.session.start.date().isoformat()
    assert f'value="{day}"' in page.text
    member.post(f"/series/{booking.series_id}/skip", {"day": day})
    assert site.ports.store.booking(booking_id).state is State.CANCELLED
    assert "Skip this week" not in words(member.get(f"/bookings/{booking_id}"))


def test_a_race_that_goes_on_is_repeated_too(site: Site, member: Visitor, booking_id: str) -> None:
    claim(site.ports, booking_id)
    member.post(f"/bookings/{booking_id}/repeat", {})
    booking = site.ports.store.booking(booking_id)
    assert booking.series_id
    assert booking.claim
