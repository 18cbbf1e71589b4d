"""The clubs that bookings are at, those included that the operator has taken out of the settings."""

from collections.abc import Sequence
from typing import Final

from pydantic import HttpUrl

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.session import start_text
from autotennis.errors import BadLink, LinkProblem
from autotennis.ports import Ports, Traits
from autotennis.values import Session

# What is wrong with links of which nobody can say at which club they were meant to be.
_OF_NO_CLUB: Final = frozenset({LinkProblem.EMPTY, LinkProblem.NOT_A_LINK, LinkProblem.OTHER_SITE})
# No host can have this name, so nothing is ever sent there.
_NOWHERE: Final = HttpUrl("https://club.invalid/")


def rules_of(ports: Ports, club_id: str) -> ClubRules:
    """The club; for one that is not in the settings any more, a stand-in that is called by its id."""
    club = ports.clubs.get(club_id)
    return club.rules if club else ClubRules(id=club_id, name=club_id, base_url=_NOWHERE)


def good_links(ports: Ports, error: BadLink | None = None) -> Sequence[tuple[str, str]]:
    """What good links look like: each club's name, and its own; of one club, if that is the one that was meant."""
    every = [(club.rules.name, club.good_link) for club in ports.clubs.values()]
    if error is None or error.problem in _OF_NO_CLUB:
        return every
    return [(name, link) for name, link in every if link == error.good_link]


def traits_of(ports: Ports, club_id: str) -> Traits:
    """What the club has; one that is not in the settings any more had whatever its bookings tell of."""
    club = ports.clubs.get(club_id)
    return club.traits if club else Traits(has_timetable=False, has_fixed_places=True)


def address_of(club_id: str, session: Session) -> dict[str, str]:
    """What names a session in our own addresses and forms; `SessionForm` reads it."""
    named = {"club": club_id, "timeid": str(session.timeid), "start": start_text(session)}
    return {**named, "slot": session.slot} if session.slot else named


def link_of(ports: Ports, booking: Booking) -> str | None:
    """The session's page at the club; None where nobody knows any more where the club is."""
    club = ports.clubs.get(booking.club_id)
    return club.link(booking.session) if club else None
