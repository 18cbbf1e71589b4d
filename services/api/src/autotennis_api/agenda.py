"""What lies ahead of a member, free of Flask: the next opening, the days with what is booked, how to mend things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from pydantic import SecretStr

from autotennis.domain.booking import Booking, State
from autotennis.errors import VaultLocked
from autotennis.ports import Ports
from autotennis.values import Action, FailureReason
from autotennis_api import handlers, standing

_BEFORE_THE_OPENING: Final = frozenset({State.REQUESTED, State.SCHEDULED, State.SIGNING_UP})


@dataclass(frozen=True, slots=True)
class Day:
    """One local day, and the bookings of its sessions, the first one first."""

    date: date
    bookings: Sequence[Booking]


@dataclass(frozen=True, slots=True)
class Agenda:
    """The booking whose opening comes next, if any is ahead; the days; and the door codes, by the bookings' ids."""

    next: Booking | None
    days: Sequence[Day]
    door_codes: Mapping[str, SecretStr]


def agenda_of(ports: Ports, coming: Sequence[Booking]) -> Agenda:
    """The agenda of these bookings of one member, which are in the order of their sessions."""
    now = ports.clock.now()
    ahead = [one for one in coming if is_ahead(one, now)]
    days = [Day(day, list(those)) for day, those in groupby(coming, key=lambda one: one.session.start.date())]
    return Agenda(min(ahead, key=lambda one: one.opening_at, default=None), days, _door_codes(ports, coming))


def is_ahead(booking: Booking, now: datetime) -> bool:
    """Whether it will be signed up (or its fixed place confirmed) at an instant that is still to come."""
    return booking.state in _BEFORE_THE_OPENING and booking.opening_at > now and booking.cancel_asked_at is None


def _door_codes(ports: Ports, coming: Sequence[Booking]) -> Mapping[str, SecretStr]:
    found = {one.id: door_code(ports, one) for one in coming if standing.has_place(one)}
    return {booking_id: code for booking_id, code in found.items() if code}


def door_code(ports: Ports, booking: Booking) -> SecretStr | None:
    """The way into the building of a booking that has a place, if the club's page told it and it can be opened."""
    try:
        return handlers.door_code(ports, booking)
    except VaultLocked:
        return None


class Mend(StrEnum):
    """What a member can do about a booking that failed."""

    PASSWORD = "password"  # noqa: S105 (a name)
    AGAIN = "again"
    AT_CLUB = "at_club"
    PICK = "pick"


MENDS: Final[Mapping[FailureReason, tuple[Mend, ...]]] = {
    FailureReason.FULL: (Mend.AGAIN, Mend.PICK),
    FailureReason.NOT_OPENED: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.LOGIN_REFUSED: (Mend.PASSWORD, Mend.AGAIN),
    FailureReason.NO_CREDENTIALS: (Mend.PASSWORD, Mend.AGAIN),
    FailureReason.SESSION_CANCELLED: (Mend.PICK,),
    FailureReason.NO_SESSION: (Mend.PICK,),
    FailureReason.SESSION_STARTED: (Mend.PICK,),
    FailureReason.TOO_LATE: (Mend.PICK,),
    FailureReason.STILL_SIGNED_UP: (Mend.AT_CLUB,),
    FailureReason.CLUB_UNREACHABLE: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.CLUB_BUSY: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.CLUB_UNTRUSTED: (Mend.AT_CLUB,),
    FailureReason.CLUB_GONE: (),
    FailureReason.REQUEST_CAP: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.PAGE_NOT_UNDERSTOOD: (Mend.AT_CLUB,),
    FailureReason.NOT_COMPLETED: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.PAUSED: (Mend.AT_CLUB, Mend.AGAIN),
    FailureReason.SESSION_MOVED: (Mend.PICK,),
    FailureReason.ALREADY_IN: (Mend.AT_CLUB,),
}
_NOT_GIVEN_BACK: Final = frozenset({FailureReason.LOGIN_REFUSED, FailureReason.NO_CREDENTIALS})


def mends(booking: Booking) -> tuple[Mend, ...]:
    """What can be done about a booking that failed, or a place that could not be given back: the best first."""
    if booking.failure:
        return MENDS[booking.failure.reason]
    failure = booking.withdrawal.failure if booking.withdrawal else None
    if failure is None or failure.reason is FailureReason.CLUB_GONE:
        return ()
    return (Mend.PASSWORD,) if failure.reason in _NOT_GIVEN_BACK else (Mend.AT_CLUB,)


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a freed place was tried for while a booking waited, and when that was last (UTC)."""

    count: int
    last_at: datetime


def tried_while_waiting(booking: Booking) -> Tried | None:
    """As far as it is known: looks at the timetable are made for everybody who waits, and counted for nobody."""
    if booking.wait is None:
        return None
    since_ms = (booking.wait.since - booking.opening_at).total_seconds() * 1000
    logins_ms = [one.sent_ms for one in booking.timeline if one.action is Action.LOG_IN and one.sent_ms > since_ms]
    if not logins_ms:
        return None
    return Tried(len(logins_ms), booking.opening_at + timedelta(milliseconds=logins_ms[-1]))
