# pyright: reportUnknownMemberType=false
# (icalendar tells half of its types; this is the only file that touches it)
"""A member's bookings as a calendar (RFC 5545), free of Flask.

The same bookings make the same bytes: an event's stamps are of its last change, never of the asking.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vDuration

from autotennis.domain.booking import Booking, State
from autotennis.domain.club import ClubRules
from autotennis.domain.link_secrets import fingerprint, is_of
from autotennis.domain.member import Member
from autotennis.domain.session import starts_at
from autotennis.errors import NotFound
from autotennis.ports import Ports
from autotennis_api.clubs import rules_of
from autotennis_api.texts import gettext
from autotennis_api.words import STATES

MOST_EVENTS: Final = 200
# Every session seen lasts an hour (saved pages of 2017).
_LASTS: Final = timedelta(hours=1)
_ASK_AGAIN: Final = timedelta(hours=1)
_STATUS: Final = {
    State.REQUESTED: "TENTATIVE",
    State.SCHEDULED: "TENTATIVE",
    State.SIGNING_UP: "TENTATIVE",
    State.WAITING: "TENTATIVE",
    State.BOOKED: "CONFIRMED",
    State.FAILED: "CANCELLED",
    State.CANCELLED: "CANCELLED",
    State.WITHDRAWN: "CANCELLED",
}


def make_address(ports: Ports, member: Member) -> str:
    """A new address in place of an earlier one; gives its secret part, which is known from nowhere else."""
    secret, now = ports.ids.new() + ports.ids.new(), ports.clock.now()
    ports.store.change_member(member.id, lambda it: it.with_calendar(fingerprint(secret), now))
    return secret


def drop_address(ports: Ports, member: Member) -> None:
    """The address leads nowhere any more."""
    now = ports.clock.now()
    ports.store.change_member(member.id, lambda it: it.with_calendar(None, now))


def member_at(ports: Ports, member_id: str, secret: str) -> Member:
    """Whose bookings lie at this address. Raises NotFound, whatever is wrong with it."""
    member = ports.store.member(member_id)
    if member.calendar is None or not is_of(secret, member.calendar.fingerprint):
        raise NotFound("There is no such calendar.")
    return member


def calendar_of(ports: Ports, member: Member, link_of: Callable[[Booking], str]) -> bytes:
    """The member's bookings of the latest sessions; `link_of` gives the address of a booking's page."""
    calendar = Calendar()
    calendar.add("prodid", "-//Autotennis//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Autotennis")
    # The one that programs follow, and the one that the standard has since (RFC 7986).
    calendar.add("x-published-ttl", vDuration(_ASK_AGAIN))
    calendar.add("refresh-interval", vDuration(_ASK_AGAIN), parameters={"VALUE": "DURATION"})
    for booking in _latest(ports, member):
        calendar.add_component(_event(booking, rules_of(ports, booking.club_id), link_of(booking)))
    return calendar.to_ical()


def _latest(ports: Ports, member: Member) -> Sequence[Booking]:
    return ports.store.bookings_of(member.id, MOST_EVENTS)


def _event(booking: Booking, club: ClubRules, link: str) -> Event:
    start = starts_at(booking.session, club.zone)
    event = Event()
    event.add("uid", f"{booking.id}@autotennis")
    event.add("dtstamp", _whole(booking.changed_at))
    event.add("created", _whole(booking.created_at))
    event.add("last-modified", _whole(booking.changed_at))
    # Grows with every change that a calendar could show: those come seconds apart at least, or count as one.
    event.add("sequence", max(0, int((booking.changed_at - booking.created_at).total_seconds())))
    event.add("dtstart", start)
    event.add("dtend", start + _LASTS)
    event.add("summary", gettext("%(club)s: %(state)s", club=club.name, state=str(STATES[booking.state])))
    event.add("status", _STATUS[booking.state])
    event.add("transp", "OPAQUE" if booking.state is State.BOOKED else "TRANSPARENT")
    event.add("location", club.address or club.name)
    event.add("url", link)
    event.add("description", link)
    return event


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
