"""A club that was taken out of the settings: what its members booked there stays readable, and can be cancelled."""

import json
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
from support.api_site import ClubBeside, Site, Visitor, api_settings, open_site, words

from autotennis.domain.booking import State
from practice_club.orders import NewSession


@pytest.fixture
def booking_id(club: ClubBeside, member: Visitor) -> str:
    """A booking at a club that is still there."""
    return member.book(club.add_session(NewSession(opens_in_s=86_400))[1])


@pytest.fixture
def site_without(site: Site, club: ClubBeside, booking_id: str, tmp_path: Path) -> Generator[Site, None, None]:
    """The same members and bookings, and another club in the settings."""
    with open_site(api_settings(tmp_path, club.rules("another"))) as without:
        yield without


@pytest.fixture
def visitor(site_without: Site, email: str) -> Visitor:
    """The member, signed in after the change."""
    visitor = site_without.visitor()
    assert visitor.sign_in(email).status_code == 200
    return visitor


@pytest.mark.parametrize("path", ["/", "/live", "/bookings/{}", "/bookings/{}/live", "/bookings/{}/cancel"])
def test_every_page_of_its_bookings_names_it_by_its_id(visitor: Visitor, booking_id: str, path: str) -> None:
    answer = visitor.get(path.format(booking_id))
    assert answer.status_code == 200
    assert "practice" in words(answer)
    assert "club.invalid" not in answer.text
    # The list ends where it shows what a good link of another club looks like.
    assert "timeinfo.php?timeid" not in answer.text.split('id="live"')[-1].split('aria-labelledby="add"')[0]


def test_the_download_has_no_link(site_without: Site, visitor: Visitor, booking_id: str) -> None:
    kept = json.loads(visitor.get(f"/bookings/{booking_id}.json").data)
    assert (kept["club"], kept["link"], kept["zone"]) == ("practice", None, "Europe/Oslo")
    booking = site_without.ports.store.booking(booking_id)
    assert booking.opening_at - site_without.ports.clock.now() < timedelta(days=2)


def test_it_can_be_cancelled(site_without: Site, visitor: Visitor, booking_id: str) -> None:
    assert "The booking is cancelled." in words(visitor.post(f"/bookings/{booking_id}/cancel", {}))
    assert site_without.ports.store.booking(booking_id).state is State.CANCELLED
