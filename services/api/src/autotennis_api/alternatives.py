"""Several sessions of which a member wants one, free of Flask: what their links lead to, and how they stand."""

from collections.abc import Mapping, Sequence

from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.errors import (
    AutotennisError,
    BadLink,
    ClubBusy,
    ClubUnreachable,
    DuplicateBooking,
    NotFound,
    PageNotUnderstood,
    Permanent,
)
from autotennis.ports import Ports
from autotennis.values import Choice, Session
from autotennis_api import club_logins, handlers
from autotennis_api.club_errands import SECOND_LOOK_LIMIT_S
from autotennis_api.club_logins import NoClubLogin
from autotennis_api.handlers import Preview, SessionCancelled, SessionStarted, UnknownSession, Wanted
from autotennis_api.pasted import pasted
from autotennis_api.tries import TooManyTries, Tries

Looked = Preview | AutotennisError


class SameSession(Permanent):
    """The session is among the choices already."""


def look_at(
    ports: Ports, tries: Tries, member: Member, first: Preview, links: Mapping[str, str]
) -> Mapping[str, Looked]:
    """What each of these links leads to beside the first session, or why it cannot be booked; by the links' names.

    The club is asked once for each that is a session at all, and another one than those before.
    """
    named = {(first.club.id, first.session)}
    found: dict[str, Looked] = {}
    for name, link in links.items():
        try:
            club, session = pasted(ports, tries, member, link, SECOND_LOOK_LIMIT_S)
            club_logins.check_entered(ports, member, club.rules)
            found[name] = handlers.preview(ports, tries, member, _once(club.rules.id, session, named))
        except (BadLink, NoClubLogin, SameSession, DuplicateBooking, TooManyTries) as error:
            found[name] = error
        except (SessionStarted, UnknownSession, SessionCancelled, NotFound) as error:
            found[name] = error
        except (ClubBusy, ClubUnreachable, PageNotUnderstood) as error:
            found[name] = error
    return found


def _once(club_id: str, session: Session, named: set[tuple[str, Session]]) -> Wanted:
    if (club_id, session) in named:
        raise SameSession(f"The session {session.key} is named twice.")
    named.add((club_id, session))
    return Wanted(club_id, session, SECOND_LOOK_LIMIT_S)


def choices(booking: Booking, bound: Sequence[Booking]) -> Sequence[Booking]:
    """Those of which the booking's member wants one, in their order; none if it is the only one."""
    mine = [one for one in bound if isinstance(one.bond, Choice) and one.member_id == booking.member_id]
    return mine if len(mine) > 1 else []


def outdone_by(booking: Booking, bound: Sequence[Booking]) -> Booking | None:
    """The one that was won, so that this one was given up."""
    because = booking.let_go.because if booking.let_go else None
    return next((one for one in choices(booking, bound) if one.id == because), None)
