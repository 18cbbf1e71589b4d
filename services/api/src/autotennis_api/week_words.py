"""What the sessions of the club's week are said to be."""

from datetime import datetime

from autotennis.domain.club import ClubRules
from autotennis_api.brief import short_time
from autotennis_api.texts import gettext
from autotennis_api.week import Pick, Standing


def standing(pick: Pick, club: ClubRules, now: datetime) -> str:
    """What can be done with a session; of one that opens later, when that is."""
    opens = pick.opens_at and short_time(pick.opens_at.astimezone(club.zone), now.astimezone(club.zone).date())
    match pick.standing:
        case Standing.FREE if opens:
            return gettext("free already, opens %(when)s", when=opens)
        case Standing.FREE:
            return gettext("free")
        case Standing.AHEAD:
            return gettext("opens %(when)s", when=opens)
        case Standing.FULL:
            return gettext("full")


def taken(pick: Pick) -> str:
    """How many of its places are taken, where the club shows it."""
    return gettext("%(taken)s of %(places)s taken", taken=pick.entry.taken, places=pick.entry.places)
