"""How a booking stands, as far as the pages make a difference: what goes on, and what its member can take back."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from autotennis.domain.booking import Booking, State
from autotennis.domain.session import starts_at

_UNFINISHED: Final = frozenset({State.REQUESTED, State.SCHEDULED, State.SIGNING_UP, State.WAITING})


def is_unfinished(booking: Booking) -> bool:
    """Whether it is still to be seen whether it gets a place."""
    return booking.state in _UNFINISHED


def is_moving(booking: Booking) -> bool:
    """Whether something may happen to it at any time, so that a page keeps itself up to date."""
    return is_unfinished(booking) or is_being_given_back(booking)


def is_being_cancelled(booking: Booking) -> bool:
    """Whether its member has cancelled it, and it is still to be found out whether the club took them meanwhile."""
    return is_unfinished(booking) and booking.cancel_asked_at is not None


def is_being_given_back(booking: Booking) -> bool:
    """Whether its place is being given back."""
    return booking.withdrawal is not None and booking.withdrawal.is_under_way


def may_be_cancelled(booking: Booking) -> bool:
    """Whether there is something to cancel."""
    return is_unfinished(booking) and booking.cancel_asked_at is None


def is_asked(booking: Booking, now: datetime) -> bool:
    """Whether a place is free, and its member may still say whether they want it."""
    is_open = booking.offer is not None and booking.offer.is_open(now)
    return is_open and booking.state is State.WAITING and booking.claim is None and booking.cancel_asked_at is None


def has_place(booking: Booking) -> bool:
    """Whether it has a place that nobody is giving back."""
    return booking.state is State.BOOKED and not is_being_given_back(booking)


def may_be_given_back(booking: Booking, zone: ZoneInfo, now: datetime) -> bool:
    """Whether it has a place that somebody else could still take, and nobody is giving it back."""
    return booking.may_ask_to_withdraw(now) and now < starts_at(booking.session, zone)
