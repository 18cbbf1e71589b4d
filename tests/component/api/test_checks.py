"""What the pages say of a check before an opening, and how what it found is mended there."""

from datetime import timedelta

from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, words

from autotennis.domain.checks import CheckRules, Finding
from autotennis.events import CheckDue, CheckFailed
from autotennis.values import Failure, FailureReason

PASSWORD_AGAIN = "Enter the club password anew"


def planned(site: Site, booking_id: str) -> None:
    """Its opening is in the calendar, and a check before it is planned."""
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.wake_planned(now, CheckRules(hours_before=(2.0,))))


def checked(site: Site, booking_id: str, reason: FailureReason | None = None, *, moved: bool = False) -> None:
    """A check has found that."""
    now = site.ports.clock.now()
    session = site.ports.store.booking(booking_id).session
    later = session.model_copy(update={"start": session.start + timedelta(hours=2)}) if moved else None
    found = Finding(failure=Failure(reason=reason) if reason else None, moved_to=later)
    site.ports.store.change(booking_id, lambda it: it.was_checked(found, now))


def shown(member: Visitor, path: str) -> str:
    return words(member.get(path))


def test_a_check_that_is_to_come_and_one_that_went_well_are_lights(
    site: Site, member: Visitor, booking_id: str
) -> None:
    planned(site, booking_id)
    for path in ("/", f"/bookings/{booking_id}"):
        assert "○ Checked at the club beforehand (not yet)" in shown(member, path)
    checked(site, booking_id)
    for path in ("/", f"/bookings/{booking_id}"):
        assert "✓ Checked at the club beforehand" in shown(member, path)
        assert "The check before the opening found" not in shown(member, path)


def test_a_check_that_complains_says_why_and_shows_the_way_to_mend_it(
    site: Site, member: Visitor, booking_id: str
) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.LOGIN_REFUSED)
    for path in ("/", f"/bookings/{booking_id}"):
        page = shown(member, path)
        assert "✗ Checked at the club beforehand: something is wrong" in page
        assert "The check before the opening found: the club refused your e-mail and password." in page
        assert PASSWORD_AGAIN in page
        assert 'href="/settings#club-password"' in member.get(path).text
        assert "Book again" not in page, "it is still to be raced for"


def test_a_moved_session_can_be_booked_at_its_new_time(site: Site, member: Visitor, booking_id: str) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.SESSION_MOVED, moved=True)
    booking = site.ports.store.booking(booking_id)
    assert booking.checked
    assert booking.checked.moved_to
    page = member.get(f"/bookings/{booking_id}")
    assert "Book the new time" in words(page)
    assert f"timeid={booking.session.timeid}" in page.text
    assert "Book it there, and cancel this booking." in words(page)


def test_of_a_booking_that_is_over_no_complaint_is_left(site: Site, member: Visitor, booking_id: str) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.NO_SESSION)
    now = site.ports.clock.now()
    site.ports.store.change(booking_id, lambda it: it.cancelled(now))
    assert "The check before the opening found" not in shown(member, f"/bookings/{booking_id}")
    assert "✗" not in shown(member, f"/bookings/{booking_id}")


def check_dues(site: Site) -> list[CheckDue]:
    return [event for _, event in site.ports.bus.events_since(0) if isinstance(event, CheckDue)]  # type: ignore[attr-defined]


def test_a_mended_password_has_the_booking_checked_at_once(
    site: Site, club: ClubBeside, member: Visitor, email: str, booking_id: str
) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.LOGIN_REFUSED)
    club.reset()
    club.add_member(email, pin="8642")
    member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
    (due,) = check_dues(site)
    assert due.booking_ids == (booking_id,)
    assert "✗" not in shown(member, "/")
    assert site.ports.store.booking(booking_id).checked is None


def test_a_password_that_the_club_refuses_has_nothing_checked(site: Site, member: Visitor, booking_id: str) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.LOGIN_REFUSED)
    member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "0000"})
    assert check_dues(site) == []
    assert "✗" in shown(member, "/")


def test_a_new_password_is_no_matter_where_nothing_is_wrong(
    site: Site, club: ClubBeside, member: Visitor, email: str, booking_id: str
) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.NO_SESSION)
    club.reset()
    club.add_member(email, pin="8642")
    member.post("/settings/club-password", {"club": CLUB_ID, "club_password": "8642"})
    assert check_dues(site) == []


def test_the_fact_of_a_failed_check_is_told(site: Site, member: Visitor, booking_id: str) -> None:
    planned(site, booking_id)
    checked(site, booking_id, FailureReason.LOGIN_REFUSED)
    told = site.ports.store.unpublished(booking_id)
    assert [one.failure.reason for one in told if isinstance(one, CheckFailed)] == [FailureReason.LOGIN_REFUSED]
