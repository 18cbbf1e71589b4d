"""A member leaves for good, free of Flask: first all that is under way ends, then everything is deleted."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.domain.pause import PauseScope
from autotennis.errors import IllegalMove, NotFound
from autotennis.ports import Ports
from autotennis_api import handlers, standing, weekly
from autotennis_api.handlers import SessionStarted

# Whoever has a booking in hand says how it ended within this, or nobody will.
_ENDS_WITHIN: Final = timedelta(minutes=15)
MOST_BOOKINGS: Final = 10_000
_log = structlog.get_logger()


def places_of(ports: Ports, member: Member) -> Sequence[Booking]:
    """Places at the club that the member could still give back."""
    return [one for one in _every(ports, member) if _may_be_given_back(ports, one)]


def under_way(ports: Ports, member: Member) -> Sequence[Booking]:
    """What is still to end before the account can be deleted: it needs the login at the club."""
    now = ports.clock.now()
    return [
        one
        for one in _every(ports, member)
        if (standing.is_being_cancelled(one) or standing.is_being_given_back(one))
        and now - one.changed_at < _ENDS_WITHIN
    ]


def is_last_operator(ports: Ports, member: Member) -> bool:
    """Whether nobody would look after the installation any more."""
    return member.is_operator and all(one.id == member.id for one in ports.store.operators())


def end_everything(ports: Ports, member: Member, *, give_back: bool) -> Sequence[Booking]:
    """Nothing more is planned, what has not begun is cancelled, what has is called off; gives what is still to end.

    Places that were won stay, unless they are to be given back. Doing it again is harmless.
    """
    for series in weekly.series_of(ports, member):
        weekly.stop(ports, member, series.id, with_planned=False)
    for booking in _every(ports, member):
        _end(ports, member, booking, give_back=give_back)
    return under_way(ports, member)


def _end(ports: Ports, member: Member, booking: Booking, *, give_back: bool) -> None:
    # It may have moved on meanwhile: what was won then is a place that stays.
    with suppress(IllegalMove, NotFound, SessionStarted):
        if standing.may_be_cancelled(booking):
            handlers.cancel(ports, member, booking.id)
        elif give_back and _may_be_given_back(ports, booking):
            handlers.withdraw(ports, member, booking.id)


def _may_be_given_back(ports: Ports, booking: Booking) -> bool:
    club = ports.clubs.get(booking.club_id)
    return club is not None and standing.may_be_given_back(booking, club.rules.zone, ports.clock.now())


def delete(ports: Ports, member: Member) -> None:
    """Deletes all that is kept of the member. The account goes last: stopped on the way, they can do it again."""
    ports.vault.forget(member.id)
    ports.store.change_pauses(lambda it: it.ended(f"{PauseScope.MEMBER.value}/{member.id}"))
    ports.store.forget_member(member.id, ports.clock.now())
    # What others had begun for the member meanwhile, or a service wrote at the same moment.
    ports.vault.forget(member.id)
    ports.store.forget_member(member.id, ports.clock.now())
    _log.info("an account was deleted")


def _every(ports: Ports, member: Member) -> Sequence[Booking]:
    return ports.store.bookings_of(member.id, MOST_BOOKINGS)
