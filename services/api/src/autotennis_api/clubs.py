"""The clubs that bookings are at, those included that the operator has taken out of the settings."""

from typing import Final

from pydantic import HttpUrl

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.session import session_link
from autotennis.ports import Ports

# No host can have this name, so nothing is ever sent there.
_NOWHERE: Final = HttpUrl("https://club.invalid/")


def rules_of(ports: Ports, club_id: str) -> ClubRules:
    """The club; for one that is not in the settings any more, a stand-in that is called by its id."""
    club = ports.clubs.get(club_id)
    return club.rules if club else ClubRules(id=club_id, name=club_id, base_url=_NOWHERE)


def link_of(ports: Ports, booking: Booking) -> str | None:
    """The session's page at the club; None where nobody knows any more where the club is."""
    club = ports.clubs.get(booking.club_id)
    return session_link(club.rules, booking.session) if club else None
