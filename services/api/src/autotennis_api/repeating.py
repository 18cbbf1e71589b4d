"""A booking that is there becomes the first week of a series, free of Flask."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from autotennis.domain.booking import Booking, State
from autotennis.domain.member import Member
from autotennis.domain.opening import opening_of
from autotennis.domain.series import Series
from autotennis.domain.session import starts_at
from autotennis.errors import IllegalMove, Stale
from autotennis.ports import Ports
from autotennis_api import handlers, weekly
from autotennis_api.handlers import Preview, Wishes

_GIVEN_UP: Final = frozenset({State.CANCELLED, State.WITHDRAWN})


def may_be_repeated(ports: Ports, booking: Booking, now: datetime) -> bool:
    """Whether a series may begin with it: it is of a session to come, of no series yet, and wished for itself."""
    club = ports.clubs.get(booking.club_id)
    is_alone = booking.series_id is None and booking.bond is None and booking.state not in _GIVEN_UP
    return club is not None and is_alone and starts_at(booking.session, club.rules.zone) > now


def repeat(ports: Ports, member: Member, booking_id: str) -> tuple[Booking, Series | None]:
    """Asks for the session each week from now on, as it was asked for this time; gives the booking, and its series.

    Asking again is harmless. Raises NotFound if it is not the member's, IllegalMove if it cannot be repeated.
    """
    booking, now = handlers.booking_of(ports, member, booking_id), ports.clock.now()
    if booking.series_id is not None:
        return booking, None
    if not may_be_repeated(ports, booking, now):
        raise IllegalMove(f"Booking {booking.id} cannot be repeated: it is given up, over or bound to others.")
    series = weekly.begin(ports, member, _as_shown(ports, booking, now), _wishes(booking))
    with suppress(Stale):
        booking = ports.store.change(booking_id, lambda it: it.repeated(series.id, now))
    return booking, series


def _as_shown(ports: Ports, booking: Booking, now: datetime) -> Preview:
    club = ports.clubs[booking.club_id]
    confirms_at = booking.opening_at if booking.seeks_fixed_place else None
    opening_at = opening_of(booking.session, club.rules) if confirms_at else booking.opening_at
    return Preview(club.rules, club.traits, booking.session, opening_at, now, None, confirms_at)


def _wishes(booking: Booking) -> Wishes:
    return Wishes(booking.waiting, early=booking.early, fixed=booking.fixed)
