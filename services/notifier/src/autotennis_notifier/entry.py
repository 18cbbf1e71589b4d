# pyright: reportUnknownMemberType=false
# (icalendar tells half of its types; this is the only file that touches it)
"""The entry for a reader's calendar (RFC 5545)."""

from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.session import starts_at

# Every session seen lasts an hour (saved pages of 2017).
_LASTS: Final = timedelta(hours=1)


def entry_for(booking: Booking, club: ClubRules, title: str, link: str) -> bytes:
    """The session as an entry. It bears the id that it has in the member's own calendar feed."""
    event = Event()
    event.add("uid", f"{booking.id}@autotennis")
    event.add("dtstamp", _whole(booking.changed_at))
    event.add("sequence", max(0, int((booking.changed_at - booking.created_at).total_seconds())))
    start = starts_at(booking.session, club.zone)
    event.add("dtstart", start)
    event.add("dtend", start + _LASTS)
    event.add("summary", title)
    event.add("status", "CONFIRMED")
    event.add("location", club.address or (booking.seen.place if booking.seen else "") or club.name)
    if link:
        event.add("url", link)
    calendar = Calendar()
    calendar.add("prodid", "-//Autotennis//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
